/**
 * A desk that authors operations for one account: the same journal, outbox and light client as a terminal, and nothing is
 * done before a certified receipt says so.
 */
import { join } from 'node:path';
import { readKeyFile } from '#core/atomic-file';
import { toHex } from '#core/bytes';
import { type Clock, withDeadline } from '#core/clock';
import type { Entropy } from '#core/entropy';
import { BizainError } from '#core/errors';
import type { Log } from '#core/log';
import { valueStream } from '#ledger/journal/stream';
import type { Operation } from '#ledger/operation';
import { reasonsIn } from '#ledger/reasons';
import { outcomes, type Receipt } from '#ledger/receipt';
import { LightClient } from '#sync/light-client/light-client';
import type { AnyEntryPoint } from '#sync/outbox/entry-point';
import { EpochSync } from '#sync/outbox/epoch-sync';
import { Outbox } from '#sync/outbox/outbox';
import { RegionLine } from '#sync/outbox/region-line';
import type { Genesis } from '#sync/wire/genesis';
import type { RecoveryPage } from '#sync/wire/recovery-page';
import { emptyNote } from '../journal/entry-note.ts';
import { type Journal, openJournal } from '../journal/journal.ts';
import { CertifiedTime } from '../time/certified-time.ts';
import type { OfficeErrorCode } from './errors.ts';

/** What an office needs. `stateDir` holds its journal: one folder an account, kept for as long as the account lives. */
export interface OfficeOptions {
  readonly genesis: Genesis;
  /** New foundings of the region, the earliest first. */
  readonly pages?: readonly RecoveryPage[];
  readonly account: string;
  readonly keyFile: string;
  /** Of the key: 0, and one more with each `account.rekey`; default 0. */
  readonly epoch?: number;
  readonly stateDir: string;
  /** Brokers and validators' own entries, in the order in which they are tried. */
  readonly entryPoints: readonly AnyEntryPoint[];
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly allowVolatileState?: boolean;
  /** Milliseconds to wait for the broker; default 15,000. */
  readonly connectMs?: number;
  /** Milliseconds to wait for the receipts of one call; default 60,000. */
  readonly receiptMs?: number;
}

/** An open office. Calls may overlap; their entries keep the order of the calls. */
export interface Office {
  readonly account: string;
  /** Journals the operation, sends it and resolves with its certified receipt, whatever the outcome. */
  submit(operation: Operation): Promise<Receipt>;
  /** As `submit` for several: one transaction, sent together, receipts in the same order. */
  submitAll(operations: readonly Operation[]): Promise<readonly Receipt[]>;
  close(): Promise<void>;
}

const connectMsDefault = 15_000;
const receiptMsDefault = 60_000;
const askMs = 5_000;
const firstEpoch = 0;

function fail(code: OfficeErrorCode, message: string, retryable = false): never {
  throw new BizainError({ code, message, retryable });
}

/** The account, shortened to what an MQTT client id may hold, and random bytes: two offices never push each other out. */
function clientNameOf(account: string, entropy: Entropy): string {
  return `office-${account.replaceAll('/', '_')}-${toHex(entropy.bytes(4))}`.slice(0, 64);
}

interface Desk {
  readonly journal: Journal;
  readonly line: RegionLine;
  readonly light: LightClient;
  readonly outbox: Outbox;
  readonly time: CertifiedTime;
  /** Receipts that a call waits for, by sequence. */
  readonly awaited: Map<number, (receipt: Receipt) => void>;
}

function openDesk(options: OfficeOptions, journal: Journal): Desk {
  const { genesis, account, epoch = firstEpoch, clock, entropy, log } = options;
  const time = new CertifiedTime({ clock, persistedMs: genesis.timeMs, persist: () => undefined });
  const light = new LightClient(genesis, undefined, {
    onHead: ({ header }) => {
      time.observe(header.timeMs);
      line.useValidators(light.validators);
    },
    onUnknownSet: () => epochs.want(),
  });
  const line: RegionLine = new RegionLine({
    chainId: light.chainId,
    validatorCount: genesis.validators.length,
    account,
    clientName: clientNameOf(account, entropy),
    entryPoints: options.entryPoints,
    clock,
    entropy,
    log,
  });
  const epochs = new EpochSync({ line, light, clock, log });
  for (const page of options.pages ?? []) {
    const { ok } = light.refound(page);
    if (!ok) log.warn({ era: page.era }, 'a recovery page that is not believed');
  }
  line.on('head', (lightBlock) => void light.acceptHead(lightBlock));
  const awaited: Desk['awaited'] = new Map();
  const onSettled = (receipts: readonly Receipt[]): void => {
    for (const receipt of receipts) {
      if (receipt.stream !== valueStream) continue;
      awaited.get(receipt.sequence)?.(receipt);
      awaited.delete(receipt.sequence);
    }
  };
  const outbox = new Outbox({ source: journal, line, light, account, epoch, clock, log, onSettled });
  return { journal, line, light, outbox, time, awaited };
}

