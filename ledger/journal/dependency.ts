/** Entries that rest on another journal's, and how long they wait for it (SPEC J8, ARCHITECTURE D3). */
import { type Infer, record } from '#core/format';
import { accountIdFormat, epochFormat, sequenceFormat } from '../ids.ts';
import { streamFormat } from './stream.ts';

/** Another journal's entry that this one rests on. */
export const dependencyFormat = record('dependency', {
  author: accountIdFormat,
  epoch: epochFormat,
  stream: streamFormat,
  sequence: sequenceFormat,
});
/** A decoded dependency. */
export type Dependency = Infer<typeof dependencyFormat>;

/** How long an entry waits for what it rests on, block time: longer than a hub or lane of the same store takes to send it. */
export const holdMsMax = 10 * 60_000;
