/** `bizain region recovery make | sign | show`: the page on which operators found a region anew that has lost its quorum for ever. */
import { type Command, InvalidArgumentError } from 'commander';
import type { Genesis, ValidatorInfo } from '#sync/wire/genesis';
import type { RecoveryPage } from '#sync/wire/recovery-page';
import type { CliErrorCode } from './errors.ts';
import { exitCode } from './exit-code.ts';
import { type Bilingual, filled, type Language, languageOf, languageOption } from './language.ts';
import { writeAnswer } from './output.ts';

interface PageOptions {
  readonly genesis: string;
  readonly lang?: Language;
  readonly json?: true;
}

interface MakeOptions extends PageOptions {
  readonly checkpoint: string;
  readonly validator: readonly ValidatorInfo[];
  readonly out: string;
}

interface SignOptions extends PageOptions {
  readonly key: string;
}

const texts = {
  block: {
    en: 'Era {era} of region {region} begins after block {height} of {time}.',
    zh: '区域 {region} 的第 {era} 纪元从区块 {height}（{time}）之后开始。',
  },
  hash: { en: 'Block hash:  {hash}', zh: '区块哈希：{hash}' },
  result: { en: 'Result root: {hash}', zh: '结果根：  {hash}' },
  members: { en: 'Its validators, by name and key:', zh: '新的验证节点（名称与公钥）：' },
  lost: {
    en: 'WHAT WAS FINAL AFTER BLOCK {height} IS LOST, receipts included. Sign only if no disk and no terminal has a later certified block, and never two pages of one era.',
    zh: '区块 {height} 之后已最终确认的内容（含回执）将全部丢失。请确认任何磁盘和终端都没有更高的已认证区块后再签名；同一纪元绝不可签署两份。',
  },
  signed: {
    en: 'Signed by {count} of {of} operators ({who}); {threshold} are needed.',
    zh: '{of} 位运营者中已有 {count} 位签名（{who}）；需要 {threshold} 位。',
  },
  nobody: { en: 'nobody', zh: '无' },
} as const satisfies Readonly<Record<string, Bilingual>>;

async function fail(code: CliErrorCode, message: string): Promise<never> {
  const { BizainError } = await import('#core/errors');
  throw new BizainError({ code, message });
}

function whyOf({ reason, detail }: { readonly reason: string; readonly detail?: string }): string {
  return detail === undefined ? reason : `${reason}: ${detail}`;
}

function validatorOf(text: string): ValidatorInfo {
  const [, name, hex] = /^([a-z0-9][a-z0-9._-]{0,31})=([0-9a-f]{64})$/.exec(text) ?? [];
  if (name === undefined || hex === undefined)
    throw new InvalidArgumentError('Give a validator as v5=64 HEX CHARACTERS.');
  return { name, publicKey: Uint8Array.from(Buffer.from(hex, 'hex')) };
}

/** Prints what is in a page that holds together; throws `OPERATOR_FILE` for another. True where enough have signed. */
async function show(genesis: Genesis, page: RecoveryPage, options: PageOptions): Promise<boolean> {
  const { readRecovery } = await import('#sync/light-client/operator-word');
  const { toHex } = await import('#core/bytes');
  const read = readRecovery(genesis, page);
  if (!read.ok)
    return fail('OPERATOR_FILE', `This recovery page does not hold together (${whyOf(read)}). Make it anew.`);
  const { signedBy } = read.value;
  const { header, certificate: votes } = page.certificate.lightBlock;
  const { threshold, publicKeys } = genesis.operators;
  const { height } = header;
  const signers = signedBy.map((operator) => operator + 1);
  const hashes = { blockHash: toHex(votes.blockHash), resultRoot: toHex(votes.resultRoot) };
  const validators = page.validators.map(({ name, publicKey }) => ({ name, publicKey: toHex(publicKey) }));
  const enough = signedBy.length >= threshold;
  const answer = { region: genesis.region, era: page.era, height, ...hashes, validators, signedBy: signers, enough };
  const language = options.lang ?? languageOf(process.env);
  const time = new Date(header.timeMs).toISOString();
  const who = signers.join(', ') || texts.nobody[language];
  await writeAnswer(options.json === true, answer, () => [
    filled(texts.block[language], { region: genesis.region, era: page.era, height, time }),
    filled(texts.hash[language], { hash: hashes.blockHash }),
    filled(texts.result[language], { hash: hashes.resultRoot }),
    texts.members[language],
    ...validators.map(({ name, publicKey }) => `  ${name} ${publicKey}`),
    filled(texts.lost[language], { height }),
    filled(texts.signed[language], { count: signers.length, of: publicKeys.length, who, threshold }),
  ]);
  return enough;
}

