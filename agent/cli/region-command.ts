/** `bizain region init`: keys, genesis and one folder a validator. */
import type { Command } from 'commander';
import { BizainError } from '#core/errors';
import { type Operators, operatorsMax } from '#sync/wire/genesis';
import type { CliErrorCode } from './errors.ts';
import { brokerUrl, collected, matching, wholeNumber } from './option-values.ts';
import { writeAnswer } from './output.ts';
import { addRegionCheckpointCommand } from './region-checkpoint-command.ts';
import { addRegionLeafCommand } from './region-leaf-command.ts';
import { addRegionRecoveryCommand } from './region-recovery-command.ts';
import { addRegionScheduleCommand } from './region-schedule-command.ts';
import { addRegionStatusCommand } from './region-status-command.ts';
import { addRegionValidatorCommand } from './region-validator-command.ts';

const publicKeyHex = matching(/^[0-9a-f]{64}$/, 'a public key: 64 hex characters');

interface RegionInitOptions {
  readonly dir: string;
  readonly region: string;
  readonly validators: number;
  readonly host?: readonly string[];
  readonly basePort: number;
  readonly httpsBasePort?: number;
  readonly broker?: readonly string[];
  readonly heartbeatMs: number;
  readonly checkpointMs: number;
  readonly operator?: readonly string[];
  readonly operatorThreshold?: number;
  readonly trial?: true;
  readonly json?: true;
}

function operatorsOf({ operator, operatorThreshold }: RegionInitOptions): Operators | undefined {
  if (operator === undefined) {
    if (operatorThreshold === undefined) return undefined;
    const code: CliErrorCode = 'USAGE';
    throw new BizainError({ code, message: 'Give the public keys with --operator, once for each.' });
  }
  const threshold = operatorThreshold ?? Math.floor(operator.length / 2) + 1;
  return { threshold, publicKeys: operator.map((hex) => Uint8Array.from(Buffer.from(hex, 'hex'))) };
}

async function initRegion(options: RegionInitOptions): Promise<void> {
  const { createRegion } = await import('../office/region-setup.ts');
  const { systemClock } = await import('#core/clock');
  const { systemEntropy } = await import('#core/entropy');
  const operators = operatorsOf(options);
  const created = createRegion({
    ...(operators === undefined ? {} : { operators }),
    folder: options.dir,
    name: options.region,
    validators: options.validators,
    peerHost: options.host?.[0] ?? '127.0.0.1',
    ...(options.host === undefined ? {} : { peerHosts: options.host }),
    peerPortBase: options.basePort,
    ...(options.httpsBasePort === undefined ? {} : { httpsPortBase: options.httpsBasePort }),
    brokers: (options.broker ?? ['mqtt://127.0.0.1:1883']).map((url) => ({ url })),
    heartbeatMs: options.heartbeatMs,
    checkpointMs: options.checkpointMs,
    allowVolatileState: options.trial === true,
    clock: systemClock,
    entropy: systemEntropy,
  });
  await writeAnswer(options.json === true, created, () => [
    `Region ${options.region} is in ${created.folder}. Keep admin.key safe: it is the only one.`,
    ...(created.operatorKeyFiles.length === 0
      ? []
      : [
          `Take the operators' keys offline now, each to a person of its own; two of three speak for the region in an emergency:`,
          ...created.operatorKeyFiles.map((file) => `  ${file}`),
        ]),
    'Start a broker and the validators (each on its machine; its folder holds all that it needs):',
    ...created.validators.map(({ configPath }) => `  bizain validator --config ${configPath}`),
  ]);
}

/** Adds the command. */
export function addRegionCommand(program: Command): void {
  const region = program.command('region').description('set up a region and see how it is');
  region
    .command('init')
    .description('make keys, genesis and configuration of a region; nothing is overwritten')
    .requiredOption('--dir <folder>', 'folder to make')
    .requiredOption(
      '--region <name>',
      'name of the region',
      matching(/^[a-z0-9][a-z0-9-]{0,31}$/, 'lower-case letters, digits, hyphens'),
    )
    .option('--validators <count>', '4 to 16', wholeNumber(4, 16), 4)
    .option(
      '--host <host>',
      'where the validators reach each other (default 127.0.0.1): once for all, or once for each in order',
      collected,
    )
    .option('--base-port <port>', 'port of the first validator; the others follow', wholeNumber(1, 65_500), 7_400)
    .option(
      '--https-base-port <port>',
      'port of the first validator for terminals by HTTPS; left out: by brokers only',
      wholeNumber(1, 65_500),
    )
    .option(
      '--broker <url>',
      'MQTT broker; may be given several times (default mqtt://127.0.0.1:1883)',
      (text: string, before?: readonly string[]) => collected(brokerUrl(text), before),
    )
    .option('--heartbeat-ms <ms>', 'an idle region makes a block this often', wholeNumber(100, 600_000), 10_000)
    .option(
      '--checkpoint-ms <ms>',
      'snapshots, and merged changes of series and batches, this often',
      wholeNumber(1_000, 600_000),
      30_000,
    )
    .option(
      '--operator <key>',
      'public key, in hex, of an operator who signs checkpoints; once for each (default: three keys are made)',
      (text: string, before?: readonly string[]) => collected(publicKeyHex(text), before),
    )
    .option(
      '--operator-threshold <count>',
      'operators who must sign together (default: more than half)',
      wholeNumber(1, operatorsMax),
    )
    .option('--trial', 'accept state folders that a power cut wipes')
    .option('--json', 'answer as one line of JSON')
    .action(initRegion);
  addRegionStatusCommand(region);
  addRegionScheduleCommand(region);
  addRegionLeafCommand(region);
  addRegionCheckpointCommand(region);
  addRegionRecoveryCommand(region);
  addRegionValidatorCommand(region);
}
