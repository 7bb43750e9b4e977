/** A ledger of many stores, lanes and coupon series, and blocks of redemptions for it: encoded, but not signed. */
import { utf8 } from '#core/bytes';
import { encode } from '#core/format';
import { sha256 } from '#core/hash';
import { itemsMax } from '#ledger/coupons/operations';
import { executeBlock } from '#ledger/execute';
import { genesisState } from '#ledger/genesis-state';
import { entryFormat, streamSeed } from '#ledger/journal/entry';
import { segmentFormat, segmentHead } from '#ledger/journal/segment';
import { valueStream } from '#ledger/journal/stream';
import type { Operation } from '#ledger/operation';
import type { LedgerState } from '#ledger/state/ledger-state';
import { benchIssuer, benchMerchant, benchTerms, gcnOf, redemption, storeOf } from './redemption.ts';

/** How large the ledger is, and its blocks. */
export interface RedemptionLoadSize {
  readonly stores: number;
  readonly lanesInStore: number;
  readonly series: number;
  readonly couponsInSeries: number;
  readonly segmentsInBlock: number;
  /** Two entries a redemption. */
  readonly redemptionsInSegment: number;
}

const chainId = sha256(utf8('bench chain'));
const startMs = 1_800_000_000_000;
const dayMs = 86_400_000;
const blockMs = 500;
/** Signatures are not looked at: room for one is all that a segment needs. */
const noSignature = new Uint8Array(64);
const beacon = new Uint8Array(64);

interface Journal {
  readonly author: string;
  nextSequence: number;
  headHash: Uint8Array;
}

/** One block, ready to be executed after those before it. */
export interface RedemptionBlock {
  readonly height: number;
  readonly timeMs: number;
  readonly beacon: Uint8Array;
  readonly segments: readonly Uint8Array[];
  readonly redemptions: number;
}

/** The ledger as its first redemption finds it, and what comes then. */
export class RedemptionLoad {
  readonly chainId = chainId;
  readonly state: LedgerState;
  readonly #size: RedemptionLoadSize;
  readonly #lanes: readonly Journal[];
  readonly #journals = new Map<string, Journal>();
  #height = 0;
  #redemptions = 0;
  #segments = 0;

  /** On an empty state of any kind; in memory where none is given. */
  constructor(size: RedemptionLoadSize, empty?: LedgerState) {
    this.#size = size;
    const genesis = genesisState({ adminPublicKey: sha256(utf8('admin')), region: 'bench', validators: [] });
    this.state = empty ?? genesis;
    if (empty !== undefined) {
      const overlay = empty.overlay();
      for (const shard of genesis.shardIds())
        for (const { key, value } of genesis.leaves(shard)) overlay.put(shard, key, value);
      empty.commit(empty.evaluate(overlay, 0));
    }
    const stores = Array.from({ length: size.stores }, (_, at) => storeOf(at));
    const lanes = Array.from({ length: size.lanesInStore }, (_, at) => `lane-${at + 1}`);
    this.#openStores(stores, lanes);
    for (let series = 0; series < size.series; series++) this.#issue(gcnOf(series));
    // Neighbours of the list are lanes of different stores.
    this.#lanes = lanes.flatMap((lane) => stores.map((store) => this.#journal(`${store}/${lane}`)));
  }

  #journal(author: string): Journal {
    const known = this.#journals.get(author);
    if (known !== undefined) return known;
    const fresh = { author, nextSequence: 0, headHash: streamSeed(chainId, author, 0, valueStream) };
    this.#journals.set(author, fresh);
    return fresh;
  }

  #segment(journal: Journal, operations: readonly Operation[], timeMs: number): Uint8Array {
    const { author, nextSequence: firstSequence, headHash: previousHash } = journal;
    const entries = operations.map((operation, at) =>
      encode(entryFormat, {
        sequence: firstSequence + at,
        seenHeight: this.#height,
        timeLowMs: timeMs,
        timeHighMs: timeMs,
        notAfterMs: timeMs + dayMs,
        dependsOn: null,
        operation,
      }),
    );
    const unsigned = { author, epoch: 0, stream: valueStream, firstSequence, previousHash, entries };
    journal.nextSequence += entries.length;
    journal.headHash = segmentHead(unsigned);
    return encode(segmentFormat, { ...unsigned, signature: noSignature });
  }

  #setUp(author: string, operations: readonly Operation[]): void {
    const timeMs = startMs;
    const segments = [this.#segment(this.#journal(author), operations, timeMs)];
    const block = { chainId, height: ++this.#height, timeMs, beacon, segments, isGenuine: () => true };
    const { receipts, change } = executeBlock(this.state, block);
    const failed = receipts.filter(({ outcome }) => outcome !== 0);
    if (receipts.length !== operations.length || failed.length > 0)
      throw new Error(`${author}: ${operations.length} operations, ${receipts.length} receipts, ${failed.length} bad`);
    this.state.commit(change);
  }

  #openStores(stores: readonly string[], lanes: readonly string[]): void {
    const publicKey = sha256(utf8('any key'));
    this.#setUp('admin', [
      { kind: 'account.register', id: benchIssuer, role: 0, publicKey, name: 'Issuer' },
      { kind: 'account.register', id: benchMerchant, role: 2, publicKey, name: 'Merchant' },
    ]);
    for (const store of stores) {
      this.#setUp('admin', [
        { kind: 'store.open', store, merchant: benchMerchant, name: store, market: 'DE' },
        ...lanes.map((lane): Operation => ({ kind: 'terminal.enroll', store, lane, publicKey, epoch: 0 })),
      ]);
    }
  }

  #issue(gcn: string): void {
    this.#setUp(benchIssuer, [{ kind: 'series.define', gcn, terms: benchTerms(startMs) }]);
    const { couponsInSeries } = this.#size;
    for (let firstSerial = 0; firstSerial < couponsInSeries; firstSerial += itemsMax) {
      const count = Math.min(itemsMax, couponsInSeries - firstSerial);
      this.#setUp(benchIssuer, [{ kind: 'coupon.issue', gcn, firstSerial, count, keyCommitments: new Uint8Array(0) }]);
    }
  }

  /** The next block. Blocks must be executed in the order in which they were made. */
  nextBlock(): RedemptionBlock {
    const { segmentsInBlock, redemptionsInSegment } = this.#size;
    const timeMs = startMs + (this.#height + 1) * blockMs;
    const segments: Uint8Array[] = [];
    for (let at = 0; at < segmentsInBlock; at++) {
      const journal = this.#lanes[this.#segments++ % this.#lanes.length] as Journal;
      const operations: Operation[] = [];
      while (operations.length < 2 * redemptionsInSegment)
        operations.push(...redemption(this.#size, this.#redemptions++, journal.nextSequence + operations.length));
      segments.push(this.#segment(journal, operations, timeMs));
    }
    return { height: ++this.#height, timeMs, beacon, segments, redemptions: segmentsInBlock * redemptionsInSegment };
  }
}
