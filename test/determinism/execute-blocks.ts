/**
 * Executes the blocks of a file from genesis on and prints the result root of each: a line of hexadecimal digits. With a number
 * behind the file, the state is rebuilt of its leaves each time after so many blocks, so that nothing of how it came to be is left.
 */
import { readFileSync } from 'node:fs';
import { toHex } from '#core/bytes';
import { executeBlock } from '#ledger/execute';
import { genesisState } from '#ledger/genesis-state';
import { LedgerState } from '#ledger/state/ledger-state';

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

function main([path = '', every = '0']: readonly string[]): void {
  const file = JSON.parse(readFileSync(path, 'utf8')) as BlocksFile;
  let state = genesisState({ adminPublicKey: bytesOf(file.adminPublicKey), region: file.region });
  for (const [at, { timeMs, beacon, segments }] of file.blocks.entries()) {
    const block = { chainId: bytesOf(file.chainId), height: at + 1, timeMs, beacon: bytesOf(beacon) };
    const executed = executeBlock(state, { ...block, segments: segments.map(bytesOf) });
    state.commit(executed.change);
    if (Number(every) > 0 && (at + 1) % Number(every) === 0) state = rebuilt(state);
    process.stdout.write(`${toHex(executed.resultRoot)}\n`);
  }
}

main(process.argv.slice(2));
