/** The last blocks as operators look at them: who proposed, in which view, and what was certified. */
import { toHex } from '#core/bytes';
import type { ChainState } from '../pbft/chain.ts';
import { primaryOf } from '../pbft/schedule.ts';
import type { Committed } from './chain-keeper.ts';
import { reportedBlocksMax } from './validator-status.ts';

/** Blocks over which the proposers are counted. */
const ledWindow = 256;

/** One block in short. */
export interface RecentBlock {
  readonly height: number;
  /** Hex. */
  readonly blockHash: string;
  readonly resultRoot: string;
  /** Name of who proposed it first. */
  readonly proposer: string;
  /** View in which it was decided. */
  readonly view: number;
}

/** The blocks that this process saw committed, the last `ledWindow` of them. */
export class RecentBlocks {
  readonly #blocks: RecentBlock[] = [];
  #chain: ChainState;
  #viewChanges = 0;
  #count = 0;

  /** `chain`: where the validator stands. */
  constructor(chain: ChainState) {
    this.#chain = chain;
  }

  /** Takes note of the next block. */
  note({ lightBlock, chain }: Committed): void {
    const { header, certificate } = lightBlock;
    const before = this.#chain;
    const block: RecentBlock = {
      height: header.height,
      blockHash: toHex(certificate.blockHash),
      resultRoot: toHex(certificate.resultRoot),
      proposer: before.validators[primaryOf(before, header.viewOfOrigin)]?.name ?? '',
      view: certificate.view,
    };
    this.#chain = chain;
    this.#viewChanges += certificate.view;
    this.#count++;
    this.#blocks.push(block);
    if (this.#blocks.length > ledWindow) this.#blocks.shift();
  }

  /** The last ones, the newest last. */
  latest(): readonly RecentBlock[] {
    return this.#blocks.slice(-reportedBlocksMax);
  }

  /** How many of the last blocks each proposer made, by name. */
  led(): ReadonlyMap<string, number> {
    const led = new Map<string, number>();
    for (const { proposer } of this.#blocks) led.set(proposer, (led.get(proposer) ?? 0) + 1);
    return led;
  }

  /** Views given up before blocks were decided, since the start. */
  get viewChanges(): number {
    return this.#viewChanges;
  }

  /** Blocks seen since the start. */
  get count(): number {
    return this.#count;
  }
}
