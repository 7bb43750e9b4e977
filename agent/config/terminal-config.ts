/** The configuration of one terminal: a strict schema with a unit, a default and bounds for every key. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { BizainError } from '#core/errors';
import { scannerConfigSchema } from '#drivers/scanner-config';
import { httpsEntrySchema } from './entry-points.ts';
import type { TerminalErrorCode } from './errors.ts';

const code: TerminalErrorCode = 'CONFIG_INVALID';
const path = z.string().min(1).max(1_024);
const host = z.string().min(1).max(253);
const gcn = z.string().regex(/^[0-9]{13}$/);
const batch = z.string().regex(/^([0-9]{14}|cn\.drug\.[0-9]{7}|own\.[a-z0-9._-]{1,36}|00)\/[!-~]{1,20}$/);

const broker = z.strictObject({
  url: z
    .string()
    .regex(/^(mqtts?|wss?):\/\//)
    .max(1_024)
    .describe('MQTT broker, e.g. mqtts://broker.example:8883. Several are tried in turn.'),
  username: z.string().max(256).optional(),
  password: z.string().max(1_024).optional(),
  protocol: z
    .union([z.literal('auto'), z.literal(4), z.literal(5)])
    .default('auto')
    .describe('MQTT protocol level; auto: 5, then 3.1.1.'),
});

const hub = z.strictObject({
  listen: z
    .strictObject({ host, port: z.int().min(0).max(65_535) })
    .optional()
    .describe(
      'Where this terminal serves the other lanes while the ledger names it as the hub. Port 0 takes a free one.',
    ),
  url: z
    .string()
    .regex(/^http:\/\//)
    .max(1_024)
    .optional()
    .describe('Where the hub is reached, e.g. http://192.168.1.10:7390. Messages are signed both ways.'),
});

const deadlines = z.strictObject({
  onlineMs: z.int().min(100).max(30_000).default(1_500).describe('Milliseconds to wait for the region at a scan.'),
  hubMs: z.int().min(20).max(5_000).default(300).describe('Milliseconds to wait for the hub at a scan.'),
  basketMs: z
    .int()
    .min(10_000)
    .max(86_400_000)
    .default(1_800_000)
    .describe('Milliseconds after which an untouched open basket is released.'),
});

/** Schema of a terminal's configuration file (JSON). Relative paths count from the file's folder. */
export const terminalConfigSchema = z.strictObject({
  genesis: path.describe("The region's genesis file."),
  checkpointFile: path
    .optional()
    .describe(
      "A checkpoint signed by the region's operators, for a terminal that was away for longer than 400 days, or that was shown two histories. Read at every start; one older than what the terminal knows changes nothing.",
    ),
  recoveryFiles: z
    .array(path)
    .max(16)
    .default([])
    .describe("Recovery pages of the region's operators, the earliest first, where it has been founded anew."),
  keyFile: path.describe('Secret key of the terminal, 64 hex characters, mode 0600.'),
  stateDir: path.describe('Folder of journal.db and shard.db: on a real disk, private to the agent.'),
  terminal: z
    .string()
    .regex(/^[0-9]{13}\/[a-z0-9][a-z0-9._-]{0,15}$/)
    .describe('Account of the terminal, <store GLN>/<lane>.'),
  epoch: z.int().min(0).max(0xffff_ffff).describe('Epoch under which the terminal is enrolled.'),
  role: z.enum(['lane', 'station']).default('lane'),
  mode: z.enum(['sell', 'receive']).default('sell').describe('What a product scan means after start.'),
  hub: hub.default({}),
  brokers: z.array(broker).min(1).max(8),
  https: z
    .array(httpsEntrySchema)
    .max(16)
    .default([])
    .describe('Validators reached without a broker: used when brokers fail, and beside one that loses what it takes.'),
  scanners: z.array(scannerConfigSchema).max(16).default([]),
  api: z
    .strictObject({
      host: host.default('127.0.0.1'),
      port: z.int().min(0).max(65_535).default(7_380).describe('0 takes a free port.'),
      tokenFile: path.default('api-token').describe('Bearer token of the local API; made at the first start.'),
    })
    .prefault({}),
  cache: z
    .strictObject({
      series: z.union([z.literal('all'), z.array(gcn).max(10_000)]).default('all'),
      batches: z
        .union([z.literal('all'), z.array(batch).max(10_000)])
        .default('all')
        .describe('<trade item>/<lot> each; logistics units as 00/<first 14 digits of their SSCCs>.'),
      reference: z
        .enum(['block', 'checkpoint'])
        .default('block')
        .describe(
          'When series, alliances and batches are brought up to date: with every block, or merged every 10 to 60 seconds, which costs a till with many of them far less.',
        ),
    })
    .prefault({}),
  deadlines: deadlines.prefault({}),
  basket: z
    .enum(['each-scan', 'manual'])
    .default('each-scan')
    .describe('each-scan: a scan is a whole checkout. manual: scans gather until the basket is closed.'),
  lanes: z
    .int()
    .min(1)
    .max(64)
    .default(8)
    .describe('Lanes that the budgets kept for hub failures are split among: at least as many as the store has.'),
  laneShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('Part of every budget that is split among the lanes for when the hub is away; the rest is the hub pool.'),
  timeZone: z
    .string()
    .max(64)
    .optional()
    .describe('IANA time zone for times shown to people; the machine zone if left out.'),
  allowVolatileState: z
    .boolean()
    .default(false)
    .describe('Accept a state folder that a power cut wipes. For trials only.'),
});

/** A terminal's configuration with the defaults filled in. */
export type TerminalConfig = z.infer<typeof terminalConfigSchema>;

function invalid(message: string, file: string, cause?: unknown): never {
  throw new BizainError({ code, message, context: { file }, cause });
}

/** The JSON Schema (draft 2020-12) of the file, for editors. */
export function terminalConfigJsonSchema(): object {
  return z.toJSONSchema(terminalConfigSchema, { io: 'input' });
}

/**
 * Reads a configuration value; relative paths are made absolute against `folder`.
 * @throws BizainError `CONFIG_INVALID` that names every key that is wrong and why.
 */
export function parseTerminalConfig(value: unknown, folder: string, file = 'the configuration'): TerminalConfig {
  const parsed = terminalConfigSchema.safeParse(value);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || '(top)'}: ${issue.message}`);
    return invalid(`Reading ${file} failed: ${faults.join('; ')}. Correct these keys.`, file, parsed.error);
  }
  const config = parsed.data;
  const at = (relative: string): string => resolve(folder, relative);
  return {
    ...config,
    genesis: at(config.genesis),
    recoveryFiles: config.recoveryFiles.map(at),
    ...(config.checkpointFile === undefined ? {} : { checkpointFile: at(config.checkpointFile) }),
    keyFile: at(config.keyFile),
    stateDir: at(config.stateDir),
    api: { ...config.api, tokenFile: at(config.api.tokenFile) },
    scanners: config.scanners.map((scanner) =>
      scanner.transport === 'folder' ? { ...scanner, path: at(scanner.path) } : scanner,
    ),
  };
}

/**
 * Reads a configuration file.
 * @throws BizainError `CONFIG_INVALID` when it cannot be read, is not JSON, or breaks the schema.
 */
export function loadTerminalConfig(file: string): TerminalConfig {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return invalid(
      `Reading the configuration ${file} failed: ${reason}. Check the path and that it is JSON.`,
      file,
      cause,
    );
  }
  return parseTerminalConfig(value, dirname(resolve(file)), file);
}
