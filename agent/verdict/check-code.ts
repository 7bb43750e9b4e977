/** The eight characters on a receipt that tie a printed line to what this terminal said (ARCHITECTURE D9). */
import { encodeCbor } from '#core/codec';
import { signMessage } from '#core/ed25519';
import { taggedHash } from '#core/hash';
import type { Verdict } from './verdict.ts';

/** Signature domain of a verdict. */
export const verdictDomain = 'bizain/verdict/1';

// Crockford's base 32 (https://www.crockford.com/base32.html): no I, L, O, U, so that it can be read out over a counter.
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const characters = 8;

/** What of a verdict the check code covers: a change of any of these is a change of the code. */
export type CheckedVerdict = Pick<
  Verdict,
  'id' | 'terminal' | 'key' | 'decision' | 'finality' | 'value' | 'unit' | 'basket' | 'timeLowMs' | 'timeHighMs'
>;

/** The check code: 40 bits of the hash of the terminal's signature. Whoever has the key can make it again. */
export function checkCode(verdict: CheckedVerdict, secretSeed: Uint8Array): string {
  const { id, terminal, key, decision, finality, value, unit, basket, timeLowMs, timeHighMs } = verdict;
  const message = encodeCbor([id, terminal, key, decision, finality, value, unit, basket, timeLowMs, timeHighMs]);
  const hash = taggedHash('bizain/check-code/1', signMessage(secretSeed, verdictDomain, message));
  let bits = 0n;
  for (const byte of hash.subarray(0, 5)) bits = (bits << 8n) | BigInt(byte);
  let code = '';
  for (let index = characters - 1; index >= 0; index--) code += alphabet[Number((bits >> BigInt(5 * index)) & 31n)];
  return code;
}
