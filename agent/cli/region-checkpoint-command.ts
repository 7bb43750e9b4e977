/** `bizain region checkpoint make | sign | show`: a certified block that the operators vouch for with their offline keys. */
import type { Command } from 'commander';
import type { CheckpointContent } from '#sync/light-client/operator-word';
import type { Genesis } from '#sync/wire/genesis';
import type { OperatorCheckpoint } from '#sync/wire/operator-checkpoint';
import type { OfficeErrorCode } from '../office/errors.ts';
import type { CliErrorCode } from './errors.ts';
import { exitCode } from './exit-code.ts';
import { type Bilingual, filled, type Language, languageOf, languageOption } from './language.ts';
import { wholeNumber } from './option-values.ts';
import { writeAnswer } from './output.ts';
import { type WhichRegion, whichRegion, withRegionOptions } from './which-region.ts';

interface AnswerOptions {
  readonly lang?: Language;
  readonly json?: true;
}

interface MakeOptions extends WhichRegion, AnswerOptions {
  readonly out: string;
  readonly store?: string;
  readonly timeoutMs: number;
}

interface FileOptions extends AnswerOptions {
  readonly genesis: string;
}

interface SignOptions extends FileOptions {
  readonly key: string;
}

const texts = {
  block: {
    en: 'Checkpoint of region {region}: block {height} of {time}, epoch {epoch}.',
    zh: '区域 {region} 的检查点：区块 {height}，时间 {time}，周期 {epoch}。',
  },
  hash: { en: 'Block hash:  {hash}', zh: '区块哈希：{hash}' },
  result: { en: 'Result root: {hash}', zh: '结果根：  {hash}' },
  members: { en: 'Validators of its epoch, by name and key:', zh: '该周期的验证节点（名称与公钥）：' },
  signed: {
    en: 'Signed by {count} of {of} operators ({who}); {threshold} are needed.',
    zh: '{of} 位运营者中已有 {count} 位签名（{who}）；需要 {threshold} 位。',
  },
  nobody: { en: 'nobody', zh: '无' },
  enough: { en: 'ENOUGH: terminals believe it.', zh: '签名足够：终端会接受。' },
  tooFew: {
    en: 'NOT ENOUGH: compare hash and result root with the other operators, then sign.',
    zh: '签名不足：请先与其他运营者核对区块哈希与结果根，再签名。',
  },
} as const satisfies Readonly<Record<string, Bilingual>>;

async function fail(code: CliErrorCode | OfficeErrorCode, message: string, retryable = false): Promise<never> {
  const { BizainError } = await import('#core/errors');
  throw new BizainError({ code, message, retryable });
}

function linesOf(
  genesis: Genesis,
  { certificate }: OperatorCheckpoint,
  { chain, signedBy }: CheckpointContent,
  language: Language,
): string[] {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  const { header, certificate: votes } = certificate.lightBlock;
  const { threshold, publicKeys } = genesis.operators;
  const who = signedBy.map((operator) => operator + 1).join(', ') || texts.nobody[language];
  const time = new Date(header.timeMs).toISOString();
  return [
    filled(texts.block[language], { region: genesis.region, height: header.height, time, epoch: chain.epoch }),
    filled(texts.hash[language], { hash: hex(votes.blockHash) }),
    filled(texts.result[language], { hash: hex(votes.resultRoot) }),
    texts.members[language],
    ...chain.validators.map(({ name, publicKey }) => `  ${name} ${hex(publicKey)}`),
    filled(texts.signed[language], { count: signedBy.length, of: publicKeys.length, who, threshold }),
    texts[signedBy.length >= threshold ? 'enough' : 'tooFew'][language],
  ];
}

