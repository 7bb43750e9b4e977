/**
 * Clients of a region that executes the real ledger: authors of every kind of operation, honest and hostile, whose segments
 * get lost, come twice and come late; an auditor beside them executes each block once more and looks at the books.
 */
import { equalBytes, toHex } from '#core/bytes';
import { encode } from '#core/format';
import { authorKey } from '#ledger/journal/author-key';
import { chainHash } from '#ledger/journal/entry';
import { segmentFormat } from '#ledger/journal/segment';
import { streamOf } from '#ledger/journal/stream';
import { headOf } from '#ledger/journal/stream-head';
import type { Receipt } from '#ledger/receipt';
import type { LedgerState } from '#ledger/state/ledger-state';
import { type Executed, Executor } from '#sync/validator/executor';
import { type Block, bodyDigest } from '#sync/wire/block';
import { Books } from '../../property/ledger/books.ts';
import { checkCoupons } from '../../property/ledger/check-coupons.ts';
import { checkMoney, checkMovements } from '../../property/ledger/check-money.ts';
import { checkRights } from '../../property/ledger/check-rights.ts';
import { Dice } from '../../property/ledger/dice.ts';
import { openWorkload } from '../../property/ledger/opening.ts';
import { type Act, Opening, type Stage } from '../../property/ledger/stage.ts';
import { deedsOf, type Memory } from '../../property/ledger/workload.ts';
import { chainId } from '../../unit/ledger/world.ts';
import type { Draws } from './draws.ts';
import type { Execution } from './execution.ts';
import type { Clients } from './random-schedule.ts';
import { SafetyViolation } from './safety-checks.ts';
import type { Final } from './simulated-disk.ts';
import type { SimulatedRegion } from './simulated-region.ts';

/** A segment that somebody has written and that is not receipted in full. */
interface Outstanding {
  readonly digest: Uint8Array;
  readonly author: string;
  readonly epoch: number;
  readonly stream: number;
  readonly end: number;
}

/** Steps of the workload between two disturbances of the network. */
const stepsAtOnce = 4;

interface Journal {
  next: number;
  head: Uint8Array;
}

let opening: { readonly opening: Opening; readonly books: Books } | null = null;

/** Made once: it takes longer than many schedules. */
function openingOf(): { readonly opening: Opening; readonly books: Books } {
  if (opening === null) {
    const made = new Opening(openWorkload());
    opening = { opening: made, books: Books.of(made.stage().state) };
  }
  return opening;
}

/** One node's ledger, by the executor of a validator. */
class LedgerExecution implements Execution {
  readonly #clients: LedgerClients;
  #executor: Executor;

  constructor(clients: LedgerClients) {
    this.#clients = clients;
    this.#executor = clients.newExecutor();
  }

  get state(): LedgerState {
    return this.#executor.state;
  }

  result(block: Block, hash: Uint8Array): Uint8Array {
    return this.#clients.execute(this.#executor, block, hash).resultRoot;
  }

  commit(block: Block, hash: Uint8Array): void {
    this.#clients.execute(this.#executor, block, hash);
    this.#executor.commit(hash);
  }

  isDone(digest: Uint8Array): boolean {
    return this.#clients.isDone(this.state, digest);
  }

  reset(): void {
    this.#executor = this.#clients.newExecutor();
  }
}

/** See the head of the file. */
export class LedgerClients implements Clients {
  readonly #stage: Stage = openingOf().opening.stage();
  readonly #books: Books = openingOf().books.copy();
  readonly #executions: LedgerExecution[] = [];
  readonly #auditor: Executor;
  readonly #journals = new Map<string, Journal>();
  readonly #outstanding = new Map<string, Outstanding>();
  readonly #receipted = new Map<string, Uint8Array>();
  /** State root after each height, by the auditor. */
  readonly #roots: Uint8Array[] = [];
  readonly #base: { readonly height: number; readonly timeMs: number };
  readonly #said: Memory = [];
  #region: SimulatedRegion | null = null;
  #draws: Draws | null = null;
  /** Operations that the ledger has applied. */
  applied = 0;

  constructor() {
    this.#base = { height: this.#stage.height, timeMs: this.#stage.timeMs };
    this.#auditor = this.#executorOn(this.#stage.state);
  }

