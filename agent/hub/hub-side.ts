/** The hub from one terminal's side: its desk and listener where the ledger names it as the hub, else its link to the hub. */

import type { TerminalConfig } from '#agent/config/terminal-config';
import type { Journal } from '#agent/journal/journal';
import type { Clock } from '#core/clock';
import type { Entropy } from '#core/entropy';
import type { Log } from '#core/log';
import { readHub } from '#ledger/rights/read';
import type { LedgerView } from '#ledger/state/view';
import type { ShareRule } from './budget-share.ts';
import type { DraftEntry } from './entry-drafts.ts';
import { HubDesk } from './hub-desk.ts';
import { HubLink, type Welcome } from './hub-link.ts';
import type { LaneHead } from './hub-message.ts';
import { type HubServer, startHubServer } from './hub-server.ts';

/** What a hub side needs. */
export interface HubSideOptions {
  readonly config: TerminalConfig;
  readonly chainId: Uint8Array;
  readonly store: string;
  readonly secretSeed: Uint8Array;
  readonly journal: Journal;
  readonly view: LedgerView;
  readonly heightOf: (shard: string) => number | null;
  readonly share: ShareRule;
  readonly draft: DraftEntry;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
}

/** Both sides of a hub: which one counts is for the ledger to say, at every scan. */
export class HubSide {
  readonly #options: HubSideOptions;
  readonly #desk: HubDesk;
  readonly #link: HubLink | null;
  #server: HubServer | null = null;

  constructor(options: HubSideOptions) {
    const { config, chainId, secretSeed, journal, view, heightOf, share, draft, log } = options;
    this.#options = options;
    const desk = { chainId, terminal: config.terminal, secretSeed, journal, view, heightOf, share, draft };
    this.#desk = new HubDesk(desk);
    const { url } = config.hub;
    const linkLog = log.child({ part: 'hub-link' });
    const deadlineMs = config.deadlines.hubMs;
    this.#link =
      url === undefined
        ? null
        : new HubLink({
            ...options,
            terminal: config.terminal,
            epoch: config.epoch,
            url,
            deadlineMs,
            log: linkLog,
            heads: () => this.#heads(),
            onWelcome: (welcome) => this.#onWelcome(welcome),
          });
  }

  /** The desk, exactly when the ledger names this terminal as its store's hub. */
  get desk(): HubDesk | null {
    return this.#desk.hubEpoch === null ? null : this.#desk;
  }

  /** The link to the hub; null when this terminal is the hub or no address is configured. */
  get link(): HubLink | null {
    return this.#desk.hubEpoch === null ? this.#link : null;
  }

  /** Where this terminal listens as a hub; null when it does not. */
  get url(): string | null {
    return this.#server?.url ?? null;
  }

  /** Opens the listener and begins to look for the hub. */
  async start(): Promise<void> {
    const { config, log } = this.#options;
    const { listen } = config.hub;
    if (listen !== undefined) {
      const serverLog = log.child({ part: 'hub' });
      this.#server = await startHubServer({
        ...this.#options,
        terminal: config.terminal,
        desk: this.#desk,
        log: serverLog,
        listen,
      });
    }
    this.#link?.start();
  }

  async stop(): Promise<void> {
    await this.#link?.stop();
    await this.#server?.close();
  }

  #heads(): LaneHead[] {
    const { journal, config } = this.#options;
    return [0, 1].map((stream) => ({ epoch: config.epoch, ...journal.head(stream) }));
  }

  /** A hub's memory of this lane: an anchor for its journal, and claims that a crash may have left half done. */
  #onWelcome(welcome: Welcome): void {
    const { journal, config, view, store, log } = this.#options;
    if (!journal.anchored && journal.blockedBy === null) {
      for (const stream of [0, 1]) {
        const known = welcome.heads.find((head) => head.epoch === config.epoch && head.stream === stream);
        // No word is no anchor: only what the hub does remember can show that something was lost.
        if (known !== undefined) journal.compareWithAnchor(stream, known);
      }
    }
    for (const unit of welcome.reserved) {
      if (this.#link?.isAsking(unit)) continue;
      const claim = journal.claim(unit);
      if (claim === null) this.#link?.tell({ kind: 'release', unit });
      else if (claim.state === 'captured') {
        this.#link?.tell({ kind: 'captured', unit, timeLowMs: claim.atLowMs, timeHighMs: claim.atHighMs });
      }
    }
    log.info({ hub: readHub(view, store)?.terminal, reserved: welcome.reserved.length }, 'the hub is there');
  }
}
