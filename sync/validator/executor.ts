/** Executes blocks on overlays of the committed state and keeps the results until one of them is committed (ARCHITECTURE D10). */
import { assert } from '#core/assert';
import { toHex } from '#core/bytes';
import { type ExecutedBlock, executeBlock } from '#ledger/execute';
import type { SegmentCheck } from '#ledger/journal/admit-segment';
import type { LedgerState } from '#ledger/state/ledger-state';
import type { Header } from '../wire/block.ts';

/** What executing a block gave. */
export type Executed = ExecutedBlock;

/** Results kept at one height: a height has as many candidates as it had views. */
const resultsMax = 16;

/** The ledger of one validator: committed state, and what candidates for the next block would make of it. */
export class Executor {
  readonly state: LedgerState;
  readonly #chainId: Uint8Array;
  readonly #isGenuine: SegmentCheck;
  readonly #voters: () => readonly string[];
  readonly #beaconOf: (proof: Uint8Array) => Uint8Array;
  readonly #results = new Map<string, Executed>();

  constructor(options: {
    readonly state: LedgerState;
    readonly chainId: Uint8Array;
    readonly isGenuine: SegmentCheck;
    /** Names of the validators of the next block's epoch. */
    readonly voters: () => readonly string[];
    /** The output of a header's beacon proof, which has been checked. */
    readonly beaconOf: (proof: Uint8Array) => Uint8Array;
  }) {
    this.state = options.state;
    this.#chainId = options.chainId;
    this.#isGenuine = options.isGenuine;
    this.#voters = options.voters;
    this.#beaconOf = options.beaconOf;
  }

  /** Executes on top of the committed state; changes nothing. The same block again gives the kept result. */
  execute(header: Header, blockHash: Uint8Array, bodies: readonly Uint8Array[]): Executed {
    const name = toHex(blockHash);
    const known = this.#results.get(name);
    if (known !== undefined) return known;
    const { height, timeMs } = header;
    const beacon = this.#beaconOf(header.beaconProof);
    const voters = this.#voters();
    const block = {
      chainId: this.#chainId,
      height,
      timeMs,
      beacon,
      voters,
      segments: bodies,
      isGenuine: this.#isGenuine,
    };
    const executed = executeBlock(this.state, block);
    const oldest = this.#results.keys().next();
    if (this.#results.size >= resultsMax && !oldest.done) this.#results.delete(oldest.value);
    this.#results.set(name, executed);
    return executed;
  }

  /** The kept result of a block, if it was executed since the last commit. */
  result(blockHash: Uint8Array): Executed | undefined {
    return this.#results.get(toHex(blockHash));
  }

  /** Applies a kept result to the state in memory; every other result is void. */
  commit(blockHash: Uint8Array): void {
    const executed = this.result(blockHash);
    assert(executed !== undefined, 'a block is executed before it is committed');
    this.state.commit(executed.change);
    this.#results.clear();
  }
}
