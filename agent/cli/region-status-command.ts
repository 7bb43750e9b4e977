/** `bizain region status`: how the region is, from all its validators. */
import type { Command } from 'commander';
import { membersHeard, otherMembers } from '#sync/validator/validator-status';
import type { AskedValidator } from '../region/asked-validator.ts';
import type { Finding, RegionHealth, Severity } from '../region/region-health.ts';
import { exitCode } from './exit-code.ts';
import { type Bilingual, filled, type Language, languageOf, languageOption } from './language.ts';
import { wholeNumber } from './option-values.ts';
import { writeAnswer } from './output.ts';
import { textTable } from './text-table.ts';
import { type WhichRegion, withRegionOptions } from './which-region.ts';

interface StatusOptions extends WhichRegion {
  readonly timeoutMs: number;
  readonly wait?: number;
  readonly lang?: Language;
  readonly json?: true;
}

const waitPollMs = 1_000;

const headings: readonly Bilingual[] = [
  { en: 'VALIDATOR', zh: '验证节点' },
  { en: 'HEIGHT', zh: '高度' },
  { en: 'LAG', zh: '落后' },
  { en: 'VIEW', zh: '视图' },
  { en: 'PRIMARY', zh: '主节点' },
  { en: 'EPOCH', zh: '周期' },
  { en: 'STATE', zh: '状态根' },
  { en: 'PEERS', zh: '对等' },
  { en: 'BROKERS', zh: '代理' },
  { en: 'POOL', zh: '队列' },
  { en: 'LED', zh: '出块' },
  { en: 'FAILED', zh: '失败主节点' },
  { en: 'EVIDENCE', zh: '证据' },
  { en: 'CERTIFIED p50/p99', zh: '认证 p50/p99' },
  { en: 'LOOP p99', zh: '循环 p99' },
  { en: 'STORE/FREE', zh: '存储/剩余' },
  { en: 'VERSION', zh: '版本' },
];

const titles = {
  region: {
    en: 'Region {region}: {count} validators, {faulty} may fail, {needed} make a quorum, {taking} take part.',
    zh: '区域 {region}：{count} 个验证节点，可容忍 {faulty} 个故障，法定数 {needed}，{taking} 个参与。',
  },
  healthy: { en: 'HEALTHY at height {height}.', zh: '健康，高度 {height}。' },
  unhealthy: { en: 'NOT HEALTHY at height {height}:', zh: '不健康，高度 {height}：' },
  plain: { en: '* over HTTP, not signed', zh: '* 经 HTTP 获得，未签名' },
} as const satisfies Readonly<Record<string, Bilingual>>;

const severities: Readonly<Record<Severity, Bilingual>> = {
  alarm: { en: 'ALARM', zh: '警报' },
  warning: { en: 'warning', zh: '警告' },
  notice: { en: 'notice', zh: '提示' },
};