/** Prints what is in a checkpoint that holds together; throws `OPERATOR_FILE` for another. True where enough have signed. */
async function show(genesis: Genesis, checkpoint: OperatorCheckpoint, options: AnswerOptions): Promise<boolean> {
  const { readCheckpoint } = await import('#sync/light-client/operator-word');
  const { toHex } = await import('#core/bytes');
  const read = readCheckpoint(genesis, checkpoint);
  if (!read.ok) {
    const why = [read.reason, read.detail].filter(Boolean).join(': ');
    return fail('OPERATOR_FILE', `This checkpoint does not hold together (${why}). Sign it not; make it anew.`);
  }
  const { chain, signedBy } = read.value;
  const { header, certificate: votes } = checkpoint.certificate.lightBlock;
  const enough = signedBy.length >= genesis.operators.threshold;
  const answer = {
    region: genesis.region,
    height: header.height,
    timeMs: header.timeMs,
    epoch: chain.epoch,
    blockHash: toHex(votes.blockHash),
    resultRoot: toHex(votes.resultRoot),
    validators: chain.validators.map(({ name, publicKey }) => ({ name, publicKey: toHex(publicKey) })),
    signedBy: signedBy.map((operator) => operator + 1),
    threshold: genesis.operators.threshold,
    enough,
  };
  await writeAnswer(options.json === true, answer, () =>
    linesOf(genesis, checkpoint, read.value, options.lang ?? languageOf(process.env)),
  );
  return enough;
}

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
  const { writeCheckpointFile } = await import('../region/checkpoint-file.ts');
  const { assertAbsent } = await import('../office/region-file.ts');
  assertAbsent(options.out, 'A checkpoint');
  const { genesis, checkpoint } = await (options.store === undefined ? fromRegion(options) : fromStore(options.store));
  writeCheckpointFile(options.out, checkpoint);
  await show(genesis, checkpoint, options);
}

async function open(file: string, genesisFile: string): Promise<{ genesis: Genesis; checkpoint: OperatorCheckpoint }> {
  const { readGenesis } = await import('../office/region-file.ts');
  const { readCheckpointFile } = await import('../region/checkpoint-file.ts');
  const genesis = readGenesis(genesisFile);
  const read = readCheckpointFile(file);
  if (read.ok) return { genesis, checkpoint: read.value };
  return fail('FILE_UNUSABLE', `Reading the checkpoint ${file} failed: ${read.detail}. Check the path.`);
}

async function sign(file: string, options: SignOptions): Promise<void> {
  const { readKeyFile } = await import('#core/atomic-file');
  const { publicKeyOf } = await import('#core/ed25519');
  const { readCheckpoint } = await import('#sync/light-client/operator-word');
  const { signedByOperator } = await import('../region/make-checkpoint.ts');
  const { writeCheckpointFile } = await import('../region/checkpoint-file.ts');
  const { genesis, checkpoint } = await open(file, options.genesis);
  const secretSeed = readKeyFile(options.key);
  const whole = readCheckpoint(genesis, checkpoint);
  const signed = whole.ok
    ? signedByOperator(genesis, checkpoint, { secretSeed, publicKey: publicKeyOf(secretSeed) })
    : whole;
  if (!signed.ok) {
    const why = [signed.reason, signed.detail].filter(Boolean).join(': ');
    return fail('OPERATOR_FILE', `${file} is not signed (${why}). Check the file, the key and the genesis.`);
  }
  writeCheckpointFile(file, signed.value);
  await show(genesis, signed.value, options);
}

async function showFile(file: string, options: FileOptions): Promise<void> {
  const { genesis, checkpoint } = await open(file, options.genesis);
  if (!(await show(genesis, checkpoint, options))) process.exitCode = exitCode.no;
}

/** Adds the commands to `bizain region`. */
export function addRegionCheckpointCommand(region: Command): void {
  const checkpoint = region
    .command('checkpoint')
    .description('a certified block that the operators vouch for: make it, sign it offline, see who has signed');
  withRegionOptions(
    checkpoint
      .command('make')
      .description('take the newest certified block, from the region or from the store of a stopped validator')
      .requiredOption('--out <file>', 'file to write; nothing is overwritten')
      .option('--store <file>', "configuration of a validator that does not run: take its store's newest block"),
  )
    .option('--timeout-ms <ms>', 'how long to wait for each validator', wholeNumber(100, 60_000), 3_000)
    .addOption(languageOption())
    .option('--json', 'answer as one line of JSON')
    .action(make);
  checkpoint
    .command('sign')
    .description("add an operator's signature; needs no network")
    .argument('<file>', 'the checkpoint; it is written again with the signature')
    .requiredOption('--genesis <file>', "the region's genesis file")
    .requiredOption('--key <file>', "the operator's key file, mode 0600")
    .addOption(languageOption())
    .option('--json', 'answer as one line of JSON')
    .action(sign);
  checkpoint
    .command('show')
    .description('what is in it and who has signed; exit code 0 when enough have, 1 when not')
    .argument('<file>', 'the checkpoint')
    .requiredOption('--genesis <file>', "the region's genesis file")
    .addOption(languageOption())
    .option('--json', 'answer as one line of JSON')
    .action(showFile);
}
