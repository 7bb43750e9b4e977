/** Checkpoints as files: the encoded checkpoint as it is, nothing around it. Holds no secret. */
import { readFileSync, statSync } from 'node:fs';
import { writeFileAtomic } from '#core/atomic-file';
import { decode, encode } from '#core/format';
import { bad, type Result } from '#core/result';
import { type OperatorCheckpoint, operatorCheckpointFormat } from '#sync/wire/operator-checkpoint';

/** Reads a checkpoint; whether it is to be believed is another question. Never throws. */
export function readCheckpointFile(file: string): Result<OperatorCheckpoint, 'UNREADABLE'> {
  let bytes: Uint8Array;
  try {
    if (statSync(file).size > operatorCheckpointFormat.bytesMax) return bad('UNREADABLE', 'too large for a checkpoint');
    bytes = new Uint8Array(readFileSync(file));
  } catch (error) {
    return bad('UNREADABLE', error instanceof Error ? error.message : String(error));
  }
  const decoded = decode(operatorCheckpointFormat, bytes);
  return decoded.ok ? decoded : bad('UNREADABLE', `no checkpoint (${decoded.reason})`);
}

/** Writes a checkpoint in full or not at all. Throws core's file errors. */
export function writeCheckpointFile(file: string, checkpoint: OperatorCheckpoint): void {
  writeFileAtomic(file, encode(operatorCheckpointFormat, checkpoint), 0o644);
}
