/** Single things of the ledger, proved to somebody who holds no shard: an object, and a block of long ago. */
import { bad, ok, type Result } from '#core/result';
import { verifyHistoryProof } from '#ledger/state/history-proof';
import { verifyLeafProof } from '#ledger/state/proof';
import type { ObjectName } from '../wire/absence.ts';
import { blockHash, type Header } from '../wire/block.ts';
import type { GatewayAnswer } from '../wire/gateway-message.ts';
import type { LightClient } from './light-client.ts';
import type { LightFault } from './light-fault.ts';

/** An object as it is after a certified block. */
export interface ProvedObject {
  readonly value: Uint8Array;
  readonly height: number;
  /** Time of that block, ms since 1970. */
  readonly timeMs: number;
}

/** A certified block, whatever epoch it is of. */
export interface ProvedBlock {
  readonly header: Header;
  readonly resultRoot: Uint8Array;
  /** Height of the certified block that proves it. */
  readonly provedBy: number;
}

/** The object that an answer proves. */
export function provedObject(
  light: LightClient,
  { shard, key }: ObjectName,
  { lightBlock, value, proof }: Extract<GatewayAnswer, { kind: 'leaf' }>,
): Result<ProvedObject, LightFault> {
  const accepted = light.acceptHead(lightBlock);
  if (!accepted.ok) return accepted;
  const { header, certificate } = lightBlock;
  const proved = verifyLeafProof(proof, { shard, key, value }, certificate.resultRoot);
  return proved ? ok({ value, height: header.height, timeMs: header.timeMs }) : bad('BAD_LEAF');
}

/** The block that an answer proves: certified itself, or in the history that a later certified header commits to. */
export function provedBlock(
  light: LightClient,
  height: number,
  { header, resultRoot, place, lightBlock }: Extract<GatewayAnswer, { kind: 'block' }>,
): Result<ProvedBlock, LightFault> {
  if (header.height !== height) return bad('BAD_PLACE', `a block of height ${header.height}`);
  const accepted = light.acceptHead(lightBlock);
  if (!accepted.ok) return accepted;
  const { header: later, certificate } = lightBlock;
  if (place === null) {
    // The newest block: nothing commits to it yet but its own certificate.
    if (later.height !== height) return bad('BAD_PLACE', 'no proof');
    return ok({ header: later, resultRoot: certificate.resultRoot, provedBy: height });
  }
  const named = place.index === height - 1 && place.count === later.height - 1;
  const block = { blockHash: blockHash(header), resultRoot };
  if (!named || !verifyHistoryProof(place, block, later.historyRoot)) return bad('BAD_PLACE');
  return ok({ header, resultRoot, provedBy: later.height });
}
