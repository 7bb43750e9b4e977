/** A short visit to a region: a line that is up for the length of some questions. */
import { type Clock, withDeadline } from '#core/clock';
import type { Entropy } from '#core/entropy';
import type { Log } from '#core/log';
import type { AnyEntryPoint } from '#sync/outbox/entry-point';
import { RegionLine } from '#sync/outbox/region-line';
import { chainIdOf, type Genesis } from '#sync/wire/genesis';

/** Which region, and by which ways. */
export interface VisitOptions {
  readonly genesis: Genesis;
  readonly entryPoints: readonly AnyEntryPoint[];
  /** Milliseconds for the line to come up. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
}

/** Does the work with a connected line; null where none of the entry points answers in time. */
export async function visitRegion<T>(options: VisitOptions, work: (line: RegionLine) => Promise<T>): Promise<T | null> {
  const { genesis, entryPoints, clock, entropy, log } = options;
  if (entryPoints.length === 0) return null;
  const line = new RegionLine({
    chainId: chainIdOf(genesis),
    validatorCount: genesis.validators.length,
    account: 'admin',
    clientName: `visitor-${Buffer.from(entropy.bytes(8)).toString('hex')}`,
    entryPoints,
    clock,
    entropy,
    log,
  });
  const up = new Promise<void>((resolve) => line.on('up', resolve));
  line.start();
  try {
    const connected = await withDeadline(clock, up, options.timeoutMs);
    return connected.ok ? await work(line) : null;
  } finally {
    await line.stop();
  }
}
