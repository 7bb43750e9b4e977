/** Starts one terminal of a store: journal, shards, line, outbox, hub, scanners and checkout, wired together. */
import { join } from 'node:path';
import { assert } from '#core/assert';
import { readKeyFile } from '#core/atomic-file';
import type { Clock } from '#core/clock';
import type { Entropy } from '#core/entropy';
import type { Log } from '#core/log';
import { terminalParts } from '#ledger/ids';
import { chainIdOf } from '#sync/wire/genesis';
import type { TerminalConfig } from './config/terminal-config.ts';
import { openJournal } from './journal/journal.ts';
import { readGenesis } from './office/region-file.ts';
import { RunningTerminal } from './running-terminal.ts';
import type { Terminal } from './terminal-face.ts';

export type { ScanInput, Terminal } from './terminal-face.ts';

/** What a terminal takes from outside. */
export interface TerminalContext {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
}

/**
 * Starts a terminal and returns once it can judge scans from what it has: it does not wait for the line (`ready` does).
 * Reservations that an earlier run left open are released first.
 * @throws BizainError codes of the key file, the genesis, the journal (JOURNAL_*), the hub's listener (HUB_PORT_TAKEN) and
 * the scanner profiles.
 */
export async function startTerminal(config: TerminalConfig, context: TerminalContext): Promise<Terminal> {
  const genesis = readGenesis(config.genesis);
  const chainId = chainIdOf(genesis);
  const secretSeed = readKeyFile(config.keyFile);
  const parts = terminalParts(config.terminal);
  assert(parts !== null, 'the schema lets only terminals through');
  const log = context.log.child({ terminal: config.terminal });
  const journal = openJournal({
    path: join(config.stateDir, 'journal.db'),
    chainId,
    account: config.terminal,
    epoch: config.epoch,
    secretSeed,
    log,
    allowVolatile: config.allowVolatileState,
  });
  let terminal: RunningTerminal;
  try {
    terminal = new RunningTerminal({
      ...context,
      log,
      config,
      genesis,
      chainId,
      store: parts.store,
      secretSeed,
      journal,
    });
  } catch (error) {
    journal.close();
    throw error;
  }
  try {
    await terminal.start();
  } catch (error) {
    await terminal.stop();
    throw error;
  }
  return terminal;
}
