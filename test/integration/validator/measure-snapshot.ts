/** Prints how long a validator takes to fetch, check and open a state of so many objects from three peers in this process. Argument: objects. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode, encode } from '#core/format';
import { peerMessageFormat } from '#sync/wire/peer-message';
import { peerNames, SnapshotReceiver, SnapshotSource } from '../../fixtures/snapshot-peers.ts';

const [objects = 1_000_000] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), 'bizain-snapshot-'));
const source = new SnapshotSource(objects);
const receiver = new SnapshotReceiver(source, folder);
let wireBytes = 0;
for (const name of peerNames) {
  receiver.changes.set(name, (answer) => {
    const frame = encode(peerMessageFormat, { message: answer });
    wireBytes += frame.length;
    const read = decode(peerMessageFormat, frame);
    return read.ok ? (read.value.message as typeof answer) : null;
  });
}
const seconds = (fromMs: number): string => ((performance.now() - fromMs) / 1_000).toFixed(1);
const startMs = performance.now();
receiver.run(1_000);
const fetched = seconds(startMs);
const openMs = performance.now();
const { state, store } = receiver.restart();
const same =
  Buffer.compare(state.stateRoot, source.region.state.stateRoot) === 0 && receiver.ready === store.chain().height;
process.stdout.write(
  `${objects} objects: ${(wireBytes / 1e6).toFixed(0)} MB on the wire, fetched, checked and written in ${fetched} s, opened in ${seconds(openMs)} s, file ${(statSync(store.path).size / 1e6).toFixed(0)} MB, root ${same ? 'right' : 'WRONG'}\n`,
);
store.close();
rmSync(folder, { recursive: true, force: true });
