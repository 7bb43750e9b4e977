/** What a validator signs when an operator asks how it is: nobody at a broker can report in its name, or repeat an old report. */
import { utf8 } from '#core/bytes';
import { encodeCbor } from '#core/codec';

/** Signature domain of a report. */
export const statusDomain = 'bizain/status/1';

/** The signed bytes: chain, the asker's nonce, the report's text. */
export function statusMessage(chainId: Uint8Array, nonce: Uint8Array, report: string): Uint8Array {
  return encodeCbor([chainId, nonce, utf8(report)]);
}
