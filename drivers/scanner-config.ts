// The configuration of one scanner, by transport. Unknown keys are refused.

import { z } from 'zod';

const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
  .default('scanner')
  .describe('Name in logs, events and health; unique on the terminal.');
const profile = z.string().regex(/^[a-z0-9][a-z0-9-]*\/[a-z0-9][a-z0-9-]*$/);
const host = z.string().min(1).max(253);
const hexId = z.string().regex(/^[0-9a-fA-F]{4}$/);

/** Schema of a scanner's configuration, told apart by `transport`. */
export const scannerConfigSchema = z.discriminatedUnion('transport', [
  z.strictObject({
    transport: z.literal('tcp-client'),
    name,
    host,
    port: z.int().min(1).max(65_535),
    profile: profile.default('generic/tcp-stx-etx'),
  }),
  z.strictObject({
    transport: z.literal('tcp-server'),
    name,
    host: host.default('127.0.0.1'),
    port: z.int().min(0).max(65_535).describe('0 takes a free port.'),
    profile: profile.default('generic/tcp-stx-etx'),
  }),
  z.strictObject({
    transport: z.literal('serial'),
    name,
    path: z.string().min(1).max(1_024),
    baudRate: z.int().min(300).max(1_000_000).optional().describe('Baud; without it the profile decides.'),
    profile: profile.default('generic/line'),
  }),
  z.strictObject({ transport: z.literal('stdin'), name }),
  z.strictObject({
    transport: z.literal('folder'),
    name,
    path: z.string().min(1).max(1_024),
    pollMs: z.int().min(50).max(10_000).default(200).describe('Milliseconds between looks into the folder.'),
  }),
  z.strictObject({
    transport: z.literal('hid-pos'),
    name,
    vendorId: hexId,
    productId: hexId,
    profile: profile.default('honeywell/voyager'),
  }),
]);

/** A scanner's configuration with the defaults filled in. */
export type ScannerConfig = z.infer<typeof scannerConfigSchema>;
