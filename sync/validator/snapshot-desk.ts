/** Gives peers the state at a checkpoint, piece by piece, within what they may be given. */
import type { PeerId } from '../pbft/voting-set.ts';
import { epochCertificatesMax } from '../wire/gateway-message.ts';
import type { PeerMessage } from '../wire/peer-message.ts';
import {
  type SnapshotChunks,
  snapshotNodesBytesMax,
  snapshotShardsMax,
  type WantedChunk,
} from '../wire/snapshot-message.ts';
import type { Allowance } from './allowance.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { EpochTable } from './epoch-table.ts';

/** Bytes of leaves in one answer; a single larger chunk is still given. */
const chunksBytesMax = 4 * 1024 * 1024;
const leafOverheadBytes = 8;

/** What the desk gives from. */
export interface SnapshotDeskOptions {
  checkpoints(): Checkpoints;
  epochs(): Pick<EpochTable, 'after'>;
  /** Counted in units of so many bytes. */
  readonly giving: Pick<Allowance, 'take' | 'charge'>;
  readonly unitBytes: number;
  send(to: PeerId, message: PeerMessage): boolean;
}

/** See the head of the file. */
export class SnapshotDesk {
  readonly #options: SnapshotDeskOptions;

  constructor(options: SnapshotDeskOptions) {
    this.#options = options;
  }

  /** The newest checkpoint, and certificates that lead to its validators. */
  giveHead(to: PeerId, afterEpoch: number | null): void {
    const { checkpoints, epochs, giving, unitBytes, send } = this.#options;
    if (!giving.take(to)) return;
    const { certificates, more } = epochs().after(afterEpoch, epochCertificatesMax);
    giving.charge(to, ((certificates.length + 1) * 4_096) / unitBytes);
    const head = checkpoints().head();
    const given = head === null ? null : { ...head, peaks: [...head.peaks] };
    send(to, { kind: 'snapshot-head', head: given, certificates: [...certificates], more });
  }

  /** A page of the list of shards. */
  giveShards(to: PeerId, height: number, from: number): void {
    const { checkpoints, giving, unitBytes, send } = this.#options;
    if (!giving.take(to)) return;
    const shards = checkpoints().shards(height, from, snapshotShardsMax) ?? [];
    let bytes = 0;
    const fitting = shards.findIndex(({ nodes }) => {
      bytes += nodes.length;
      return bytes > snapshotNodesBytesMax;
    });
    const given = fitting < 0 ? shards : shards.slice(0, fitting);
    giving.charge(to, (given.length * 128 + bytes) / unitBytes);
    send(to, { kind: 'shards', height, from, shards: given });
  }

  /** The leaves of chunks. */
  giveChunks(to: PeerId, height: number, wanted: readonly WantedChunk[]): void {
    const { checkpoints, giving, unitBytes, send } = this.#options;
    const first = wanted[0];
    if (first === undefined) return;
    if (!giving.take(to)) {
      send(to, { kind: 'chunks', height, first, busy: 1, chunks: [] });
      return;
    }
    const chunks: SnapshotChunks['chunks'][number][] = [];
    let bytes = 0;
    for (const at of wanted) {
      const leaves = checkpoints().leaves(height, at);
      if (leaves === undefined) break;
      for (const { key, value } of leaves) bytes += key.length + value.length + leafOverheadBytes;
      if (chunks.length > 0 && bytes > chunksBytesMax) break;
      chunks.push(leaves.map(({ key, value }) => ({ key, value })));
      if (bytes > chunksBytesMax) break;
    }
    giving.charge(to, bytes / unitBytes);
    send(to, { kind: 'chunks', height, first, busy: 0, chunks });
  }
}
