/** `sign` and `show` of what operators sign offline: the same for a checkpoint and for a recovery page but for what is in it. */
import type { Command } from 'commander';
import type { CheckpointContent } from '#sync/light-client/operator-word';
import type { EpochCertificate } from '#sync/wire/gateway-message';
import type { Genesis, ValidatorInfo } from '#sync/wire/genesis';
import type { OperatorSignature } from '#sync/wire/operator-checkpoint';
import type { OfficeErrorCode } from '../office/errors.ts';
import type { OperatorFile } from '../region/operator-files.ts';
import type { CliErrorCode } from './errors.ts';
import { exitCode } from './exit-code.ts';
import { type Bilingual, filled, type Language, languageOf, languageOption } from './language.ts';
import { writeAnswer } from './output.ts';

/** How to answer. */
export interface AnswerOptions {
  readonly lang?: Language;
  readonly json?: true;
}

interface FileOptions extends AnswerOptions {
  readonly genesis: string;
}

interface SignOptions extends FileOptions {
  readonly key: string;
}

type Signed = { readonly certificate: EpochCertificate; readonly signatures: readonly OperatorSignature[] };
type Values = Readonly<Record<string, string | number>>;

/** What is peculiar to one of them. Texts are filled with `region`, `height`, `time` and what `values` gives. */
export interface OperatorFileView<T> {
  file(): Promise<OperatorFile<T>>;
  readonly texts: Readonly<Record<'block' | 'members', Bilingual>> & { readonly warning?: Bilingual };
  /** Beside what both have, for the text and for the answer as JSON. */
  values(value: T, content: CheckpointContent): Values;
  validators(value: T, content: CheckpointContent): readonly ValidatorInfo[];
}

const texts = {
  hash: { en: 'Block hash:  {hash}', zh: '区块哈希：{hash}' },
  result: { en: 'Result root: {hash}', zh: '结果根：  {hash}' },
  signed: {
    en: 'Signed by {count} of {of} operators ({who}); {threshold} are needed.',
    zh: '{of} 位运营者中已有 {count} 位签名（{who}）；需要 {threshold} 位。',
  },
  nobody: { en: 'nobody', zh: '无' },
  enough: { en: 'ENOUGH: it is believed.', zh: '签名足够：将被接受。' },
  tooFew: {
    en: 'NOT ENOUGH: compare hash and result root with the other operators, then sign.',
    zh: '签名不足：请先与其他运营者核对区块哈希与结果根，再签名。',
  },
} as const satisfies Readonly<Record<string, Bilingual>>;

/** Throws a `BizainError`. */
export async function fail(code: CliErrorCode | OfficeErrorCode, message: string, retryable = false): Promise<never> {
  const { BizainError } = await import('#core/errors');
  throw new BizainError({ code, message, retryable });
}

/** Prints what is in a value that holds together; throws `OPERATOR_FILE` for another. True where enough have signed. */
export async function showValue<T extends Signed>(
  view: OperatorFileView<T>,
  genesis: Genesis,
  value: T,
  options: AnswerOptions,
): Promise<boolean> {
  const { toHex } = await import('#core/bytes');
  const { faultText } = await import('#core/result');
  const file = await view.file();
  const read = file.read(genesis, value);
  if (!read.ok)
    return fail('OPERATOR_FILE', `This ${file.name} does not hold together (${faultText(read)}). Make it anew.`);
  const { header, certificate: votes } = value.certificate.lightBlock;
  const { threshold, publicKeys } = genesis.operators;
  const signedBy = read.value.signedBy.map((operator) => operator + 1);
  const enough = signedBy.length >= threshold;
  const { height, timeMs } = header;
  const blockHash = toHex(votes.blockHash);
  const resultRoot = toHex(votes.resultRoot);
  const members = view
    .validators(value, read.value)
    .map((one) => ({ name: one.name, publicKey: toHex(one.publicKey) }));
  const own = view.values(value, read.value);
  const { region } = genesis;
  const answer = {
    region,
    height,
    timeMs,
    ...own,
    blockHash,
    resultRoot,
    validators: members,
    signedBy,
    threshold,
    enough,
  };
  const language = options.lang ?? languageOf(process.env);
  const values = { region, height, time: new Date(timeMs).toISOString(), ...own };
  const who = signedBy.join(', ') || texts.nobody[language];
  const { block, members: heading, warning } = view.texts;
  await writeAnswer(options.json === true, answer, () => [
    filled(block[language], values),
    filled(texts.hash[language], { hash: blockHash }),
    filled(texts.result[language], { hash: resultRoot }),
    heading[language],
    ...members.map(({ name, publicKey }) => `  ${name} ${publicKey}`),
    ...(warning === undefined ? [] : [filled(warning[language], values)]),
    filled(texts.signed[language], { count: signedBy.length, of: publicKeys.length, who, threshold }),
    texts[enough ? 'enough' : 'tooFew'][language],
  ]);
  return enough;
}

/** Reads a value of a kind. Throws `FILE_UNUSABLE`. */
export async function openValue<T>(file: OperatorFile<T>, path: string): Promise<T> {
  const { readFormatFile } = await import('#core/format-file');
  const { faultText } = await import('#core/result');
  const read = readFormatFile(path, file.format);
  if (read.ok) return read.value;
  return fail('FILE_UNUSABLE', `Reading the ${file.name} ${path} failed (${faultText(read)}). Check the path.`);
}

async function sign<T extends Signed>(view: OperatorFileView<T>, path: string, options: SignOptions): Promise<void> {
  const { readKeyFile } = await import('#core/atomic-file');
  const { writeFormatFile } = await import('#core/format-file');
  const { faultText } = await import('#core/result');
  const { readGenesis } = await import('../office/region-file.ts');
  const { signedByOperator } = await import('../region/operator-files.ts');
  const file = await view.file();
  const genesis = readGenesis(options.genesis);
  const signed = signedByOperator(file, genesis, await openValue(file, path), readKeyFile(options.key));
  if (!signed.ok) {
    const advice = 'Check the file, the key and the genesis.';
    return fail('OPERATOR_FILE', `${path} is not signed (${faultText(signed)}). ${advice}`);
  }
  writeFormatFile(path, file.format, signed.value);
  await showValue(view, genesis, signed.value, options);
}

async function show<T extends Signed>(view: OperatorFileView<T>, path: string, options: FileOptions): Promise<void> {
  const { readGenesis } = await import('../office/region-file.ts');
  const file = await view.file();
  const enough = await showValue(view, readGenesis(options.genesis), await openValue(file, path), options);
  if (!enough) process.exitCode = exitCode.no;
}

/** Adds `--lang` and `--json`. */
export function withAnswerOptions(command: Command): Command {
  return command.addOption(languageOption()).option('--json', 'answer as one line of JSON');
}

/** Adds `sign` and `show`. */
export function addSignAndShow<T extends Signed>(group: Command, view: OperatorFileView<T>): void {
  const withFile = (command: Command): Command =>
    withAnswerOptions(
      command.argument('<file>', 'the file').requiredOption('--genesis <file>', "the region's genesis file"),
    );
  withFile(group.command('sign').description("add an operator's signature to the file; needs no network"))
    .requiredOption('--key <file>', "the operator's key file, mode 0600")
    .action((path: string, options: SignOptions) => sign(view, path, options));
  withFile(
    group.command('show').description('what is in it and who has signed; exit code 0 when enough have, 1 when not'),
  ).action((path: string, options: FileOptions) => show(view, path, options));
}
