/** The disk of a simulated node: what a power cut spares, and what rot takes (SPEC R9 to R11, S4). */
import { toHex } from '#core/bytes';
import type { ChainState } from '#sync/pbft/chain';
import { silentUntilFoundOut } from '#sync/pbft/silence';
import type { VoteRecord } from '#sync/pbft/vote-record';
import type { Block } from '#sync/wire/block';
import type { Certificate } from '#sync/wire/vote';

/** A block with the proof that it is final. */
export interface Final {
  readonly block: Block;
  readonly hash: Uint8Array;
  readonly certificate: Certificate;
}

/** What a start finds missing or rotten: all of it, the vote record only, or a stored block with its bodies. */
export type Rot = 'everything' | 'record' | 'block';

/** One node's disk. Writes are atomic; a block's is durable with the record that follows it. */
export class SimulatedDisk {
  readonly #genesis: ChainState;
  chain: ChainState;
  record: VoteRecord | null = null;
  /** Nothing is said up to here, because what was said is forgotten (R24); 0 for a whole memory. */
  silentUpTo = 0;
  readonly finals: Final[] = [];
  /** Digests of the bodies here, in hex. */
  readonly bodies = new Set<string>();
  /** A stored block has rotted: what was said of it stays said. */
  hasRotten = false;
  readonly #blocks = new Map<string, Block>();
  readonly #unsynced = new Set<string>();

  constructor(genesis: ChainState) {
    this.#genesis = genesis;
    this.chain = genesis;
  }

  get height(): number {
    return this.chain.height;
  }

  /** Blocks stored for the next height. */
  get storedBlocks(): readonly Block[] {
    return [...this.#blocks.values()].filter((block) => block.header.height === this.height + 1);
  }

  holdsBlock(hash: Uint8Array): boolean {
    return this.#blocks.has(toHex(hash));
  }

  writeBlock(block: Block, hash: Uint8Array): void {
    const name = toHex(hash);
    if (!this.#blocks.has(name)) this.#unsynced.add(name);
    this.#blocks.set(name, block);
    for (const digest of block.bodyDigests) this.bodies.add(toHex(digest));
  }

  writeRecord(record: VoteRecord): void {
    this.record = record;
    this.silentUpTo = 0;
    this.#unsynced.clear();
  }

  /** One transaction: the block, its bodies, the chain after it. */
  writeFinal(final: Final, chain: ChainState): void {
    this.chain = chain;
    this.finals.push(final);
    for (const digest of final.block.bodyDigests) this.bodies.add(toHex(digest));
    for (const [name, block] of this.#blocks) if (block.header.height <= chain.height) this.#blocks.delete(name);
    this.#unsynced.clear();
  }

  /** The power is cut: of the blocks that no fsync has covered, some are there and some are not. */
  cutPower(isLost: () => boolean): void {
    for (const name of this.#unsynced) if (isLost()) this.#blocks.delete(name);
    this.#unsynced.clear();
  }

  /** What a start finds wrong takes effect: a lost record, or a lost chain, leaves the votes given unknown. */
  rot(what: Rot): void {
    this.hasRotten = true;
    if (what === 'block') {
      this.#blocks.clear();
      return;
    }
    this.record = null;
    if (what === 'record') {
      // A store that was begun anew and has not found out yet keeps that apart from the record.
      if (this.silentUpTo !== silentUntilFoundOut) this.silentUpTo = this.height + 1;
      return;
    }
    this.silentUpTo = silentUntilFoundOut;
    this.chain = this.#genesis;
    this.finals.length = 0;
    this.bodies.clear();
    this.#blocks.clear();
  }
}
