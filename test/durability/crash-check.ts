/** Opens a crash state with the production journal and compares it with what had been promised. */
import { join } from 'node:path';
import { toHex } from '#core/bytes';
import { sha256 } from '#core/hash';
import { openJournal } from '../../agent/journal/journal.ts';
import { account, chainId, secretSeed, silentLog } from '../unit/journal/journal-fixture.ts';
import type { Promised } from './crash-run.ts';

/** What the program had said before the cut. */
export class Promises implements Promised {
  readonly #entries: { stream: number; sequence: number; hash: string }[] = [];
  readonly #sealed = new Map<string, string>();
  readonly #settled: { stream: number; sequence: number }[] = [];

  get entryCount(): number {
    return this.#entries.length;
  }

  hear(line: string): void {
    const [word, stream, sequence, hash = ''] = line.split(' ');
    if (word === 'ack') this.#entries.push({ stream: Number(stream), sequence: Number(sequence), hash });
    else if (word === 'sealed') this.#sealed.set(`${stream} ${sequence}`, hash);
    else if (word === 'settled') this.#settled.push({ stream: Number(stream), sequence: Number(sequence) });
    else throw new Error(`the program said "${line}"`);
  }

  /** What is broken in a state: nothing when all promises hold. */
  broken(folder: string): string[] {
    const path = join(folder, 'state', 'journal.db');
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
    let journal: ReturnType<typeof openJournal>;
    try {
      journal = openJournal(options);
    } catch (error) {
      return [`cannot be opened: ${error instanceof Error ? error.message : String(error)}`];
    }
    try {
      return this.#compare(journal);
    } catch (error) {
      return [`damaged: ${error instanceof Error ? error.message : String(error)}`];
    } finally {
      journal.close();
    }
  }

  #compare(journal: ReturnType<typeof openJournal>): string[] {
    const found: string[] = [];
    for (const { stream, sequence, hash } of this.#entries) {
      const kept = journal.hashAt(stream, sequence);
      if (kept === null) found.push(`acknowledged entry ${stream}/${sequence} lost`);
      else if (toHex(kept) !== hash) found.push(`acknowledged entry ${stream}/${sequence} changed`);
    }
    journal.scrub();
    for (const { stream, sequence } of this.#settled) {
      if (journal.stateOf({ epoch: 1, stream, sequence }) !== 'final')
        found.push(`settlement ${stream}/${sequence} lost`);
    }
    for (const segment of journal.nextSegments({ count: 1_000, bytes: 1e9 })) {
      const promised = this.#sealed.get(`${segment.stream} ${segment.firstSequence}`);
      if (promised !== undefined && promised !== toHex(sha256(segment.bytes))) {
        found.push(`sealed segment ${segment.stream}/${segment.firstSequence} changed`);
      }
    }
    return found;
  }
}
