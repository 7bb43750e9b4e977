/** `bizain region schedule`: who leads when, and why. */
import type { Command } from 'commander';
import type { AgreedChain } from '../region/agreed-chain.ts';
import { exitCode } from './exit-code.ts';
import { type Bilingual, filled, type Language, languageOf, languageOption } from './language.ts';
import { wholeNumber } from './option-values.ts';
import { writeAnswer } from './output.ts';
import { textTable } from './text-table.ts';
import { type WhichRegion, withRegionOptions } from './which-region.ts';

interface ScheduleOptions extends WhichRegion {
  readonly timeoutMs: number;
  readonly heights?: number;
  readonly lang?: Language;
  readonly json?: true;
}

/** Rounds of asking until f+1 validators were met at one height. */
const attemptsMax = 5;

const texts = {
  nobody: { en: 'No validator answered.', zh: '没有验证节点应答。' },
  head: {
    en: 'Region {region} after block {height}, as {by} say{unsure}.',
    zh: '区域 {region}，区块 {height} 之后，依据 {by}{unsure}。',
  },
  unsure: { en: ' (fewer than f+1 signed it: not certain)', zh: '（签名者少于 f+1 个：不确定）' },
  epoch: {
    en: 'Epoch {epoch}: heights {first} to {last}, {count} validators, {turns} turns, seed {seed} from {source}.',
    zh: '周期 {epoch}：高度 {first} 至 {last}，{count} 个验证节点，{turns} 轮，种子 {seed}，来自{source}。',
  },
  genesis: { en: 'the genesis', zh: '创世文件' },
  outputs: { en: 'the beacon outputs committed in epoch {epoch}', zh: '周期 {epoch} 内提交的信标输出' },
  open: {
    en: 'Epoch {epoch} is open: its seed rests on the {count} beacon outputs that epoch {from} has still to commit.',
    zh: '周期 {epoch} 未定：其种子取决于周期 {from} 尚待提交的 {count} 个信标输出。',
  },
  passed: {
    en: '{name} failed as primary at height {failed}: passed over up to height {until}.',
    zh: '{name} 在高度 {failed} 任主节点失败：至高度 {until} 为止被跳过。',
  },
  heading: { en: 'HEIGHT|EPOCH/TURN|DUE|LEADS|ORDER OF THE TURN', zh: '高度|周期/轮|轮到|主节点|本轮顺序' },
  rule: {
    en: 'A turn is a uniform permutation drawn from (seed, turn): each validator is due once. View v of a height goes to the v-th after the one due, those passed over left out.',
    zh: '每一轮是由（种子，轮次）抽取的均匀排列：每个节点轮到一次。某高度的视图 v 归轮到者之后的第 v 个，被跳过者除外。',
  },
  bias: {
    en: 'Bias: who leads may withhold a block and with it one beacon output, one bit a block: withholding k blocks of an epoch chooses between at most 2^k seeds. Each costs the block, a time-out that everybody sees, and being passed over for {heights} heights, so that {faulty} hostile validator(s) get at most k = {blocks} an epoch while nobody else fails. Nothing better is claimed.',
    zh: '偏差：主节点可以扣住区块及其信标输出，每块一比特：一个周期内扣住 k 块，至多可在 2^k 个种子中选择。每扣一块的代价是该区块、一次人人可见的超时，以及之后 {heights} 个高度被跳过；因此在无他人失败时，{faulty} 个恶意节点每周期至多 k = {blocks}。除此之外不作更强的保证。',
  },
} as const satisfies Readonly<Record<string, Bilingual>>;

async function answerOf({ chain, epochTurns, by, certain }: AgreedChain, heights: number | undefined) {
  const { fixedSchedule, heightsDue } = await import('#sync/pbft/fixed-schedule');
  const { failedTurns } = await import('#sync/pbft/chain');
  const { faultyMax } = await import('#ledger/validators/quorum');
  const { toHex } = await import('#core/bytes');
  const schedule = fixedSchedule({ epochTurns }, chain);
  const { length: count } = chain.validators;
  const hostileMax = faultyMax(count);
  const passedOverHeights = failedTurns * count;
  return {
    height: chain.height,
    by,
    certain,
    epochs: schedule.epochs.map((epoch) => ({ ...epoch, seed: toHex(epoch.seed) })),
    outputsToCome: schedule.outputsToCome,
    passedOver: schedule.passedOver,
    due: heightsDue(schedule, chain.height + 1, heights ?? 2 * count),
    bias: {
      bitsAWithheldBlock: 1,
      hostileMax,
      passedOverHeights,
      withheldMaxEpoch: hostileMax * Math.ceil((epochTurns * count) / (passedOverHeights + 1)),
    },
  };
}

