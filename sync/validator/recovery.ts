/** Opens a validator's store and takes up the state in it, checked against what the last certificate says. */
import { join } from 'node:path';
import { assert } from '#core/assert';
import { equalBytes, toHex } from '#core/bytes';
import { makeFolderDurably } from '#core/durable-folder';
import { BizainError } from '#core/errors';
import { genesisState } from '#ledger/genesis-state';
import { receiptsRoot } from '#ledger/receipt';
import { History } from '#ledger/state/history';
import { LedgerState } from '#ledger/state/ledger-state';
import { resultRoot } from '#ledger/state/roots';
import { genesisChain } from '../pbft/chain.ts';
import { BlockStore } from './block-store.ts';
import type { ValidatorErrorCode } from './errors.ts';
import type { Identity } from './identity.ts';
import { type StoreOptions, storeCorrupt } from './store-database.ts';

/** Blocks whose links are checked at start. */
const linksChecked = 64;

/** An open store and the state it holds. */
export interface RecoveredStore {
  readonly store: BlockStore;
  readonly state: LedgerState;
}

/** Writes the genesis into a new store; the state is in it when this returns. */
function begin(store: BlockStore, { genesis, chainId }: Identity): LedgerState {
  const born = genesisState(genesis);
  const state = LedgerState.open(store.objects);
  const overlay = state.overlay();
  for (const shard of born.shardIds()) {
    for (const { key, value } of born.leaves(shard)) overlay.put(shard, key, value);
  }
  const change = state.evaluate(overlay, 0);
  assert(equalBytes(change.stateRoot, born.stateRoot), 'a copy of a state has its root');
  const result = resultRoot(change.stateRoot, receiptsRoot([]));
  const first = { ...genesis, resultRoot: result, historyRoot: new History().root };
  store.begin(chainId, change, genesisChain(first));
  state.commit(change);
  return state;
}

/** State, chain and history must agree with the last certificate; the last blocks with each other. */
function check(store: BlockStore, state: LedgerState): void {
  const { path } = store;
  const chain = store.chain();
  const history = store.history();
  if (history.count !== chain.height || !equalBytes(history.root, chain.historyRoot)) {
    storeCorrupt(path, 'the history is not that of the chain');
  }
  const record = store.record();
  if (record !== null && record.height > chain.height + 1) storeCorrupt(path, 'the vote record is ahead of the chain');
  const last = chain.height === 0 ? null : store.result(chain.height);
  if (last === undefined) storeCorrupt(path, `block ${chain.height} is missing`);
  const result = resultRoot(state.stateRoot, last?.receiptsRoot ?? receiptsRoot([]));
  const certified = last?.lightBlock.certificate.resultRoot ?? chain.resultRoot;
  if (!equalBytes(result, certified)) {
    storeCorrupt(path, `the state root ${toHex(state.stateRoot)} is not the one certified at height ${chain.height}`);
  }
  if (last === null) return;
  if (!equalBytes(last.lightBlock.certificate.blockHash, chain.blockHash))
    storeCorrupt(path, 'the last block is not that of the chain');
  let child = last.lightBlock;
  for (let height = chain.height - 1; height > 0 && height > chain.height - linksChecked; height--) {
    const block = store.lightBlock(height);
    if (block === undefined) storeCorrupt(path, `block ${height} is missing`);
    if (!equalBytes(block.certificate.blockHash, child.header.parentHash))
      storeCorrupt(path, `block ${height} is not the parent of the next`);
    child = block;
  }
}

/** Opens `validator.db` in the state directory, which is made if need be. Throws `STORE_...` errors. */
export function recoverStore(
  stateDir: string,
  identity: Identity,
  options: Partial<StoreOptions> = {},
): RecoveredStore {
  makeFolderDurably(stateDir);
  const store = new BlockStore(join(stateDir, 'validator.db'), options);
  try {
    const chainId = store.chainId();
    if (chainId === undefined) return { store, state: begin(store, identity) };
    if (!equalBytes(chainId, identity.chainId)) {
      const code: ValidatorErrorCode = 'STORE_FOREIGN';
      const message = `The state directory ${stateDir} belongs to another region. Use an empty one for region ${identity.genesis.region}.`;
      throw new BizainError({ code, message });
    }
    store.objects.checkAll();
    const state = LedgerState.open(store.objects);
    check(store, state);
    return { store, state };
  } catch (error) {
    store.close();
    throw error;
  }
}