async function open(file: string, genesisFile: string): Promise<{ genesis: Genesis; page: RecoveryPage }> {
  const { readGenesis } = await import('../office/region-file.ts');
  const { readPageFile } = await import('../region/recovery-file.ts');
  const genesis = readGenesis(genesisFile);
  const read = readPageFile(file);
  if (read.ok) return { genesis, page: read.value };
  return fail('FILE_UNUSABLE', `Reading the recovery page ${file} failed: ${read.detail}. Check the path.`);
}

async function make(options: MakeOptions): Promise<void> {
  const { readGenesis, assertAbsent } = await import('../office/region-file.ts');
  const { readCheckpointFile } = await import('../region/checkpoint-file.ts');
  const { pageAfter, writePageFile } = await import('../region/recovery-file.ts');
  assertAbsent(options.out, 'A recovery page');
  const genesis = readGenesis(options.genesis);
  const checkpoint = readCheckpointFile(options.checkpoint);
  if (!checkpoint.ok) return fail('FILE_UNUSABLE', `Reading ${options.checkpoint} failed: ${whyOf(checkpoint)}.`);
  const page = pageAfter(genesis, checkpoint.value, options.validator);
  if (!page.ok) return fail('OPERATOR_FILE', `No recovery page can be made of this (${whyOf(page)}).`);
  writePageFile(options.out, page.value);
  await show(genesis, page.value, options);
}

async function sign(file: string, options: SignOptions): Promise<void> {
  const { readKeyFile } = await import('#core/atomic-file');
  const { publicKeyOf } = await import('#core/ed25519');
  const { pageSignedBy, writePageFile } = await import('../region/recovery-file.ts');
  const { genesis, page } = await open(file, options.genesis);
  const secretSeed = readKeyFile(options.key);
  const signed = pageSignedBy(genesis, page, { secretSeed, publicKey: publicKeyOf(secretSeed) });
  if (!signed.ok)
    return fail('OPERATOR_FILE', `${file} is not signed (${whyOf(signed)}). Check the file, the key and the genesis.`);
  writePageFile(file, signed.value);
  await show(genesis, signed.value, options);
}

async function showFile(file: string, options: PageOptions): Promise<void> {
  const { genesis, page } = await open(file, options.genesis);
  if (!(await show(genesis, page, options))) process.exitCode = exitCode.no;
}

/** Adds the commands to `bizain region`. */
export function addRegionRecoveryCommand(region: Command): void {
  const recovery = region
    .command('recovery')
    .description('found a region anew that has lost its quorum for ever: the page that its operators sign offline');
  const page = (command: Command): Command =>
    command
      .requiredOption('--genesis <file>', "the region's genesis file")
      .addOption(languageOption())
      .option('--json', 'answer as one line of JSON');
  page(recovery.command('make').description('make the page from a checkpoint, signed or not'))
    .requiredOption('--checkpoint <file>', 'the last block that counts: see `region checkpoint make`')
    .requiredOption(
      '--validator <name=key>',
      'a new validator, its name and key new to the region; once for each, 4 to 16',
      (text: string, before?: readonly ValidatorInfo[]) => [...(before ?? []), validatorOf(text)],
    )
    .requiredOption('--out <file>', 'file to write; nothing is overwritten')
    .action(make);
  page(
    recovery
      .command('sign')
      .description("add an operator's signature; needs no network")
      .argument('<file>', 'the page'),
  )
    .requiredOption('--key <file>', "the operator's key file, mode 0600")
    .action(sign);
  page(
    recovery
      .command('show')
      .description('what is in it and who has signed; exit code 0 when enough have, 1 when not')
      .argument('<file>', 'the page'),
  ).action(showFile);
}
