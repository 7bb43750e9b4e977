/** What a validator does beside voting: it has a word of its own on the ledger. Knows when it may be said, and hands on what happens. */
import { toHex } from '#core/bytes';
import type { Clock } from '#core/clock';
import type { LedgerView } from '#ledger/state/view';
import type { Equivocation } from '../pbft/types.ts';
import type { PeerId } from '../pbft/voting-set.ts';
import type { BlockStore } from './block-store.ts';
import { CallDesk, type CallDeskStatus } from './call-desk.ts';
import { CallRunner } from './call-runner.ts';
import type { CatchUp } from './catch-up.ts';
import type { ChainKeeper, Committed } from './chain-keeper.ts';
import { EvidenceDesk } from './evidence-desk.ts';
import { ExecutorModules } from './executor-modules.ts';
import type { Identity } from './identity.ts';
import { KeyChange } from './key-change.ts';
import { OwnJournal, type OwnJournalStatus } from './own-journal.ts';
import { PeerHeights } from './peer-heights.ts';

/** What the duties rest on. */
export interface MemberDutiesOptions {
  readonly identity: Pick<Identity, 'chainId' | 'name' | 'secretSeed' | 'publicKey' | 'nextSeed'>;
  readonly store: BlockStore;
  readonly keeper: ChainKeeper;
  readonly state: LedgerView;
  readonly catchUp: Pick<CatchUp, 'running'>;
  readonly clock: Clock;
  /** Where executors of contract calls are that this program does not bring along. */
  readonly executorFolder?: string | undefined;
  /** A segment of the own journal: into the pool, and to the peers. */
  give(segment: Uint8Array): void;
  onFatal(error: unknown): void;
}

/** The duties of one validator. */
export class MemberDuties {
  readonly #options: MemberDutiesOptions;
  readonly #journal: OwnJournal;
  readonly #evidence: EvidenceDesk;
  readonly #keyChange: KeyChange;
  readonly #runner: CallRunner;
  readonly #calls: CallDesk;
  readonly #peers = new PeerHeights();

  constructor(options: MemberDutiesOptions) {
    const { identity, store, keeper, state, clock } = options;
    const { chainId, name, secretSeed } = identity;
    const own = toHex(identity.publicKey);
    this.#options = options;
    this.#journal = new OwnJournal({
      chainId,
      name,
      secretSeed,
      nextSeed: identity.nextSeed,
      state,
      clock,
      table: store.authored,
      open: () => store.open(),
      flush: () => store.flush(),
      chain: () => keeper.chain,
      isCurrent: () =>
        // A store that was lost may have had segments that are still on their way.
        store.silentUpTo() === 0 &&
        !options.catchUp.running &&
        this.#peers.isCurrent(keeper.chain.validators, own, keeper.chain.height),
      give: (segment) => options.give(segment),
    });
    this.#evidence = new EvidenceDesk({ state, journal: this.#journal });
    this.#keyChange = new KeyChange({ identity, state, journal: this.#journal, chain: () => keeper.chain });
    this.#runner = new CallRunner({ clock });
    this.#calls = new CallDesk({
      name,
      state,
      table: store.calls,
      journal: this.#journal,
      runner: this.#runner,
      modules: new ExecutorModules(options.executorFolder ?? null),
      open: () => store.open(),
      chain: () => keeper.chain,
      safely: (work) => this.#safely(work),
    });
  }

  get journal(): OwnJournalStatus {
    return this.#journal.status();
  }

  /** Whether the next height is voted on under another key than this process has. */
  get keyHasChanged(): boolean {
    return this.#keyChange.inForce;
  }

  /** A peer says how far it has come. */
  heard(peer: PeerId, height: number): void {
    this.#peers.note(peer, height);
  }

  /** The replica has caught a validator of the next height's set. */
  caught(equivocation: Equivocation): void {
    const { chain } = this.#options.keeper;
    if (equivocation.height === chain.height + 1)
      this.#safely(() => this.#evidence.note(equivocation, chain.validators));
  }

  /** A block has become final, by whatever way. */
  committed({ executed }: Committed): void {
    this.#safely(() => {
      this.#journal.committed(executed.receipts);
      this.#evidence.tell();
      this.#keyChange.tell();
      this.#calls.committed();
    });
  }

  /** Now and then. */
  tick(): void {
    this.#safely(() => {
      this.#journal.resend();
      this.#calls.tell();
    });
  }

  /** Contract calls on their way here. */
  get calls(): CallDeskStatus {
    return this.#calls.status();
  }

  /** No executor works any more. */
  stop(): Promise<void> {
    return this.#runner.stop();
  }

  /** A disk that does not keep what is said ends the validator. */
  #safely(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#options.onFatal(error);
    }
  }
}
