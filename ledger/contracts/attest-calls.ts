/** `contract.attest`: a validator says what its executor made of calls; a quorum that says the same settles them (SPEC K3). */
import { equalBytes } from '#core/bytes';
import { type Authorship, applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import type { LedgerOverlay } from '../state/view.ts';
import { quorum } from '../validators/quorum.ts';
import { noteDispute, type OpenCall, readCallAt, readCallBook, writeCallAt, writeCallBook } from './call.ts';
import { type CallResult, callResultHash } from './result.ts';

/** The result on which no quorum can agree any more. */
const split: CallResult = { kind: 'failed', code: 'SPLIT' };

type Attestations = OpenCall['attestations'];

/** How many have attested each result, the most first. */
function tallied(attestations: Attestations): { readonly resultHash: Uint8Array; readonly count: number }[] {
  const counts: { resultHash: Uint8Array; count: number }[] = [];
  for (const { resultHash } of attestations) {
    const known = counts.find((one) => equalBytes(one.resultHash, resultHash));
    if (known === undefined) counts.push({ resultHash, count: 1 });
    else known.count++;
  }
  return counts.sort((a, b) => b.count - a.count);
}

/** What the call is settled by after this attestation; null while that is open. */
function certifiedBy({ voters }: OpenCall, attestations: Attestations, result: CallResult): CallResult | null {
  const needed = quorum(voters.length);
  const own = tallied(attestations).find((one) => equalBytes(one.resultHash, callResultHash(result)));
  if (own !== undefined && own.count >= needed) return result;
  const most = tallied(attestations)[0]?.count ?? 0;
  return most + voters.length - attestations.length < needed ? split : null;
}

/** Takes one result; reason bits where it does not count. */
function attestOne(tx: LedgerOverlay, by: Authorship, number: number, result: CallResult): bigint {
  const book = readCallBook(tx);
  const place = book.open.find((one) => one.number === number);
  const call = place === undefined ? null : readCallAt(tx, place.slot);
  if (place === undefined || call === null) return reason.NO_SUCH_CALL;
  const { author: validator } = by;
  if (!call.voters.includes(validator)) return reason.NOT_A_MEMBER;
  // What is read at the end of a block nobody can know in that block.
  if (by.height <= call.readsAt) return reason.NOT_YET_VALID;
  const resultHash = callResultHash(result);
  const earlier = call.attestations.find((one) => one.validator === validator);
  if (earlier !== undefined) {
    if (equalBytes(earlier.resultHash, resultHash)) return reason.ALREADY_EXISTS;
    noteDispute(tx, validator, number, resultHash);
    return reason.CONTRADICTED;
  }
  const attestations = [...call.attestations, { validator, resultHash }];
  const certified = call.certified ?? certifiedBy(call, attestations, result);
  writeCallAt(tx, place.slot, { ...call, attestations, certified });
  if (certified !== null && !place.isCertified) {
    const open = book.open.map((one) => (one === place ? { ...one, isCertified: true } : one));
    writeCallBook(tx, { ...book, open });
  }
  return 0n;
}

/** Rule K3. */
export const attestCalls: Handler<'contract.attest'> = (tx, by, { results }) => {
  let flags = 0n;
  let counted = 0;
  for (const { number, result } of results) {
    const fault = attestOne(tx, by, number, result);
    flags |= fault;
    // A contradiction leaves its trace, too.
    if (fault === 0n || fault === reason.CONTRADICTED) counted++;
  }
  return counted === 0 ? refused(flags) : applied(0n, flags);
};
