/** Appends for ever and says each entry only after it was accepted, until it is killed. Argument: the journal's path. */
import { writeSync } from 'node:fs';
import { toHex } from '#core/bytes';
import { openJournal } from '../../../agent/journal/journal.ts';
import { account, capture, chainId, reserve, secretSeed, silentLog } from '../../unit/journal/journal-fixture.ts';

const [path = ''] = process.argv.slice(2);
const journal = openJournal({
  path,
  chainId,
  account,
  epoch: 1,
  secretSeed,
  log: silentLog,
  allowVolatile: true,
  reserveBytes: 4_096,
});
writeSync(1, 'open\n');
for (let index = journal.head(0).nextSequence; ; index++) {
  const place = journal.atomically((tx) => {
    const reserved = tx.append(reserve(index));
    return tx.append(capture([reserved.sequence]));
  });
  const hash = journal.hashAt(0, place.sequence);
  writeSync(1, `${place.sequence} ${hash === null ? '' : toHex(hash)}\n`);
  if (index % 5 === 0) journal.nextSegments({ count: 4, bytes: 1e6 });
}
