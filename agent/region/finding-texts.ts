/** What is said of a finding, in English and Chinese: what it is, and the first thing to do. */
import type { NoReport } from './asked-validator.ts';
import type { FindingCode } from './region-health.ts';

type Bilingual = Readonly<Record<'en' | 'zh', string>>;

/** `{who}`: the validators; other names in braces are the finding's values. */
export const findingTexts: Readonly<Record<FindingCode, Bilingual>> = {
  ROOTS_DIFFER: {
    en: '{who} do not agree on the state at height {height}. Stop taking new business, keep every disk, call support.',
    zh: '{who} 在高度 {height} 的状态不一致。请停止受理新业务，保留所有磁盘并联系支持。',
  },
  FORKED: {
    en: '{who} hold different blocks at height {height}: more than f validators are faulty. Stop the region, keep every disk.',
    zh: '{who} 在高度 {height} 持有不同区块：故障节点已超过 f 个。请停止本区域并保留所有磁盘。',
  },
  EVIDENCE: {
    en: '{who} saw a validator sign two statements for one place. Find out whose key it is (log: equivocation) and take it out.',
    zh: '{who} 发现有验证节点对同一位置签署了两份声明。请查出其密钥（日志：equivocation）并将其移出。',
  },
  NOBODY_ANSWERS: {
    en: 'No validator answered, so nothing can be said. Check the brokers and addresses from here, then the validators.',
    zh: '没有任何验证节点应答，无法判断。请先检查本机到消息代理的连接与地址，再检查各节点。',
  },
  NO_QUORUM: {
    en: '{taking} validators take part, {needed} are needed: nothing becomes final. Bring the missing ones back.',
    zh: '仅有 {taking} 个验证节点参与，需要 {needed} 个：交易无法终局。请恢复缺失的节点。',
  },
  STANDING: {
    en: 'No block for {seconds} s since height {height}. See who is silent or behind.',
    zh: '自高度 {height} 起 {seconds} 秒没有新区块。请查看哪些节点无应答或落后。',
  },
  BAD_SIGNATURE: {
    en: 'Somebody answers in the name of {who} without its key. Check who may publish at the broker.',
    zh: '有人冒用 {who} 的名义应答，但没有其密钥。请检查消息代理的发布权限。',
  },
  SILENT: {
    en: '{who} did not answer ({reason}). Is it running, and does it reach a broker?',
    zh: '{who} 没有应答（{reason}）。它在运行吗？能连上消息代理吗？',
  },
  BEHIND: {
    en: '{who} is behind ({worst} blocks) and fetches them from the others.',
    zh: '{who} 落后 {worst} 个区块，正在从其他节点补齐。',
  },
  VIEW_CHANGING: {
    en: '{who} is in view {worst}: the primary before did not get a block through.',
    zh: '{who} 处于视图 {worst}：之前的主节点未能完成出块。',
  },
  FAILED_PRIMARY: {
    en: '{who} failed as primary lately and is passed over for a while.',
    zh: '{who} 近期任主节点失败，暂时被跳过。',
  },
  PEERS_MISSING: {
    en: '{who} does not hear all the others. Check network and addresses.',
    zh: '{who} 未能连上全部其他节点。请检查网络与地址。',
  },
  BROKERS_DOWN: {
    en: '{who} does not reach all its brokers.',
    zh: '{who} 未能连上全部消息代理。',
  },
  POOL_FILLING: {
    en: '{who} has {worst} segments waiting: more comes in than is ordered.',
    zh: '{who} 有 {worst} 个日志段等待：流入快于排序。',
  },
  LOOP_SLOW: {
    en: '{who} is slow to react ({worst} ms): the machine is too busy.',
    zh: '{who} 反应迟缓（{worst} 毫秒）：机器过于繁忙。',
  },
  CERTIFICATES_SLOW: {
    en: '{who} takes {worst} ms from a proposal to its certificate.',
    zh: '{who} 从提案到证书需 {worst} 毫秒。',
  },
  DISK_LOW: {
    en: '{who} runs out of disk. A full disk stops a validator.',
    zh: '{who} 磁盘空间不足。磁盘写满会使节点停止。',
  },
  CLOCK_OFF: {
    en: 'The clock of {who} is {worst} ms off this one. Beyond 5 s its proposals are refused: check NTP on both.',
    zh: '{who} 的时钟与本机相差 {worst} 毫秒。超过 5 秒其提案会被拒绝：请检查两边的 NTP。',
  },
  VERSIONS_DIFFER: {
    en: 'Several versions run: {versions}. That is fine during an upgrade only.',
    zh: '存在多个版本：{versions}。仅在升级期间属正常。',
  },
  RESTARTED: {
    en: '{who} started less than ten minutes ago: counts are young.',
    zh: '{who} 启动不足十分钟，计数尚少。',
  },
};

/** Why a validator has no row of numbers. */
export const noReportTexts: Readonly<Record<NoReport, Bilingual>> = {
  NO_BROKER: { en: 'no broker reached', zh: '未连上消息代理' },
  NO_ANSWER: { en: 'no answer', zh: '无应答' },
  BAD_SIGNATURE: { en: 'answer not signed by its key', zh: '应答签名不符' },
  UNREADABLE: { en: 'answer not understood', zh: '应答无法识别' },
  BUSY: { en: 'too busy to answer', zh: '繁忙，未应答' },
  FOREIGN: { en: 'answer of another validator', zh: '应答来自其他节点' },
};