type Answer = Awaited<ReturnType<typeof answerOf>>;

function linesOf(region: string, answer: Answer, language: Language): string[] {
  const say = (key: keyof typeof texts, values: Readonly<Record<string, string | number>> = {}): string =>
    filled(texts[key][language], values);
  const { height, by, certain, epochs, outputsToCome, passedOver, due, bias } = answer;
  const orderAt = (epoch: number, turn: number): string =>
    epochs.find((one) => one.epoch === epoch)?.turns[turn]?.order.join(' ') ?? '';
  const running = epochs[0]?.epoch ?? 0;
  const rows = due.map((one, at) => {
    const before = due[at - 1];
    const begins = before === undefined || before.turn !== one.turn || before.epoch !== one.epoch;
    const leads = one.primary === one.due ? one.primary : `${one.primary} *`;
    const order = begins ? orderAt(one.epoch, one.turn) : '';
    return [`${one.height}`, `${one.epoch}/${one.turn}`, one.due, leads, order];
  });
  return [
    say('head', { region, height, by: by.join(', '), unsure: certain ? '' : say('unsure') }),
    ...epochs.map(({ epoch, firstHeight, lastHeight, turns, seed }) =>
      say('epoch', {
        epoch,
        first: firstHeight,
        last: lastHeight,
        count: turns[0]?.order.length ?? 0,
        turns: turns.length,
        seed: seed.slice(0, 16),
        source: epoch < 2 ? say('genesis') : say('outputs', { epoch: epoch - 2 }),
      }),
    ),
    say('open', { epoch: running + 2, from: running, count: outputsToCome }),
    '',
    ...textTable([texts.heading[language].split('|'), ...rows]),
    ...passedOver.map(
      ({ name, failedAt, untilHeight }) => `* ${say('passed', { name, failed: failedAt, until: untilHeight })}`,
    ),
    '',
    say('rule'),
    say('bias', { faulty: bias.hostileMax, heights: bias.passedOverHeights, blocks: bias.withheldMaxEpoch }),
  ];
}

async function regionSchedule(options: ScheduleOptions): Promise<void> {
  const { askValidators } = await import('../region/ask-validators.ts');
  const { agreedChain } = await import('../region/agreed-chain.ts');
  const { officeMachine } = await import('./office-machine.ts');
  const { firstMembers, whichRegion } = await import('./which-region.ts');
  const { genesis, pages, brokers, http } = await whichRegion(options);
  const members = firstMembers({ genesis, pages });
  const language = options.lang ?? languageOf(process.env);
  let agreed: AgreedChain | null = null;
  for (let attempt = 0; attempt < attemptsMax && agreed?.certain !== true; attempt++) {
    const ask = { genesis, members, brokers, http, timeoutMs: options.timeoutMs, ...officeMachine('region') };
    agreed = agreedChain(await askValidators(ask)) ?? agreed;
    if (agreed === null) break;
  }
  if (agreed === null) {
    await writeAnswer(options.json === true, { region: genesis.region, height: null }, () => [texts.nobody[language]]);
    process.exitCode = exitCode.failed;
    return;
  }
  const answer = await answerOf(agreed, options.heights);
  await writeAnswer(options.json === true, { region: genesis.region, ...answer }, () =>
    linesOf(genesis.region, answer, language),
  );
}

/** Adds the command to `bizain region`. */
export function addRegionScheduleCommand(region: Command): void {
  withRegionOptions(
    region.command('schedule').description('who leads when and why: turns, seeds, primaries that are passed over'),
  )
    .option('--heights <count>', 'heights to list (default: two turns)', wholeNumber(1, 10_000))
    .option('--timeout-ms <ms>', 'how long to wait for answers', wholeNumber(100, 60_000), 3_000)
    .addOption(languageOption())
    .option('--json', 'answer as one line of JSON')
    .action(regionSchedule);
}
