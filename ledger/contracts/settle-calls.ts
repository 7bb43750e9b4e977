/** The end of a block: calls that a quorum has attested are settled, those out of time end, and each has its receipt (SPEC K4 to K6). */
import { equalBytes, uint32Bytes, utf8 } from '#core/bytes';
import { taggedHash } from '#core/hash';
import { unlock } from '../assets/balance.ts';
import type { BlockStart } from '../begin-block.ts';
import { contractsAuthor } from '../ids.ts';
import { valueStream } from '../journal/stream.ts';
import { reason } from '../reasons.ts';
import { type Movement, outcomes, type Receipt } from '../receipt.ts';
import type { StateOverlay } from '../state/state-overlay.ts';
import type { LedgerOverlay } from '../state/view.ts';
import { type Applied, applyResult } from './apply-result.ts';
import {
  type CallBook,
  noteDispute,
  type OpenCall,
  readCallAt,
  readCallBook,
  writeCallAt,
  writeCallBook,
} from './call.ts';
import { callResultHash } from './result.ts';

/** Calls that end in one block; the others wait for the next. */
export const settledPerBlockMax = 16;
/** What the whole block may change in one shard by then: beyond what segments may, so that they cannot keep calls from ending. */
const roomInShard = { leavesMax: 61_000, bytesMax: 7.25 * 1024 * 1024 } as const;

type Place = CallBook['open'][number];

/** What the call comes to. */
function outcomeOf(tx: LedgerOverlay, call: OpenCall, nowMs: number): Applied {
  const { certified } = call;
  if (certified === null) return { faults: reason.TOO_LATE };
  return certified.kind === 'failed' ? { faults: reason.CALL_FAILED } : applyResult(tx, call, certified, nowMs);
}

/** Frees what is left of the reserve. */
function release(
  tx: LedgerOverlay,
  { caller, reserved }: OpenCall,
  movements: readonly Movement[],
  nowMs: number,
): void {
  for (const { asset, amount } of reserved) {
    const paid = movements.reduce((sum, one) => (one.asset === asset ? sum + one.amount : sum), 0n);
    unlock(tx, { owner: caller, asset }, amount - paid, nowMs);
  }
}

/** Who said otherwise than the quorum. */
function noteDisputes(tx: LedgerOverlay, { number, certified, attestations }: OpenCall): void {
  if (certified === null) return;
  const hash = callResultHash(certified);
  const isAgreed = attestations.some(({ resultHash }) => equalBytes(resultHash, hash));
  // Where nobody agreed with anybody there is no telling who is wrong.
  if (!isAgreed) return;
  for (const { validator, resultHash } of attestations)
    if (!equalBytes(resultHash, hash)) noteDispute(tx, validator, number, resultHash);
}

/** Commits a receipt to the entry that called and to what was certified. */
function callHash({ caller, epoch, sequence, number, certified }: OpenCall): Uint8Array {
  const said = certified === null ? new Uint8Array(0) : callResultHash(certified);
  const place = [uint32Bytes(epoch), utf8(`${sequence} ${number}`)];
  return taggedHash('bizain/call/1', utf8(caller), ...place, said);
}

/** Ends one call in the open draft; its receipt. */
function settleOne(tx: StateOverlay, { height, timeMs }: BlockStart, place: Place, call: OpenCall): Receipt {
  const done = outcomeOf(tx, call, timeMs);
  const failed = 'faults' in done;
  const movements = failed ? [] : done.movements;
  const first = call.reserved[0]?.asset;
  return {
    author: contractsAuthor,
    epoch: 0,
    stream: valueStream,
    sequence: place.number,
    entryHash: callHash(call),
    height,
    timeMs,
    outcome: outcomes.indexOf(failed ? 'refused' : 'applied'),
    reasons: failed ? done.faults | reason.CALL_FAILED : 0n,
    value: movements.reduce((sum, one) => (one.asset === first ? sum + one.amount : sum), 0n),
    movements: [...movements],
    lines: [],
  };
}

/** Ends the call, all or nothing; null where the block has no room for it. */
function endCall(tx: StateOverlay, block: BlockStart, place: Place, call: OpenCall): Receipt | null {
  tx.openDraft();
  let receipt = settleOne(tx, block, place, call);
  if (outcomes[receipt.outcome] === 'refused') {
    // What a result did before it failed is undone.
    tx.dropDraft();
    tx.openDraft();
    receipt = { ...receipt, movements: [] };
  }
  release(tx, call, receipt.movements, block.timeMs);
  noteDisputes(tx, call);
  writeCallAt(tx, place.slot, null);
  const book = readCallBook(tx);
  writeCallBook(tx, { ...book, open: book.open.filter(({ number }) => number !== place.number) });
  if (tx.draftFits(roomInShard) !== 'fits') {
    tx.dropDraft();
    return null;
  }
  tx.keepDraft();
  return receipt;
}

/** Ends what is due, in the order of calls. */
export function settleCalls(tx: StateOverlay, block: BlockStart): Receipt[] {
  const receipts: Receipt[] = [];
  const due = readCallBook(tx).open.filter((one) => one.isCertified || one.deadlineMs < block.timeMs);
  for (const place of due.slice(0, settledPerBlockMax)) {
    const call = readCallAt(tx, place.slot);
    const receipt = call === null ? null : endCall(tx, block, place, call);
    if (receipt === null) break;
    receipts.push(receipt);
  }
  return receipts;
}
