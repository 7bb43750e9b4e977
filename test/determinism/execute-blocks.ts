/**
 * Executes the blocks of a file from genesis on and prints the result root of each: a line of hexadecimal digits. With a number
 * behind the file, the state is rebuilt of its leaves each time after so many blocks, so that nothing of how it came to be is left.
 * With the path of a database behind that, the objects are in a validator's file, hardly any of them in memory, and the state is
 * opened from it anew instead.
 */
import { readFileSync } from 'node:fs';
import { toHex } from '#core/bytes';
import { executeBlock } from '#ledger/execute';
import { genesisState } from '#ledger/genesis-state';
import { LedgerState } from '#ledger/state/ledger-state';
import { StateTable } from '#sync/validator/state-table';
import { openStoreDatabase } from '#sync/validator/store-database';

/** What the file holds, as JSON; bytes in base64. */
export interface BlocksFile {
  readonly chainId: string;
  readonly adminPublicKey: string;
  readonly region: string;
  readonly blocks: readonly {
    readonly timeMs: number;
    readonly beacon: string;
    readonly segments: readonly string[];
  }[];
}

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

function rebuilt(state: LedgerState): LedgerState {
  return LedgerState.load(state.shardIds().map((shard) => ({ shard, leaves: [...state.leaves(shard)] })));
}

/** The same state with its objects in a validator's file. */
function inFile(state: LedgerState, path: string): { readonly opened: () => LedgerState } {
  const database = openStoreDatabase(path);
  const opened = (): LedgerState => LedgerState.open(new StateTable(database, path, 2_000));
  const copy = opened();
  const overlay = copy.overlay();
  for (const shard of state.shardIds())
    for (const { key, value } of state.leaves(shard)) overlay.put(shard, key, value);
  copy.commit(copy.evaluate(overlay, 0));
  return { opened };
}

function main([path = '', every = '0', database = '']: readonly string[]): void {
  const file = JSON.parse(readFileSync(path, 'utf8')) as BlocksFile;
  let state = genesisState({ adminPublicKey: bytesOf(file.adminPublicKey), region: file.region, validators: [] });
  const stored = database === '' ? null : inFile(state, database);
  if (stored !== null) state = stored.opened();
  for (const [at, { timeMs, beacon, segments }] of file.blocks.entries()) {
    const block = { chainId: bytesOf(file.chainId), height: at + 1, timeMs, beacon: bytesOf(beacon) };
    const executed = executeBlock(state, { ...block, segments: segments.map(bytesOf) });
    state.commit(executed.change);
    if (Number(every) > 0 && (at + 1) % Number(every) === 0) state = stored === null ? rebuilt(state) : stored.opened();
    process.stdout.write(`${toHex(executed.resultRoot)}\n`);
  }
}

main(process.argv.slice(2));
