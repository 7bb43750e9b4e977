/** The state before the first block: the region, its administrator and its validators. */
import { assert } from '#core/assert';
import { text, versioned } from '#core/format';
import { accountKey, accountRoles, accounts, adminAccount, newAccount } from './accounts/account.ts';
import { issueBiz } from './assets/biz.ts';
import { regionShard } from './ids.ts';
import { LedgerState } from './state/ledger-state.ts';
import { storedObject } from './state/stored-object.ts';
import { registerValidatorAccount } from './validators/validator-account.ts';
import { type WishedValidator, writeWishedValidators } from './validators/validator-set.ts';
import { keepVotingKey } from './validators/voting-key.ts';

/** `region` in the region shard. */
export const regionFormat = versioned('region', 1, { bytesMax: 64 }, { region: text({ min: 1, max: 32 }) });
const regions = storedObject(regionFormat);

type FirstValidator = Pick<WishedValidator, 'name' | 'publicKey'>;

/** The state that block 1 builds on. */
export function genesisState(genesis: {
  readonly adminPublicKey: Uint8Array;
  readonly region: string;
  readonly validators: readonly FirstValidator[];
}): LedgerState {
  const state = LedgerState.empty();
  const overlay = state.overlay();
  regions.write(overlay, regionShard, 'region', { region: genesis.region });
  const role = accountRoles.indexOf('admin');
  const admin = newAccount({ role, publicKey: genesis.adminPublicKey, name: 'Region administrator' });
  accounts.write(overlay, regionShard, accountKey(adminAccount), admin);
  writeWishedValidators(
    overlay,
    genesis.validators.map(({ name, publicKey }) => ({ name, publicKey, address: '', sinceMs: 0 })),
  );
  for (const validator of genesis.validators) {
    assert(registerValidatorAccount(overlay, validator), `validator ${validator.name} has its name to itself`);
    assert(keepVotingKey(overlay, validator), `validator ${validator.name} has its key to itself`);
  }
  issueBiz(overlay);
  state.commit(state.evaluate(overlay, 0));
  return state;
}
