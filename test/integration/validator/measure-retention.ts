/** Prints how large a validator's file is after so many blocks, keeping all of them or the last ones. Arguments: blocks, entries a block. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Retention } from '#sync/validator/retention';
import { FedStore } from '../../fixtures/fed-store.ts';

const [blocks = 2_000, entries = 48] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), 'bizain-retention-'));
const steps = [0.25, 0.5, 1].map((share) => Math.floor(blocks * share));
const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1);
process.stdout.write(`blocks kept | ${steps.map((step) => `${step} blocks`).join(' | ')}\n`);
for (const keepBlocks of [null, Math.floor(blocks / 2), Math.floor(blocks / 10)]) {
  const fed = new FedStore(join(folder, String(keepBlocks)), new Retention(keepBlocks));
  const sizes: string[] = [];
  for (let height = 1; height <= blocks; height++) {
    fed.feed(fed.segment(entries));
    if (steps.includes(height)) sizes.push(`${megabytes(statSync(fed.store.path).size)} MB`);
  }
  fed.store.close();
  process.stdout.write(`${keepBlocks ?? 'all'} | ${sizes.join(' | ')}\n`);
}
rmSync(folder, { recursive: true, force: true });
