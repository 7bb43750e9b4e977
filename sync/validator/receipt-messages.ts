/** Makes the messages that prove receipts to their authors: fresh from a commit, or from the store. */
import { assert } from '#core/assert';
import { decode } from '#core/format';
import { taggedHash } from '#core/hash';
import { type Receipt, receiptFormat } from '#ledger/receipt';
import type { ReceiptsMessage } from '../wire/gateway-message.ts';
import type { BlockStore } from './block-store.ts';
import type { Committed } from './chain-keeper.ts';
import { ProofPaths } from './proof-paths.ts';

/** Receipts in one message, and their bytes with their paths: about half a megabyte, which any broker carries. */
const receiptsMaxMessage = 1_024;
const bytesMaxMessage = 512 * 1024;
const blocksKept = 16;
/** Receipts of the blocks that one answer reads: their trees have to be computed for it. */
const leavesMaxAnswer = 32_768;

interface ProvedBlock {
  readonly lightBlock: ReceiptsMessage['lightBlock'];
  readonly stateRoot: Uint8Array;
  readonly paths: ProofPaths;
  receiptAt(index: number): Receipt;
}

/** Receipts of a stream, from a sequence on. */
export interface ReceiptsWanted {
  readonly author: string;
  readonly epoch: number;
  readonly stream: number;
  readonly fromSequence: number;
}

function receiptsMessage(block: ProvedBlock, indexes: readonly number[]): ReceiptsMessage {
  const { lightBlock, stateRoot, paths } = block;
  const receipts = indexes.map((index) => ({ receipt: block.receiptAt(index), index, path: paths.path(index) }));
  return { lightBlock, stateRoot, receiptCount: paths.leafCount, receipts };
}

/** Proves receipts. Keeps the trees of a few blocks, since several are usually asked of one. */
export class ReceiptMessages {
  readonly #store: BlockStore;
  readonly #blocks = new Map<number, ProvedBlock>();

  constructor(store: BlockStore) {
    this.#store = store;
  }

  /** A block's receipts by author. */
  ofBlock({ lightBlock, executed }: Committed): { readonly author: string; readonly message: ReceiptsMessage }[] {
    const { receipts, stateRoot, receiptLeaves } = executed;
    const block: ProvedBlock = {
      lightBlock,
      stateRoot,
      paths: new ProofPaths(receiptLeaves),
      receiptAt: (index) => receipts[index] as Receipt,
    };
    this.#keep(lightBlock.header.height, block);
    const byAuthor = new Map<string, number[]>();
    for (const [index, { author }] of receipts.entries()) {
      const indexes = byAuthor.get(author);
      if (indexes === undefined) byAuthor.set(author, [index]);
      else indexes.push(index);
    }
    return [...byAuthor].flatMap(([author, indexes]) =>
      slices(block, indexes).map((slice) => ({ author, message: receiptsMessage(block, slice) })),
    );
  }

  /** Receipts of a stream from a sequence on, oldest first, as far as the limits reach; a message each block and slice. */
  from(wanted: ReceiptsWanted, limits: { readonly messages: number; readonly receipts: number }): ReceiptsMessage[] {
    const messages: ReceiptsMessage[] = [];
    let count = 0;
    let leaves = 0;
    for (const span of this.#store.spans(wanted, wanted.fromSequence, limits.messages)) {
      const block = this.#block(span.height);
      if (block === undefined) continue;
      leaves += block.paths.leafCount;
      if (messages.length > 0 && leaves > leavesMaxAnswer) return messages;
      const skipped = Math.max(0, wanted.fromSequence - span.first);
      const indexes = Array.from(
        { length: span.last - span.first + 1 - skipped },
        (_, index) => span.at + skipped + index,
      );
      for (const slice of slices(block, indexes)) {
        if (messages.length >= limits.messages || (count > 0 && count + slice.length > limits.receipts))
          return messages;
        messages.push(receiptsMessage(block, slice));
        count += slice.length;
      }
    }
    return messages;
  }

  /** Undefined where the receipts of a height are not held any more. */
  #block(height: number): ProvedBlock | undefined {
    const known = this.#blocks.get(height);
    if (known !== undefined) return known;
    const result = this.#store.result(height);
    if (result === undefined) return undefined;
    const { lightBlock, stateRoot, receipts } = result;
    const paths = new ProofPaths(receipts.map((bytes) => taggedHash('bizain/receipt/1', bytes)));
    const block: ProvedBlock = {
      lightBlock,
      stateRoot,
      paths,
      receiptAt(index) {
        const decoded = decode(receiptFormat, receipts[index] as Uint8Array);
        assert(decoded.ok, 'a stored receipt decodes');
        return decoded.value;
      },
    };
    this.#keep(height, block);
    return block;
  }

  #keep(height: number, block: ProvedBlock): void {
    const oldest = this.#blocks.keys().next();
    if (this.#blocks.size >= blocksKept && !oldest.done) this.#blocks.delete(oldest.value);
    this.#blocks.set(height, block);
  }
}

/** Bytes of a receipt with its path, roughly: where paths are longest a message is half as large again. */
function sizeOf({ movements, lines }: Receipt): number {
  return 512 + movements.length * 192 + lines.length * 32;
}

/** Cuts a block's receipts into what one message carries; one receipt always fits. */
function slices(block: ProvedBlock, indexes: readonly number[]): number[][] {
  const out: number[][] = [];
  let bytes = 0;
  for (const index of indexes) {
    const size = sizeOf(block.receiptAt(index));
    const open = out.at(-1);
    if (open === undefined || open.length >= receiptsMaxMessage || bytes + size > bytesMaxMessage) {
      out.push([index]);
      bytes = size;
    } else {
      open.push(index);
      bytes += size;
    }
  }
  return out;
}
