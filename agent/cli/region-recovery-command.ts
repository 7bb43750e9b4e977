/** `bizain region recovery make | sign | show`: the page on which operators found a region anew that has lost its quorum for ever. */
import { type Command, InvalidArgumentError } from 'commander';
import type { ValidatorInfo } from '#sync/wire/genesis';
import type { RecoveryPage } from '#sync/wire/recovery-page';
import {
  type AnswerOptions,
  addSignAndShow,
  fail,
  type OperatorFileView,
  openValue,
  showValue,
  withAnswerOptions,
} from './operator-file-command.ts';

interface MakeOptions extends AnswerOptions {
  readonly genesis: string;
  readonly checkpoint: string;
  readonly validator: readonly ValidatorInfo[];
  readonly out: string;
}

const view: OperatorFileView<RecoveryPage> = {
  file: async () => (await import('../region/operator-files.ts')).recoveryFile,
  texts: {
    block: {
      en: 'Era {era} of region {region} begins after block {height} of {time}.',
      zh: '区域 {region} 的第 {era} 纪元从区块 {height}（{time}）之后开始。',
    },
    members: { en: 'Its validators, by name and key:', zh: '新的验证节点（名称与公钥）：' },
    warning: {
      en: 'WHAT WAS FINAL AFTER BLOCK {height} IS LOST, receipts included. Sign only if no disk and no terminal has a later certified block, and never two pages of one era.',
      zh: '区块 {height} 之后已最终确认的内容（含回执）将全部丢失。请确认任何磁盘和终端都没有更高的已认证区块后再签名；同一纪元绝不可签署两份。',
    },
  },
  values: ({ era }) => ({ era }),
  validators: ({ validators }) => validators,
};

function validatorOf(text: string): ValidatorInfo {
  const [, name, hex] = /^([a-z0-9][a-z0-9._-]{0,31})=([0-9a-f]{64})$/.exec(text) ?? [];
  if (name === undefined || hex === undefined)
    throw new InvalidArgumentError('Give a validator as v5=64 HEX CHARACTERS.');
  return { name, publicKey: Uint8Array.from(Buffer.from(hex, 'hex')) };
}

async function make(options: MakeOptions): Promise<void> {
  const { readGenesis, assertAbsent } = await import('../office/region-file.ts');
  const { checkpointFile, pageAfter, recoveryFile } = await import('../region/operator-files.ts');
  const { writeFormatFile } = await import('#core/format-file');
  const { faultText } = await import('#core/result');
  assertAbsent(options.out, 'A recovery page');
  const genesis = readGenesis(options.genesis);
  const page = pageAfter(genesis, await openValue(checkpointFile, options.checkpoint), options.validator);
  if (!page.ok) return fail('OPERATOR_FILE', `No recovery page can be made of this (${faultText(page)}).`);
  writeFormatFile(options.out, recoveryFile.format, page.value);
  await showValue(view, genesis, page.value, options);
}

/** Adds the commands to `bizain region`. */
export function addRegionRecoveryCommand(region: Command): void {
  const recovery = region
    .command('recovery')
    .description('found a region anew that has lost its quorum for ever: the page that its operators sign offline');
  withAnswerOptions(recovery.command('make').description('make the page from a checkpoint, signed or not'))
    .requiredOption('--genesis <file>', "the region's genesis file")
    .requiredOption('--checkpoint <file>', 'the last block that counts: see `region checkpoint make`')
    .requiredOption(
      '--validator <name=key>',
      'a new validator, its name and key new to the region; once for each, 4 to 16',
      (text: string, before?: readonly ValidatorInfo[]) => [...(before ?? []), validatorOf(text)],
    )
    .requiredOption('--out <file>', 'file to write; nothing is overwritten')
    .action(make);
  addSignAndShow(recovery, view);
}
