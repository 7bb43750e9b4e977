/** `validator.accuse`: two signed statements of a validator for one place are kept for everybody to see (SPEC W6). */
import { equalBytes } from '#core/bytes';
import { encode } from '#core/format';
import { taggedHash } from '#core/hash';
import { readAccount, roleOf } from '../accounts/account.ts';
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import {
  type Contradiction,
  contradictionFormat,
  evidenceCount,
  evidenceMax,
  readEvidence,
  writeEvidence,
} from './evidence.ts';
import { proposalIsSigned, voteIsSigned } from './signed-statement.ts';
import { validatorOfKey } from './voting-key.ts';

/** Whether two sides of one place say different things, and the key signed both. */
function isProved(chainId: Uint8Array, publicKey: Uint8Array, shown: Contradiction): boolean {
  const { height, view, one, other } = shown;
  if (shown.kind === 'proposals') {
    const genuine = ({ blockHash, signature }: typeof shown.one): boolean =>
      proposalIsSigned(chainId, { height, view, blockHash, signature }, publicKey);
    return !equalBytes(one.blockHash, other.blockHash) && genuine(shown.one) && genuine(shown.other);
  }
  const { phase } = shown;
  const genuine = ({ blockHash, resultRoot, signature }: typeof shown.one): boolean =>
    voteIsSigned(chainId, { phase, height, view, blockHash, resultRoot, signature }, publicKey);
  const differs =
    !equalBytes(shown.one.blockHash, shown.other.blockHash) ||
    !equalBytes(shown.one.resultRoot, shown.other.resultRoot);
  return phase > 0 && differs && genuine(shown.one) && genuine(shown.other);
}

/** Rule W6. */
export const accuseValidator: Handler<'validator.accuse'> = (tx, by, { validator, publicKey, shown }) => {
  const account = readAccount(tx, validator);
  if (account === null || roleOf(account) !== 'validator') return refused(reason.UNKNOWN_ACCOUNT);
  const { height, view } = shown;
  if (readEvidence(tx, validator, height) !== null) return refused(reason.ALREADY_EXISTS);
  if (evidenceCount(tx, validator) >= evidenceMax) return refused(reason.LIMIT_EXCEEDED);
  if (validatorOfKey(tx, publicKey) !== validator) return refused(reason.NOT_OWNER);
  // A key can sign for heights that never come: such evidence would fill the room of what mattered.
  const inTime = height > 0 && height <= by.height;
  if (!inTime || !isProved(by.chainId, publicKey, shown)) return refused(reason.BAD_OPERATION);
  writeEvidence(tx, validator, height, {
    phase: shown.kind === 'votes' ? shown.phase : 0,
    view,
    shown: taggedHash('bizain/evidence/1', encode(contradictionFormat, shown)),
    accuser: by.author,
    recordedAt: by.height,
  });
  return applied();
};
