/** The program of a thread that checks signatures (`signature-threads.ts`). */
import { parentPort } from 'node:worker_threads';
import { verifyOnce } from '#core/ed25519';
import { type ChunkReply, type ChunkRequest, unpackClaims } from './signature-chunk.ts';

parentPort?.on('message', ({ id, packed }: ChunkRequest) => {
  const verdicts = Uint8Array.from(unpackClaims(packed), (claim) => (verifyOnce(claim) ? 1 : 0));
  const reply: ChunkReply = { id, verdicts };
  parentPort?.postMessage(reply, [verdicts.buffer]);
});
