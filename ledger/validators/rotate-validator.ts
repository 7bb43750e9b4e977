/** `validator.rotate`: a validator's next key, or the address where its peers find it (SPEC W5). */
import { equalBytes } from '#core/bytes';
import { accountKey, accounts, formerAccountKey, readAccount } from '../accounts/account.ts';
import { dayOf } from '../assets/day.ts';
import { applied, type Handler, refused } from '../effect.ts';
import { regionShard } from '../ids.ts';
import { reason } from '../reasons.ts';
import type { LedgerOverlay } from '../state/view.ts';
import { readWishedValidators, writeWishedValidators } from './validator-set.ts';
import { keepVotingKey, provesPossession, type VotingKey } from './voting-key.ts';

/** The account follows its validator's key, as by A7. */
function rekey(tx: LedgerOverlay, { name, publicKey }: VotingKey): void {
  const account = readAccount(tx, name);
  // Governors alone replace a key that they govern.
  if (account === null || account.governors.length > 0) return;
  accounts.write(tx, regionShard, formerAccountKey(name, account.epoch), account);
  const { epoch, version } = account;
  accounts.write(tx, regionShard, accountKey(name), { ...account, publicKey, epoch: epoch + 1, version: version + 1 });
}

/** Rule W5. */
export const rotateValidator: Handler<'validator.rotate'> = (tx, by, { publicKey, address, possession }) => {
  const wished = readWishedValidators(tx);
  const now = wished.find(({ name }) => name === by.author);
  if (now === undefined) return refused(reason.NOT_A_MEMBER);
  const { name } = now;
  const sameKey = equalBytes(publicKey, now.publicKey);
  if (sameKey && address === now.address) return refused(reason.ALREADY_EXISTS);
  // Each key is remembered for ever: a validator's spite must not fill the region's shard.
  if (!sameKey && dayOf(now.sinceMs) === dayOf(by.blockTimeMs)) return refused(reason.LIMIT_EXCEEDED);
  if (!provesPossession(by, { name, publicKey }, possession)) return refused(reason.CONSENT_INVALID);
  if (!keepVotingKey(tx, { name, publicKey })) return refused(reason.ALREADY_EXISTS);
  if (!sameKey) rekey(tx, { name, publicKey });
  const renewed = { name, publicKey, address, sinceMs: sameKey ? now.sinceMs : by.blockTimeMs };
  writeWishedValidators(
    tx,
    wished.map((validator) => (validator === now ? renewed : validator)),
  );
  return applied();
};
