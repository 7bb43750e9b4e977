/** `bizain region checkpoint make | sign | show`: a certified block that the operators vouch for with their offline keys. */
import type { Command } from 'commander';
import type { Genesis } from '#sync/wire/genesis';
import type { OperatorCheckpoint } from '#sync/wire/operator-checkpoint';
import {
  type AnswerOptions,
  addSignAndShow,
  fail,
  type OperatorFileView,
  showValue,
  withAnswerOptions,
} from './operator-file-command.ts';
import { wholeNumber } from './option-values.ts';
import { type WhichRegion, whichRegion, withRegionOptions } from './which-region.ts';

interface MakeOptions extends WhichRegion, AnswerOptions {
  readonly out: string;
  readonly store?: string;
  readonly timeoutMs: number;
}

const view: OperatorFileView<OperatorCheckpoint> = {
  file: async () => (await import('../region/operator-files.ts')).checkpointFile,
  texts: {
    block: {
      en: 'Checkpoint of region {region}: block {height} of {time}, epoch {epoch}.',
      zh: '区域 {region} 的检查点：区块 {height}，时间 {time}，周期 {epoch}。',
    },
    members: { en: 'Validators of its epoch, by name and key:', zh: '该周期的验证节点（名称与公钥）：' },
  },
  values: (_checkpoint, { chain }) => ({ epoch: chain.epoch }),
  validators: (_checkpoint, { chain }) => chain.validators,
};

async function fromStore(configFile: string): Promise<{ genesis: Genesis; checkpoint: OperatorCheckpoint }> {
  const { readValidatorConfig } = await import('#sync/validator/validator-config');
  const { readGenesis } = await import('../office/region-file.ts');
  const { checkpointFromStore } = await import('../region/make-checkpoint.ts');
  const config = readValidatorConfig(configFile);
  const genesis = readGenesis(config.genesis);
  const made = checkpointFromStore(genesis, config.stateDir);
  if (made.ok) return { genesis, checkpoint: made.value };
  return fail('OPERATOR_FILE', `The store in ${config.stateDir} gives no checkpoint (${made.reason}).`);
}

async function fromRegion(options: MakeOptions): Promise<{ genesis: Genesis; checkpoint: OperatorCheckpoint }> {
  const { genesis, pages, entryPoints } = await whichRegion(options);
  const { checkpointFromRegion } = await import('../region/make-checkpoint.ts');
  const { officeMachine } = await import('./office-machine.ts');
  const { timeoutMs } = options;
  const made = await checkpointFromRegion({ genesis, pages, entryPoints, timeoutMs, ...officeMachine('region') });
  if (made === null) {
    const tried = entryPoints.map(({ url }) => url).join(', ');
    return fail('REGION_UNREACHABLE', `No entry point answered within ${timeoutMs} ms (${tried}).`, true);
  }
  if (!made.ok) return fail('UNPROVED', `There is no checkpoint to be had: ${made.detail}. Ask again later.`, true);
  return { genesis, checkpoint: made.value };
}

async function make(options: MakeOptions): Promise<void> {
  const { writeFormatFile } = await import('#core/format-file');
  const { assertAbsent } = await import('../office/region-file.ts');
  assertAbsent(options.out, 'A checkpoint');
  const { genesis, checkpoint } = await (options.store === undefined ? fromRegion(options) : fromStore(options.store));
  writeFormatFile(options.out, (await view.file()).format, checkpoint);
  await showValue(view, genesis, checkpoint, options);
}

/** Adds the commands to `bizain region`. */
export function addRegionCheckpointCommand(region: Command): void {
  const checkpoint = region
    .command('checkpoint')
    .description('a certified block that the operators vouch for: make it, sign it offline, see who has signed');
  withAnswerOptions(
    withRegionOptions(
      checkpoint
        .command('make')
        .description('take the newest certified block, from the region or from the store of a stopped validator')
        .requiredOption('--out <file>', 'file to write; nothing is overwritten')
        .option('--store <file>', "configuration of a validator that does not run: take its store's newest block"),
    ).option('--timeout-ms <ms>', 'how long to wait for each validator', wholeNumber(100, 60_000), 3_000),
  ).action(make);
  addSignAndShow(checkpoint, view);
}
