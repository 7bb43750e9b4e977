// The part that all scanners on a re-openable link share: keeper, outlet, state. A transport only says how to open.

import { LinkKeeper, type OpenLink } from './link-keeper.ts';
import type { Scan } from './scan.ts';
import { type DriverContext, ScanOutlet } from './scan-outlet.ts';
import type { Scanner, ScannerFault, ScannerHealth } from './scanner.ts';

/** A scanner whose link is kept up by a LinkKeeper. */
export class LinkedScanner implements Scanner {
  readonly name: string;
  readonly #outlet: ScanOutlet;
  readonly #keeper: LinkKeeper;

  /** `openLink` gets the outlet to deliver to and what to call when the link ends by itself. */
  constructor(
    name: string,
    context: DriverContext,
    openLink: (outlet: ScanOutlet, lost: (why: string) => void) => ReturnType<OpenLink>,
  ) {
    this.name = name;
    const outlet = new ScanOutlet(name, context);
    this.#outlet = outlet;
    this.#keeper = new LinkKeeper({
      clock: context.clock,
      open: (lost) => openLink(outlet, lost),
      listener: {
        opened: (endpoint) => outlet.enter('open', endpoint),
        failed: (why) => {
          outlet.enter('waiting');
          outlet.fault('OPEN_FAILED', why);
        },
        lost: (why) => {
          outlet.enter('waiting');
          outlet.fault('LINK_LOST', why);
        },
      },
    });
  }

  async open(): Promise<void> {
    this.#outlet.enter('waiting');
    await this.#keeper.start();
  }

  async close(): Promise<void> {
    this.#outlet.enter('closed');
    await this.#keeper.stop();
  }

  onScan(listener: (scan: Scan) => void): void {
    this.#outlet.onScan(listener);
  }

  onFault(listener: (fault: ScannerFault) => void): void {
    this.#outlet.onFault(listener);
  }

  health(): ScannerHealth {
    return this.#outlet.health();
  }
}
