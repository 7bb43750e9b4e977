/**
 * The traced program: appends, seals and settles in a journal and says on standard output what it was promised,
 * each line only after the call has returned. Arguments: folder, FULL or NORMAL, transactions, large (0 or 1).
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { toHex } from '#core/bytes';
import { sha256 } from '#core/hash';
import { emptyNote } from '../../agent/journal/entry-note.ts';
import type { EntryPlace } from '../../agent/journal/entry-state.ts';
import { type EntryDraft, type Journal, openJournal } from '../../agent/journal/journal.ts';
import {
  account,
  capture,
  chainId,
  nowMs,
  receipt,
  reserve,
  secretSeed,
  silentLog,
  sold,
  unitKey,
} from '../unit/journal/journal-fixture.ts';

const [folder = '', mode = 'FULL', transactions = '0', large = '0'] = process.argv.slice(2);
const path = join(folder, 'state', 'journal.db');
const synchronous = mode === 'NORMAL' ? 'NORMAL' : 'FULL';
const count = Number(transactions);

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

function open(): Journal {
  const options = {
    path,
    chainId,
    account,
    epoch: 1,
    secretSeed,
    log: silentLog,
    allowVolatile: true,
    reserveBytes: 4_096,
  };
  return openJournal(options, synchronous);
}

/** An entry of some 100 kB: a few dozen of them make SQLite move its write-ahead log into the database. */
function issue(index: number): EntryDraft {
  const keyCommitments = new Uint8Array(100_000).fill(index % 251);
  const operation = {
    kind: 'coupon.issue',
    gcn: '9521234000017',
    firstSerial: index,
    count: 6_250,
    keyCommitments,
  } as const;
  return {
    seenHeight: 1,
    timeLowMs: nowMs,
    timeHighMs: nowMs,
    notAfterMs: null,
    dependsOn: null,
    operation,
    note: emptyNote,
  };
}

function write(journal: Journal, index: number): EntryPlace[] {
  if (large === '1') return journal.atomically((tx) => [tx.append(issue(index))]);
  if (index % 4 === 3) return journal.atomically((tx) => [tx.append(sold(`S${index}`))]);
  return journal.atomically((tx) => {
    const reserved = tx.append(reserve(index));
    tx.putClaim({ unit: unitKey(index), terminal: account, state: 'captured', atLowMs: nowMs, atHighMs: nowMs });
    return [reserved, tx.append(capture([reserved.sequence]))];
  });
}

let settledUpTo = 0;

function run(journal: Journal, from: number, to: number): void {
  for (let index = from; index < to; index++) {
    for (const place of write(journal, index)) {
      const hash = journal.hashAt(place.stream, place.sequence);
      say(`ack ${place.stream} ${place.sequence} ${hash === null ? '' : toHex(hash)}`);
    }
    if (index % 7 === 6 && large === '0') {
      for (const { stream, firstSequence, bytes } of journal.nextSegments({ count: 8, bytes: 4_000_000 })) {
        say(`sealed ${stream} ${firstSequence} ${toHex(sha256(bytes))}`);
      }
    }
    if (index % 11 === 10) {
      const place = { epoch: 1, stream: 0, sequence: settledUpTo++ };
      journal.settle([receipt(journal, place)]);
      say(`settled ${place.stream} ${place.sequence}`);
    }
  }
}

const first = open();
// Large: the second life must be long enough for SQLite to empty its log by itself.
const firstLife = Math.floor(large === '1' ? count / 10 : count / 2);
run(first, 0, firstLife);
first.close();
run(open(), firstLife, count);
// Ends without closing: a crash leaves the write-ahead log as it is.
process.exit(0);