  #executorOn(state: LedgerState): Executor {
    return new Executor({
      state,
      chainId,
      isGenuine: () => true,
      voters: () => this.#attended().region.keys.validators.map(({ name }) => name),
      beaconOf: (proof) => this.#attended().region.keys.beaconOutput(proof),
    });
  }

  newExecutor(): Executor {
    return this.#executorOn(openingOf().opening.stage().state);
  }

  readonly executionOf = (place: number): Execution => {
    const execution = new LedgerExecution(this);
    this.#executions[place] = execution;
    return execution;
  };

  attend(region: SimulatedRegion, draws: Draws): void {
    this.#region = region;
    this.#draws = draws;
    region.onCommit = (node, final) => {
      if (node.honest && final.block.header.height === this.#roots.length + 1) this.#audit(final);
    };
  }

  #attended(): { readonly region: SimulatedRegion; readonly draws: Draws } {
    if (this.#region === null || this.#draws === null) throw new Error('clients attend a region first');
    return { region: this.#region, draws: this.#draws };
  }

  /** Executes a block where the opening left off. */
  execute(executor: Executor, block: Block, hash: Uint8Array): Executed {
    const { region } = this.#attended();
    const { header } = block;
    const height = this.#base.height + header.height;
    const timeMs = this.#base.timeMs + header.timeMs - region.genesis.timeMs;
    const bodies = block.bodyDigests.map((digest) => region.contents.get(toHex(digest)) ?? new Uint8Array(1));
    return executor.execute({ ...header, height, timeMs }, hash, bodies);
  }

  isDone(state: LedgerState, digest: Uint8Array): boolean {
    const segment = this.#outstanding.get(toHex(digest));
    return segment !== undefined && headOf(state, chainId, segment).nextSequence >= segment.end;
  }

  /** Somebody writes; and what is not receipted is sent again. */
  act(): void {
    const { draws } = this.#attended();
    for (let step = 0; step < stepsAtOnce; step++) {
      const dice = new Dice(draws.between(0, 0xffff_ffff));
      for (const deed of deedsOf(this.#stage, dice, this.#said, draws.between(0, 5)))
        this.#send('segment' in deed ? this.#sentAsIs(deed.segment) : this.#sealed(deed));
    }
    for (const [name, segment] of this.#outstanding) {
      if (headOf(this.#stage.state, chainId, segment).nextSequence >= segment.end) this.#outstanding.delete(name);
      else if (draws.chance(0.3)) this.#send(segment.digest);
    }
  }

  #send(digest: Uint8Array): void {
    const { region, draws } = this.#attended();
    for (const node of region.nodes) if (draws.chance(0.6)) node.submit(digest);
  }

  #sentAsIs(bytes: Uint8Array): Uint8Array {
    const digest = bodyDigest(bytes);
    this.#attended().region.contents.set(toHex(digest), bytes);
    return digest;
  }

  #sealed({ author, operation, time }: Act): Uint8Array {
    const stream = streamOf(operation.kind);
    const epoch = authorKey(this.#stage.state, author)?.epoch ?? 0;
    const name = `${author} ${epoch} ${stream}`;
    const head = headOf(this.#stage.state, chainId, { author, epoch, stream });
    const journal = this.#journals.get(name) ?? { next: head.nextSequence, head: head.headHash };
    const entry = this.#stage.entryBytes(journal.next, operation, time);
    const place = { author, epoch, stream, firstSequence: journal.next, previousHash: journal.head };
    const digest = this.#sentAsIs(encode(segmentFormat, { ...place, entries: [entry], signature: new Uint8Array(64) }));
    this.#journals.set(name, { next: journal.next + 1, head: chainHash(journal.head, entry) });
    this.#outstanding.set(toHex(digest), { digest, author, epoch, stream, end: journal.next + 1 });
    return digest;
  }

  /** The first time that a height is final anywhere: its result is the auditor's own, its receipts are new, its books add up. */
  #audit({ block, hash, certificate }: Final): void {
    const { height } = block.header;
    const executed = this.execute(this.#auditor, block, hash);
    if (!equalBytes(executed.resultRoot, certificate.resultRoot))
      throw new SafetyViolation(`S1: the result of height ${height} is not that of its operations`);
    const before = this.#books.take(executed.change);
    for (const receipt of executed.receipts) this.#note(receipt, height);
    this.#auditor.commit(hash);
    checkMovements(this.#books, before, executed.receipts);
    checkMoney(this.#books);
    checkCoupons(this.#books, this.#stage.state);
    checkRights(this.#books);
    this.#roots.push(executed.stateRoot);
    this.#stage.height = this.#base.height + height;
    this.#stage.timeMs = this.#base.timeMs + block.header.timeMs - this.#attended().region.genesis.timeMs;
  }

  #note({ author, epoch, stream, sequence, entryHash, outcome }: Receipt, height: number): void {
    if (outcome === 0) this.applied++;
    // What the rules move at the start of a block has no journal.
    if (author.startsWith('x/')) return;
    const place = `${author} ${epoch} ${stream} ${sequence}`;
    if (this.#receipted.has(place)) throw new SafetyViolation(`${place} is receipted twice, again at ${height}`);
    this.#receipted.set(place, entryHash);
  }

  /** No entry that was receipted is lost on any honest machine, and equal heights have equal states. */
  close(): void {
    const { region } = this.#attended();
    for (const { place, height } of region.honest) {
      const state = this.#executions[place]?.state;
      const root = this.#roots[height - 1];
      if (state === undefined || root === undefined || !equalBytes(state.stateRoot, root))
        throw new SafetyViolation(`S1: node ${place} has another state at ${height}`);
      if (height < this.#roots.length) continue;
      for (const name of this.#receipted.keys()) {
        const [author = '', epoch, stream, sequence] = name.split(' ');
        const head = headOf(state, chainId, { author, epoch: Number(epoch), stream: Number(stream) });
        if (head.nextSequence <= Number(sequence))
          throw new SafetyViolation(`node ${place} has lost the receipted entry ${name}`);
      }
    }
  }
}
