/**
 * One trial of the ledger in a process of its own, on the built product: `redemption-trial.ts <job.json>`. Executes and commits
 * blocks of redemptions, in turn with the bare decoding and hashing of the same bytes. Prints one line of JSON.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from '#core/format';
import { type ExecutedBlock, executeBlock } from '#ledger/execute';
import { chainHash, entryFormat } from '#ledger/journal/entry';
import { segmentFormat } from '#ledger/journal/segment';
import { LedgerState } from '#ledger/state/ledger-state';
import { leafHash } from '#ledger/state/roots';
import { StateTable } from '#sync/validator/state-table';
import { openStoreDatabase } from '#sync/validator/store-database';
import { type RedemptionBlock, RedemptionLoad, type RedemptionLoadSize } from './redemption-load.ts';

/** What a trial is to do. */
export interface RedemptionJob {
  readonly kind: 'redeem';
  /** Where objects are kept: in memory, or in a file as a validator keeps them (every block one transaction, fsynced). */
  readonly on: 'memory' | 'sqlite';
  readonly size: RedemptionLoadSize;
  readonly warmUpBlocks: number;
  readonly blocks: number;
}

/**
 * Redemptions in each measured block, and the processor time, in microseconds, of executing it and of the bare work. It counts
 * all threads of the process, so that it neither hides what the garbage collector does elsewhere nor counts other processes.
 */
export interface RedemptionOutcome {
  readonly redemptions: number;
  readonly executeUs: readonly number[];
  readonly bareUs: readonly number[];
}

function processorUs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

function executeAndCommit(load: RedemptionLoad, block: RedemptionBlock): ExecutedBlock {
  const executed = executeBlock(load.state, { ...block, chainId: load.chainId, isGenuine: () => true });
  load.state.commit(executed.change);
  return executed;
}

/** What cannot be left out whoever executes: bytes become entries, entries a chain, changed leaves hashes. */
function bareWork(block: RedemptionBlock, { change }: ExecutedBlock): void {
  for (const bytes of block.segments) {
    const segment = decode(segmentFormat, bytes);
    if (!segment.ok) throw new Error(segment.reason);
    let hash = segment.value.previousHash;
    for (const entryBytes of segment.value.entries) {
      if (!decode(entryFormat, entryBytes).ok) throw new Error('an entry does not decode');
      hash = chainHash(hash, entryBytes);
    }
  }
  for (const { leaves } of change.deltas) for (const { key, value } of leaves) leafHash(key, value);
}

/** A load on the kind of state that the job asks for; its file is removed in the end. */
function withLoad(job: RedemptionJob, work: (load: RedemptionLoad) => RedemptionOutcome): RedemptionOutcome {
  if (job.on === 'memory') return work(new RedemptionLoad(job.size));
  const folder = mkdtempSync(join(tmpdir(), 'bizain-bench-'));
  const path = join(folder, 'validator.db');
  const database = openStoreDatabase(path);
  try {
    return work(new RedemptionLoad(job.size, LedgerState.open(new StateTable(database, path))));
  } finally {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function measure(job: RedemptionJob, load: RedemptionLoad): RedemptionOutcome {
  const blocks = Array.from({ length: job.warmUpBlocks + job.blocks }, () => load.nextBlock());
  const [executeUs, bareUs]: [number[], number[]] = [[], []];
  for (const [at, block] of blocks.entries()) {
    let executed: ExecutedBlock | undefined;
    const executing = processorUs(() => {
      executed = executeAndCommit(load, block);
    });
    const done = executed as ExecutedBlock;
    const applied = done.receipts.filter(({ outcome }) => outcome === 0).length;
    if (applied !== 2 * block.redemptions) throw new Error(`${applied} entries applied in block ${block.height}`);
    const bare = processorUs(() => bareWork(block, done));
    if (at < job.warmUpBlocks) continue;
    executeUs.push(executing);
    bareUs.push(bare);
  }
  return { redemptions: blocks[0]?.redemptions ?? 0, executeUs, bareUs };
}

if (process.argv[1] === import.meta.filename) {
  const job = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as RedemptionJob;
  process.stdout.write(
    `${JSON.stringify({ event: 'outcome', outcome: withLoad(job, (load) => measure(job, load)) })}\n`,
  );
}
