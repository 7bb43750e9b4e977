/** The files a region is known by: `region.json` for people and tools, the genesis file for programs. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '#core/atomic-file';
import { utf8 } from '#core/bytes';
import { BizainError } from '#core/errors';
import { readFormatFile, writeFormatFile } from '#core/format-file';
import { type Genesis, genesisFormat } from '#sync/wire/genesis';
import { type RecoveryPage, recoveryPageFormat } from '#sync/wire/recovery-page';
import { httpsEntrySchema } from '../config/entry-points.ts';
import type { OfficeErrorCode } from './errors.ts';

const invalid: OfficeErrorCode = 'REGION_INVALID';
const there: OfficeErrorCode = 'ALREADY_THERE';
const path = z.string().min(1).max(1_024);

const broker = z.strictObject({
  url: z
    .string()
    .regex(/^(mqtts?|wss?):\/\//)
    .max(1_024)
    .describe('MQTT broker.'),
  username: z.string().max(256).optional(),
  password: z.string().max(1_024).optional(),
});

/** Schema of region.json. Paths count from its folder. */
export const regionFileSchema = z.strictObject({
  version: z.literal(1),
  region: z.string().min(1).max(32),
  chainId: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('Hash of the genesis, hex.'),
  genesis: path,
  adminKey: path.describe("The administrator's key file, mode 0600."),
  brokers: z.array(broker).min(1).max(8),
  https: z.array(httpsEntrySchema).max(16).default([]).describe('HTTPS entries of the validators.'),
  validators: z
    .array(z.strictObject({ name: z.string(), config: path }))
    .min(4)
    .max(16),
  recoveryFiles: z.array(path).max(16).default([]).describe('Recovery pages, the earliest first.'),
  allowVolatileState: z.boolean().default(false).describe('Passed on to stores and offices: for trials only.'),
});

/** The content of region.json. */
export type RegionFile = z.infer<typeof regionFileSchema>;

/** A region as its folder holds it. */
export interface Region {
  /** Absolute. */
  readonly folder: string;
  readonly file: RegionFile;
  readonly genesis: Genesis;
  readonly genesisPath: string;
  /** New foundings, the earliest first. */
  readonly pages: readonly RecoveryPage[];
}

function fail(message: string, cause?: unknown): never {
  throw new BizainError({ code: invalid, message, cause });
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/**
 * Reads a genesis file: the encoded genesis as it is, nothing around it.
 * @throws BizainError `REGION_INVALID`.
 */
export function readGenesis(file: string): Genesis {
  const read = readFormatFile(file, genesisFormat);
  if (read.ok) return read.value;
  return fail(
    read.reason === 'UNREADABLE'
      ? `Reading the genesis file ${file} failed: ${read.detail}. Check the path.`
      : `The file ${file} is not a genesis (${read.detail}). Copy genesis.cbor from the region's folder anew.`,
  );
}

/** Writes a genesis file, readable by all: it holds no secret. */
export function writeGenesis(file: string, genesis: Genesis): void {
  writeFormatFile(file, genesisFormat, genesis);
}

/**
 * Reads the folder that `createRegion` made.
 * @throws BizainError `REGION_INVALID`.
 */
export function readRegion(folder: string): Region {
  const absolute = resolve(folder);
  const at = join(absolute, 'region.json');
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(at, 'utf8'));
  } catch (cause) {
    return fail(`Reading ${at} failed: ${reasonOf(cause)}. Name the folder that "bizain region init" made.`, cause);
  }
  const parsed = regionFileSchema.safeParse(value);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || '(top)'}: ${issue.message}`);
    return fail(`${at} is not a region file: ${faults.join('; ')}. Correct these keys.`);
  }
  const genesisPath = resolve(absolute, parsed.data.genesis);
  const pages = parsed.data.recoveryFiles.map((file) => {
    const page = readFormatFile(resolve(absolute, file), recoveryPageFormat);
    return page.ok ? page.value : fail(`The recovery page ${file} of ${at} cannot be used: ${page.detail}.`);
  });
  return { folder: absolute, file: parsed.data, genesis: readGenesis(genesisPath), genesisPath, pages };
}

/** Writes JSON for people, durably. `mode` 0600 where it holds a password. */
export function writeJson(file: string, value: unknown, mode = 0o644): void {
  writeFileAtomic(file, utf8(`${JSON.stringify(value, null, 2)}\n`), mode);
}

/** Makes a folder, private to its owner, and those above it. */
export function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
}

/**
 * Refuses to overwrite.
 * @throws BizainError `ALREADY_THERE`.
 */
export function assertAbsent(file: string, what: string): void {
  if (!existsSync(file)) return;
  const message = `${what} is there already: ${file}. Choose another folder, or remove it if nobody needs its keys.`;
  throw new BizainError({ code: there, message, context: { file } });
}