function sizeText(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let size = bytes;
  let unit = 0;
  for (; size >= 1_000 && unit < units.length - 1; unit++) size /= 1_000;
  return `${size < 10 && unit > 0 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

function cellsOf(asked: AskedValidator, height: number, noReport: (asked: AskedValidator) => string): string[] {
  const { report, name, source } = asked;
  if (report === null) return [name, noReport(asked)];
  const { certificateMs, eventLoopDelayMs } = report;
  return [
    source === 'http' ? `${name}*` : name,
    `${report.height}${report.catchingUp ? '…' : ''}`,
    `${height - report.height}`,
    `${report.view}`,
    report.primary,
    `${report.epoch}`,
    report.stateRoot.slice(0, 8),
    `${membersHeard(report).length}/${otherMembers(report).length}`,
    `${report.brokersUp}/${report.brokers}`,
    `${report.poolSegments}`,
    `${report.ledBlocks[name] ?? 0}`,
    report.failedPrimaries.join(' ') || '-',
    `${report.evidence}`,
    certificateMs === null ? '-' : `${Math.round(certificateMs.p50)}/${Math.round(certificateMs.p99)} ms`,
    eventLoopDelayMs === null ? '-' : `${Math.round(eventLoopDelayMs.p99)} ms`,
    `${sizeText(report.storeBytes)}/${sizeText(report.diskFreeBytes)}`,
    report.version,
  ];
}

async function linesOf(
  region: string,
  asked: readonly AskedValidator[],
  health: RegionHealth,
  language: Language,
): Promise<string[]> {
  const { findingTexts, noReportTexts } = await import('../region/finding-texts.ts');
  const { findings, height, quorum, faultyMax, taking, healthy } = health;
  const reasonOf = (reason: string | null) =>
    reason === null ? '' : (noReportTexts[reason as keyof typeof noReportTexts]?.[language] ?? reason);
  const rows = asked.map((one) => cellsOf(one, height, ({ reason }) => reasonOf(reason)));
  const findingLine = ({ code, severity, validators, values }: Finding): string => {
    const reason = typeof values['reason'] === 'string' ? { reason: reasonOf(values['reason']) } : {};
    const text = filled(findingTexts[code][language], { ...values, ...reason, who: validators.join(', ') });
    return `  ${severities[severity][language]} ${code}: ${text}`;
  };
  const heading = filled(titles.region[language], {
    region,
    count: asked.length,
    faulty: faultyMax,
    needed: quorum,
    taking,
  });
  return [
    heading,
    '',
    // A row without numbers must not widen the second column.
    ...textTable([
      headings.map((heading) => heading[language]),
      ...rows.map((row) => (row.length > 2 ? row : [row[0] ?? ''])),
    ]).map((line, at) => (at > 0 && rows[at - 1]?.length === 2 ? `${line}  ${rows[at - 1]?.[1]}` : line)),
    ...(asked.some(({ source }) => source === 'http') ? [titles.plain[language]] : []),
    '',
    filled(titles[healthy ? 'healthy' : 'unhealthy'][language], { height }),
    ...findings.map(findingLine),
  ];
}

async function regionStatus(options: StatusOptions): Promise<void> {
  const { askValidators } = await import('../region/ask-validators.ts');
  const { regionHealth } = await import('../region/region-health.ts');
  const { officeMachine } = await import('./office-machine.ts');
  const { sleep } = await import('#core/clock');
  const { firstMembers, whichRegion } = await import('./which-region.ts');
  const { genesis, pages, brokers, http } = await whichRegion(options);
  const members = firstMembers({ genesis, pages });
  const machine = officeMachine('region');
  const untilMs = machine.clock.monotonicMs() + (options.wait ?? 0) * 1_000;
  const ask = () => askValidators({ genesis, members, brokers, http, timeoutMs: options.timeoutMs, ...machine });
  let asked = await ask();
  while (!regionHealth(asked).healthy && machine.clock.monotonicMs() < untilMs) {
    await sleep(machine.clock, waitPollMs);
    asked = await ask();
  }
  const health = regionHealth(asked);
  const lines = await linesOf(genesis.region, asked, health, options.lang ?? languageOf(process.env));
  await writeAnswer(options.json === true, { region: genesis.region, ...health, validators: asked }, () => lines);
  process.exitCode = health.healthy ? exitCode.ok : exitCode.no;
}

/** Adds the command to `bizain region`. */
export function addRegionStatusCommand(region: Command): void {
  withRegionOptions(
    region
      .command('status')
      .description('how the region is, from all its validators; exit code 0 only when nothing is wrong, 1 otherwise'),
  )
    .option('--timeout-ms <ms>', 'how long to wait for answers', wholeNumber(100, 60_000), 3_000)
    .option('--wait <seconds>', 'ask again for so long until nothing is wrong', wholeNumber(1, 3_600))
    .addOption(languageOption())
    .option('--json', 'answer as one line of JSON')
    .action(regionStatus);
}
