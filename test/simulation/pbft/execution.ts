/** What blocks mean to a simulated node: a cheap function of them for most schedules, the real ledger for the others. */
import { toHex } from '#core/bytes';
import { taggedHash } from '#core/hash';
import type { Block } from '#sync/wire/block';

/** The executor of one node. Committed state is durable, everything else goes with the power. */
export interface Execution {
  /** The result root of a block on top of the committed state. */
  result(block: Block, hash: Uint8Array): Uint8Array;
  /** Makes a block's changes; the next one in order. */
  commit(block: Block, hash: Uint8Array): void;
  /** Whether nothing of a segment is left to be ordered. */
  isDone(digest: Uint8Array): boolean;
  /** Back to the genesis state. */
  reset(): void;
}

/** Makes a node's executor. */
export type ExecutionOf = (node: number) => Execution;

/** Any function of block and parent will do. */
class CheapExecution implements Execution {
  readonly #done = new Set<string>();

  result(block: Block, hash: Uint8Array): Uint8Array {
    return taggedHash('test/result', block.header.parentResultRoot, hash);
  }

  commit(block: Block): void {
    for (const digest of block.bodyDigests) this.#done.add(toHex(digest));
  }

  isDone(digest: Uint8Array): boolean {
    return this.#done.has(toHex(digest));
  }

  reset(): void {
    this.#done.clear();
  }
}

/** See `CheapExecution`. */
export const cheapExecution: ExecutionOf = () => new CheapExecution();
