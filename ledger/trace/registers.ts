/** Numbers for what stands often beside a batch's products: the stores that hold them and the logistics units that they are packed in. */
import { type Infer, list, text, uint, versioned } from '#core/format';
import { batchShard } from '../ids.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import type { BatchKey } from './batch.ts';
import { wordMax } from './open-chunks.ts';

/** Most numbers of a register; 0 stands for nobody. */
export const registerMax = wordMax;
const namesInChunk = 1_024;

/** `registers` in the batch's shard: how many numbers are given. */
export const registersFormat = versioned(
  'registers',
  1,
  { bytesMax: 16 },
  { holders: uint({ max: registerMax }), parents: uint({ max: registerMax }) },
);
/** The counts as stored. */
export type Registers = Infer<typeof registersFormat>;
/** `holders`: GLNs of stores. `parents`: SSCCs. */
export type RegisterName = keyof Registers;

/** `holders/<n>` and `parents/<n>`: what the numbers n x 1,024 + 1 and up stand for. */
export const registerChunkFormat = versioned(
  'register-chunk',
  1,
  { bytesMax: 24 * 1024 },
  { names: list(text({ min: 13, max: 18 }), { min: 1, max: namesInChunk }) },
);

const counts = storedObject(registersFormat);
const chunks = storedObject(registerChunkFormat);
const none: Registers = { holders: 0, parents: 0 };

/** The number that the next name would get; null where the register is full. */
export function nextNumber(view: LedgerView, { tradeItem, lot }: BatchKey, register: RegisterName): number | null {
  const given = (counts.read(view, batchShard(tradeItem, lot), 'registers') ?? none)[register];
  return given === registerMax ? null : given + 1;
}

/** Gives the next number to a name, which has none. The register has room. */
export function addName(tx: LedgerOverlay, batch: BatchKey, register: RegisterName, name: string): void {
  const shard = batchShard(batch.tradeItem, batch.lot);
  const before = counts.read(tx, shard, 'registers') ?? none;
  const key = `${register}/${Math.floor(before[register] / namesInChunk)}`;
  chunks.write(tx, shard, key, { names: [...(chunks.read(tx, shard, key)?.names ?? []), name] });
  counts.write(tx, shard, 'registers', { ...before, [register]: before[register] + 1 });
}

/** What a number stands for; null for 0 and for one that is not given. */
export function nameOf(view: LedgerView, batch: BatchKey, register: RegisterName, number: number): string | null {
  if (number === 0) return null;
  const chunk = Math.floor((number - 1) / namesInChunk);
  const names = chunks.read(view, batchShard(batch.tradeItem, batch.lot), `${register}/${chunk}`)?.names ?? [];
  return names[(number - 1) % namesInChunk] ?? null;
}
