/** `bizain region leaf`: one object of the ledger, or its absence, proved by the region's validators. */
import type { Command } from 'commander';
import type { FoundObject } from '#sync/outbox/region-questions';
import type { OfficeErrorCode } from '../office/errors.ts';
import type { CliErrorCode } from './errors.ts';
import { exitCode } from './exit-code.ts';
import { wholeNumber } from './option-values.ts';
import { writeAnswer } from './output.ts';
import { type WhichRegion, whichRegion, withRegionOptions } from './which-region.ts';

interface LeafOptions extends WhichRegion {
  readonly timeoutMs: number;
  readonly json?: true;
}

function answerOf(found: FoundObject): object {
  return found.kind === 'absent' ? found : { ...found, value: Buffer.from(found.value).toString('hex') };
}

async function regionLeaf(shard: string, key: string, options: LeafOptions): Promise<void> {
  const { genesis, pages, entryPoints } = await whichRegion(options);
  const { BizainError } = await import('#core/errors');
  const { systemClock: clock } = await import('#core/clock');
  const { systemEntropy: entropy } = await import('#core/entropy');
  const { createLog } = await import('#core/log');
  const { LightClient } = await import('#sync/light-client/light-client');
  const { visitRegion } = await import('../region/visit-region.ts');
  const { findObject } = await import('#sync/outbox/region-questions');
  const log = createLog({ level: 'silent', name: 'region' });
  const light = new LightClient(genesis);
  for (const page of pages) light.refound(page);
  const { timeoutMs } = options;
  const found = await visitRegion({ genesis, entryPoints, timeoutMs, clock, entropy, log }, (line) =>
    findObject({ line, light, timeoutMs }, { shard, key }),
  );
  if (found === null || !found.ok) {
    const code: CliErrorCode | OfficeErrorCode = found === null ? 'REGION_UNREACHABLE' : 'UNPROVED';
    const message =
      found === null
        ? `No entry point of the region answered within ${timeoutMs} ms (${entryPoints.map(({ url }) => url).join(', ')}).`
        : `The ${found.detail}. Ask again when more validators answer.`;
    throw new BizainError({ code, message, retryable: true });
  }
  const { value } = found;
  await writeAnswer(options.json === true, { shard, key, ...answerOf(value) }, () =>
    value.kind === 'present'
      ? [
          `${key} of shard ${shard} after block ${value.height} (${new Date(value.timeMs).toISOString()}), proved:`,
          Buffer.from(value.value).toString('hex'),
        ]
      : [`There is no ${key} in shard ${shard} after block ${value.height}: signed by ${value.by.join(', ')}.`],
  );
  if (value.kind === 'absent') process.exitCode = exitCode.no;
}

/** Adds the command to `bizain region`. */
export function addRegionLeafCommand(region: Command): void {
  withRegionOptions(
    region
      .command('leaf')
      .description('one object of the ledger with proof, in hex, or that there is none')
      .argument('<shard>', 'e.g. r, s/<gln>, c/<gcn>')
      .argument('<key>', 'e.g. account/admin'),
  )
    .option('--timeout-ms <ms>', 'how long to wait for each validator', wholeNumber(100, 60_000), 3_000)
    .option('--json', 'answer as one line of JSON')
    .action(regionLeaf);
}
