// What a scanner model is, as data: the schema of firmware-profiles/<vendor>/<model>.json.

import { z } from 'zod';
import { FRAMING_MODES } from '../framing/create-framer.ts';

const hexId = z.string().regex(/^[0-9a-f]{4}$/);

const lineSettings = z.strictObject({
  framing: z.enum(FRAMING_MODES).describe('How the device marks the end of a scan; crlf accepts CR, LF and CR LF.'),
  idleMs: z
    .int()
    .min(5)
    .max(10_000)
    .default(500)
    .describe('Silence in milliseconds after which a scan is over (idle) or given up (all other framings).'),
  aimPrefix: z
    .enum(['none', 'when-present'])
    .default('when-present')
    .describe('Whether the device may put an AIM identifier such as ]d2 in front of the data.'),
  encoding: z.enum(['utf-8', 'latin1']).default('utf-8').describe('Encoding of the data on the line.'),
});

/** Schema of a profile file; unknown keys are refused. */
export const profileSchema = z.strictObject({
  $schema: z.string().optional().describe('Path of the JSON Schema, for editors.'),
  vendor: z.string().min(1).max(60),
  model: z.string().min(1).max(120),
  source: z.array(z.string().min(1)).min(1).describe('Where each fact comes from: manual and page, dump, own test.'),
  notes: z.string().max(2_000).optional().describe('What a person setting up the device should know.'),
  tcp: lineSettings.optional().describe('Settings when the device is reached over TCP.'),
  serial: lineSettings
    .extend({ baudRate: z.int().min(300).max(1_000_000).default(9_600) })
    .optional()
    .describe('Settings when the device is on a serial port or USB-COM.'),
  hidPos: z
    .strictObject({
      layout: z.enum(['A']).describe('Report layout; A is that of Hand Held Products and Honeywell.'),
      usbIds: z.array(z.strictObject({ vendorId: hexId, productId: hexId })).max(32),
      continuationMs: z
        .int()
        .min(5)
        .max(5_000)
        .default(500)
        .describe('Silence in milliseconds after which a scan whose next report stays away is over.'),
    })
    .optional()
    .describe('Settings when the device is in USB HID POS mode (usage page 8C).'),
});

/** A scanner model. */
export type Profile = z.infer<typeof profileSchema>;

/** How scans stand on a line of bytes. */
export type LineSettings = z.infer<typeof lineSettings>;

/** How a device in HID POS mode reports. */
export type HidPosSettings = NonNullable<Profile['hidPos']>;