async function connect(desk: Desk, options: OfficeOptions): Promise<void> {
  const { line } = desk;
  const up = new Promise<void>((resolve) => line.on('up', resolve));
  line.start();
  const ms = options.connectMs ?? connectMsDefault;
  const connected = await withDeadline(options.clock, up, ms);
  if (connected.ok) return;
  const urls = options.entryPoints.map(({ url }) => url).join(', ');
  const why = line.state().lastDown;
  const detail = why === null ? 'no answer' : `${why.code}: ${why.detail}`;
  fail(
    'REGION_UNREACHABLE',
    `No entry point of the region answered within ${ms} ms (${urls}; ${detail}). Start it.`,
    true,
  );
}

/** A journal copied, restored or lost would fork the account's stream: the region is asked for entries beyond its end. */
async function assertNotBehind({ line, light, journal }: Desk, options: OfficeOptions): Promise<void> {
  const { account, epoch = firstEpoch } = options;
  const head = await line.ask({ kind: 'head' }, askMs);
  if (head.ok && head.value.kind === 'head' && head.value.lightBlock !== null) light.acceptHead(head.value.lightBlock);
  const fromSequence = journal.head(valueStream).nextSequence;
  const query = { kind: 'receipts', author: account, epoch, stream: valueStream, fromSequence } as const;
  const asked = await line.ask(query, askMs);
  if (!asked.ok || asked.value.kind !== 'receipts') return;
  for (const message of asked.value.messages) {
    const receipts = light.checkReceipts(message);
    if (!receipts.ok) continue;
    const beyond = receipts.value.some((receipt) => receipt.author === account && receipt.sequence >= fromSequence);
    if (!beyond) continue;
    const advice = `The region has entries of ${account} that this journal (${fromSequence} entries) has not. Use the state folder that wrote them.`;
    fail('OFFICE_JOURNAL_BEHIND', advice);
  }
}

async function receiptsOf(
  desk: Desk,
  options: OfficeOptions,
  operations: readonly Operation[],
): Promise<readonly Receipt[]> {
  const { journal, light, time, outbox, awaited } = desk;
  const { lowMs, highMs } = time.interval();
  const sequences = journal.atomically((tx) =>
    operations.map(
      (operation) =>
        tx.append({
          seenHeight: light.head?.header.height ?? 0,
          timeLowMs: lowMs,
          timeHighMs: highMs,
          notAfterMs: null,
          dependsOn: null,
          operation,
          note: emptyNote,
        }).sequence,
    ),
  );
  const receipts = sequences.map((sequence) => new Promise<Receipt>((resolve) => awaited.set(sequence, resolve)));
  outbox.kick();
  const ms = options.receiptMs ?? receiptMsDefault;
  const answered = await withDeadline(options.clock, Promise.all(receipts), ms);
  if (answered.ok) return answered.value;
  for (const sequence of sequences) awaited.delete(sequence);
  const alarm = outbox.state().alarm;
  const why = alarm === null ? 'is the region running?' : `the region says ${alarm.reason}: ${alarm.detail}.`;
  const what = operations[0]?.kind ?? 'nothing';
  return fail(
    'RECEIPT_MISSING',
    `No certified receipt for ${what} within ${ms} ms: ${why} It is journalled and is sent again at the next run; do not repeat it.`,
    true,
  );
}

/**
 * Opens an account's office and connects it. What an earlier run left unsent is sent first.
 * @throws BizainError `REGION_UNREACHABLE`, `OFFICE_JOURNAL_BEHIND`, key file and journal errors.
 */
export async function openOffice(options: OfficeOptions): Promise<Office> {
  const secretSeed = readKeyFile(options.keyFile);
  const { genesis, account, epoch = firstEpoch, log } = options;
  const journal = openJournal({
    path: join(options.stateDir, 'journal.db'),
    chainId: new LightClient(genesis).chainId,
    account,
    epoch,
    secretSeed,
    log,
    allowVolatile: options.allowVolatileState ?? false,
  });
  const desk = openDesk(options, journal);
  const close = async (): Promise<void> => {
    desk.outbox.stop();
    desk.time.stop();
    await desk.line.stop();
    journal.close();
  };
  try {
    await connect(desk, options);
    await assertNotBehind(desk, options);
    desk.outbox.start();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    account,
    submitAll: (operations) => receiptsOf(desk, options, operations),
    async submit(operation) {
      const [receipt] = await receiptsOf(desk, options, [operation]);
      return receipt ?? fail('RECEIPT_MISSING', `No receipt for ${operation.kind}.`);
    },
    close,
  };
}

/** Whether the region applied what the receipt is for. */
export function isApplied(receipt: Receipt): boolean {
  return outcomes[receipt.outcome] === 'applied';
}

/**
 * The receipt, if the region applied it.
 * @throws BizainError `OPERATION_REFUSED` with the reasons, for what a person should not have asked.
 */
export function requireApplied(receipt: Receipt, what: string): Receipt {
  if (isApplied(receipt)) return receipt;
  const reasons = reasonsIn(receipt.reasons);
  const code: OfficeErrorCode = 'OPERATION_REFUSED';
  const message = `The region refused ${what}: ${reasons.join(', ') || 'no reason given'} (block ${receipt.height}).`;
  throw new BizainError({ code, message, context: { reasons, height: receipt.height } });
}
