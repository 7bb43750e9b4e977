/** The configuration of one validator: a strict schema with a unit, a default and bounds for every key. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { BizainError } from '#core/errors';
import { checkpointMsDefault } from './checkpoints.ts';
import type { ValidatorErrorCode } from './errors.ts';
import { snapshotAfterBlocksDefault } from './snapshot-need.ts';

const code: ValidatorErrorCode = 'VALIDATOR_CONFIG_INVALID';
const configBytesMax = 256 * 1024;
const path = z.string().min(1).max(1_024);
const host = z.string().min(1).max(253);
const port = z.int().min(1).max(65_535);
const listen = z.strictObject({ host, port: z.int().min(0).max(65_535).describe('0 takes a free port.') });

const broker = z.strictObject({
  url: z
    .string()
    .regex(/^(mqtts?|wss?):\/\//)
    .max(1_024)
    .describe('MQTT broker, e.g. mqtt://127.0.0.1:1883. MQTT 3.1.1 is spoken.'),
  username: z.string().max(256).optional(),
  password: z.string().max(1_024).optional(),
});

/** Schema of a validator's configuration file (JSON). Relative paths count from the file's folder. */
export const validatorConfigSchema = z.strictObject({
  genesis: path.describe("The region's genesis file."),
  keyFile: path.describe('Secret key of the validator, 64 hex characters, mode 0600.'),
  nextKeyFile: path
    .optional()
    .describe(
      'Secret key that is to take its place, by itself: the validator asks the ledger for it, and starts anew when it is in force. Then it becomes the `keyFile`, and `name` is set.',
    ),
  name: z
    .string()
    .min(1)
    .max(32)
    .optional()
    .describe(
      'Name of the validator, for one that the genesis does not know by its key: it joined later or has a new key.',
    ),
  stateDir: path.describe('Folder of validator.db: on a real disk, private to the validator.'),
  peerListen: listen.describe('Where the other validators connect to.'),
  peers: z
    .array(z.strictObject({ name: z.string().min(1).max(32), host, port }))
    .min(1)
    .max(16)
    .describe('The other validators by their names in the genesis. An entry for this validator itself is passed over.'),
  brokers: z.array(broker).min(1).max(8).describe('All of them are served at the same time.'),
  https: z
    .strictObject({
      ...listen.shape,
      username: z.string().min(1).max(256).optional(),
      password: z.string().max(1_024).default('').describe('Asked of terminals where a username is set.'),
    })
    .optional()
    .describe(
      "Where terminals reach this validator by HTTPS, beside the brokers; the certificate is the validator's own key.",
    ),
  recoveryFiles: z
    .array(path)
    .max(16)
    .default([])
    .describe("Recovery pages of the region's operators, the earliest first, where it has been founded anew."),
  executorFolder: path
    .optional()
    .describe(
      'Folder of further executors of contract calls, each a file `<name>-<version>.mjs`, read when first called.',
    ),
  checkpointMs: z
    .int()
    .min(1_000)
    .max(600_000)
    .default(checkpointMsDefault)
    .describe(
      'Milliseconds of certificate time from checkpoint to checkpoint (snapshots, merged deltas): 10,000 to 60,000 for shops, the same at all validators.',
    ),
  metrics: listen
    .optional()
    .describe(
      'Where `GET /metrics` (Prometheus text), `/status` (JSON) and `/ready` are served, if anywhere: a private address.',
    ),
  keepBlocks: z
    .int()
    .min(10_000)
    .nullable()
    .default(null)
    .describe(
      'Blocks whose segments and receipts are kept, e.g. 1000000; null keeps all. Where all validators have dropped a receipt, a terminal that was away for so long does not get it any more.',
    ),
  snapshotAfterBlocks: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(snapshotAfterBlocksDefault)
    .describe(
      'Blocks behind its peers from which a validator fetches the state of a checkpoint instead of all blocks; it then has none of the receipts before.',
    ),
  signatureThreads: z
    .int()
    .min(0)
    .max(16)
    .optional()
    .describe(
      'Threads that check signatures of segments. 0: in the main one, between other work. Default: 0 on up to three cores, otherwise the cores less two, at most 4.',
    ),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

/** A checked configuration, paths absolute. */
export type ValidatorConfig = z.output<typeof validatorConfigSchema>;
/** A configuration as it may be written, defaults left out. */
export type ValidatorConfigInput = z.input<typeof validatorConfigSchema>;

/** Checks a configuration value; relative paths count from `folder`. Throws `VALIDATOR_CONFIG_INVALID`. */
export function parseValidatorConfig(value: unknown, folder: string): ValidatorConfig {
  const parsed = validatorConfigSchema.safeParse(value);
  if (!parsed.success) {
    const issues = parsed.error.issues.map((i) => `${i.path.join('.') || '(top)'}: ${i.message}`).slice(0, 8);
    const message = `The validator configuration is not valid: ${issues.join('; ')}. Correct these keys.`;
    throw new BizainError({ code, message, context: { folder } });
  }
  const { data } = parsed;
  return {
    ...data,
    genesis: resolve(folder, data.genesis),
    keyFile: resolve(folder, data.keyFile),
    nextKeyFile: data.nextKeyFile === undefined ? undefined : resolve(folder, data.nextKeyFile),
    stateDir: resolve(folder, data.stateDir),
    recoveryFiles: data.recoveryFiles.map((file) => resolve(folder, file)),
    executorFolder: data.executorFolder === undefined ? undefined : resolve(folder, data.executorFolder),
  };
}

/** Reads and checks a configuration file. Throws `VALIDATOR_CONFIG_INVALID`. */
export function readValidatorConfig(file: string): ValidatorConfig {
  let value: unknown;
  try {
    const text = readFileSync(file, 'utf8');
    if (text.length > configBytesMax) throw new Error(`it is larger than ${configBytesMax} bytes`);
    value = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `The validator configuration ${file} cannot be read: ${reason}. Check the path and that it is JSON.`;
    throw new BizainError({ code, message, context: { file }, cause });
  }
  return parseValidatorConfig(value, dirname(resolve(file)));
}
