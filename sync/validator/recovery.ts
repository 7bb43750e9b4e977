/** Opens a validator's store and takes up the state in it, checked against what the last certificate says. */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { assert } from '#core/assert';
import { writeFileAtomic } from '#core/atomic-file';
import { equalBytes, toHex, utf8 } from '#core/bytes';
import { fsyncFolder, makeFolderDurably } from '#core/durable-folder';
import { BizainError } from '#core/errors';
import { genesisState } from '#ledger/genesis-state';
import { receiptsRoot } from '#ledger/receipt';
import { History } from '#ledger/state/history';
import { LedgerState } from '#ledger/state/ledger-state';
import { resultRoot } from '#ledger/state/roots';
import { genesisChain } from '../pbft/chain.ts';
import { silentUntilFoundOut } from '../pbft/silence.ts';
import { BlockStore } from './block-store.ts';
import type { ValidatorErrorCode } from './errors.ts';
import type { Identity } from './identity.ts';
import { afterFounding } from './refounding.ts';
import { type StoreOptions, storeCorrupt } from './store-database.ts';
import { storeFileName, storeSides, takeNextStore } from './store-swap.ts';
import { dropUnusedKeyMark, hasUnusedKeyMark } from './unused-key.ts';

/** Newest blocks that a start reads in full: what has rotted of them is fetched again at once. */
const scrubbedAtStart = 64;

/** An open store and the state it holds. */
export interface RecoveredStore {
  readonly store: BlockStore;
  readonly state: LedgerState;
  /** What was wrong with the file that had to be set aside; null for one that was sound. */
  readonly setAside: string | null;
}

type OpenStore = Omit<RecoveredStore, 'setAside'>;

/** What a start needs to know beside the region. */
export interface RecoveryOptions extends Partial<StoreOptions> {
  /** Told of a store that was set aside, before anything else is done. */
  readonly onSetAside?: (reason: string, path: string) => void;
}

/** Writes the genesis into a new store; the state is in it when this returns. */
function begin(store: BlockStore, { genesis, chainId, unusedKeyMark }: Identity): LedgerState {
  const born = genesisState(genesis);
  const state = LedgerState.open(store.objects);
  const overlay = state.overlay();
  for (const shard of born.shardIds()) {
    for (const { key, value } of born.leaves(shard)) overlay.put(shard, key, value);
  }
  const change = state.evaluate(overlay, 0);
  assert(equalBytes(change.stateRoot, born.stateRoot), 'a copy of a state has its root');
  const result = resultRoot(change.stateRoot, receiptsRoot([]));
  const chain = genesisChain({ ...genesis, resultRoot: result, historyRoot: new History().root });
  // A new store may be one that was lost: only a key that has never signed may speak at once (SPEC R24).
  const silentUpTo = hasUnusedKeyMark(unusedKeyMark) ? 0 : silentUntilFoundOut;
  store.begin(chainId, change, { chain, silentUpTo });
  state.commit(change);
  return state;
}

/** State, chain and history must agree with the last certificate. */
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
  if (last === undefined) storeCorrupt(path, `block ${chain.height} is missing or has changed`);
  const result = resultRoot(state.stateRoot, last?.receiptsRoot ?? receiptsRoot([]));
  const certified = last?.lightBlock.certificate.resultRoot ?? chain.resultRoot;
  if (!equalBytes(result, certified)) {
    storeCorrupt(path, `the state root ${toHex(state.stateRoot)} is not the one certified at height ${chain.height}`);
  }
  if (last !== null && !equalBytes(last.lightBlock.certificate.blockHash, chain.blockHash))
    storeCorrupt(path, 'the last block is not that of the chain');
}

/** Takes up a founding that is due at this store's block. Only a key that has never signed may speak at once (SPEC R24, R27). */
function foundAnew(store: BlockStore, { pages = [], unusedKeyMark }: Identity): void {
  const before = store.chain();
  const chain = afterFounding(pages, before);
  if (chain !== before) store.refound(chain, hasUnusedKeyMark(unusedKeyMark) ? 0 : silentUntilFoundOut);
}

function openStore(path: string, identity: Identity, options: Partial<StoreOptions>): OpenStore {
  const store = new BlockStore(path, options);
  try {
    const chainId = store.chainId();
    if (chainId === undefined) return { store, state: begin(store, identity) };
    if (!equalBytes(chainId, identity.chainId)) {
      const code: ValidatorErrorCode = 'STORE_FOREIGN';
      const message = `The state directory ${dirname(path)} belongs to another region. Use an empty one for region ${identity.genesis.region}.`;
      throw new BizainError({ code, message });
    }
    store.objects.checkAll();
    store.authored.all();
    const state = LedgerState.open(store.objects);
    check(store, state);
    foundAnew(store, identity);
    const { height } = store.chain();
    for (let at = height; at > 0 && at > height - scrubbedAtStart; at--) store.scrub(at);
    return { store, state };
  } catch (error) {
    store.close();
    throw error;
  }
}

/**
 * Keeps a damaged store for examination, in place of an earlier one, and makes room for a new one. The database goes first: after a cut
 * in between, what is left of it is not taken for the log of another (see `orphans`).
 */
function setAside(path: string): void {
  for (const side of storeSides) rmSync(`${path}.damaged${side}`, { force: true });
  for (const side of storeSides) {
    if (existsSync(path + side)) renameSync(path + side, `${path}.damaged${side}`);
    fsyncFolder(dirname(path));
  }
  rmSync(suspicion(path), { force: true });
}

/** Whether a database was moved away without its log. */
function orphans(path: string): boolean {
  return !existsSync(path) && storeSides.some((side) => existsSync(path + side));
}

function suspicion(path: string): string {
  return `${path}.suspect`;
}

/** What SQLite says of a page that it cannot read counts as much as a hash of ours that does not fit. */
function isDamage(error: unknown): error is Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code === 'STORE_CORRUPT' || code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB';
}

/** Notes damage that a running validator has met, wherever it is in the file: the next start sets the store aside. */
export function suspectStore(path: string, error: unknown): void {
  if (isDamage(error)) writeFileAtomic(suspicion(path), utf8(`${error.message}\n`), 0o600);
}

/**
 * Opens `validator.db` in the state directory, which is made if need be. A damaged store is set aside as `validator.db.damaged` and
 * a new one begun, which the peers fill; without the record of its votes it follows in silence at first (SPEC R24). Throws the other `STORE_...` errors.
 */
export function recoverStore(stateDir: string, identity: Identity, options: RecoveryOptions = {}): RecoveredStore {
  makeFolderDurably(stateDir);
  const path = join(stateDir, storeFileName);
  if (takeNextStore(stateDir)) rmSync(suspicion(path), { force: true });
  let reason = existsSync(suspicion(path)) ? 'damage was met while it was in use' : null;
  if (orphans(path)) reason = 'its database is gone, its log is there';
  let opened: OpenStore | null = null;
  if (reason === null) {
    try {
      opened = openStore(path, identity, options);
    } catch (error) {
      if (!isDamage(error)) throw error;
      reason = error.message;
    }
  }
  if (reason !== null) {
    options.onSetAside?.(reason, path);
    setAside(path);
  }
  opened ??= openStore(path, identity, options);
  // The new store remembers from here on what the mark said.
  dropUnusedKeyMark(identity.unusedKeyMark);
  return { ...opened, setAside: reason };
}
