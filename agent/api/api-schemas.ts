/** The bodies and answers of the local API as Zod schemas: requests are checked by them, the OpenAPI page is made from them. */
import { z } from 'zod';
import { reasonNames } from '#ledger/reasons';
import { basketLinesMax } from '../checkout/basket-lines.ts';

/** Longest code that is passed on; what is longer cannot be a code (drivers/symbology refuses over 8,192 bytes). */
export const codeCharactersMax = 65_536;
/** Largest request body, bytes. */
export const bodyBytesMax = 64 * 1_024;

const basketId = z.string().regex(/^[0-9a-f]{32}$/);
const amount = z
  .string()
  .regex(/^[0-9]{1,27}$/)
  .describe('Decimal string of base units.');
const product = z
  .string()
  .regex(/^([0-9]{14}|[a-z]+(\.[A-Za-z0-9_-]+)+)$/)
  .max(64);
const holderId = z.string().regex(/^@[0-9a-f]{32}$/);
const bilingual = z.object({ en: z.string(), zh: z.string() });
const entry = z.object({ stream: z.int(), sequence: z.int() });

/** Body of scan, verify and redeem. */
export const codeBodySchema = z
  .strictObject({
    code: z.string().max(codeCharactersMax).describe('What the reader sent, as text. GS as \\u001d.'),
    aim: z
      .string()
      .regex(/^\][A-Za-z][0-9A-Za-z]$/)
      .nullable()
      .optional()
      .describe('AIM identifier, if the reader gives one apart.'),
    device: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
      .optional()
      .describe('Name of the reader for the record; "api" if left out.'),
    basket: basketId.optional().describe('Basket to put it in; the open one if left out.'),
    purchase: z
      .strictObject({
        spend: amount.describe('Price of the lines that the coupon applies to, base units.'),
        products: z.array(product).max(32).default([]).describe('Trade items among them that the coupon names.'),
      })
      .optional()
      .describe('What a coupon is used on; left out, the lines of the closing basket say it.'),
    holder: holderId.optional().describe('The customer’s id on the ledger, as the issuer gave it to the POS program.'),
  })
  .describe('A code to judge.');

/** Body of closing a basket. */
export const closeBodySchema = z
  .strictObject({
    basketHash: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional()
      .describe('SHA-256 of the POS program’s basket lines, signed into the entry.'),
    lines: z
      .array(
        z.strictObject({
          line: z.int().min(0).max(9_999).describe('The POS program’s number of the line.'),
          amount: amount.describe('Price of the line before coupons, base units.'),
          product: product.optional().describe('GTIN-14, or the name that terms use.'),
        }),
      )
      .min(1)
      .max(basketLinesMax)
      .optional()
      .describe(
        'The basket as sold. Coupons that depend on the purchase need it; receipts then say what each line was paid with.',
      ),
  })
  .describe('What the basket closes with.');

/** Body of releasing a basket: an empty object. */
export const releaseBodySchema = z.strictObject({}).describe('Nothing: an empty object.');

/** Path of a basket. */
export const basketParamsSchema = z.strictObject({ id: basketId });

/** The answer to a scan (agent/verdict/verdict.ts is its TypeScript form). */
export const verdictSchema = z
  .object({
    id: z.string().regex(/^[0-9a-f]{16}$/),
    terminal: z.string(),
    device: z.string(),
    kind: z.string(),
    key: z.string().describe('Canonical key; empty where the code could not be read.'),
    decision: z.enum(['accept', 'warn', 'refuse']),
    identity: z.enum(['match', 'no-match', 'unverifiable']),
    status: z.enum(['sellable', 'warn', 'blocked']),
    finality: z
      .enum(['final', 'guaranteed', 'provisional', 'none'])
      .describe('final: ordered by the region. guaranteed: a unit this store owns. provisional: inside a risk budget.'),
    basis: z.enum(['certificate', 'fresh-shard', 'stale-shard', 'signature-only', 'none']),
    fault: z.enum(['none', 'scanner', 'clock']),
    reasons: z.array(z.enum(reasonNames)),
    text: bilingual,
    title: z.string().nullable(),
    value: amount.nullable(),
    unit: z.string().nullable(),
    priorUse: z.object({ here: z.boolean(), terminal: z.string().nullable(), atMs: z.number().nullable() }).nullable(),
    entry: entry.nullable().describe('Journal entry that carries it.'),
    basket: z.string().nullable(),
    height: z.int().nullable(),
    checkCode: z.string().describe('8 characters for the receipt.'),
    timeLowMs: z.number(),
    timeHighMs: z.number(),
    elapsedMs: z.number(),
  })
  .describe('What the person at the till is told.');

/** The answer to closing or releasing a basket. 409 when `done` is false. */
export const basketAnswerSchema = z
  .object({
    id: z.string(),
    action: z.enum(['close', 'release']),
    done: z.boolean(),
    coupons: z.int(),
    values: z.array(z.object({ unit: z.string(), value: amount })),
    entry: entry.nullable(),
    text: bilingual,
  })
  .describe('What became of a basket.');

/** Entries that wait for their receipt. */
export const queueSchema = z
  .object({
    entries: z.array(
      z.object({
        stream: z.int(),
        sequence: z.int(),
        kind: z.string(),
        state: z.string(),
        key: z.string().nullable(),
        value: amount.nullable(),
        ageMs: z.number().nullable(),
        verdictId: z.string().nullable(),
      }),
    ),
  })
  .describe('Journal entries without a receipt, oldest first.');

const tally = z.object({ count: z.int(), values: z.array(z.object({ unit: z.string(), value: amount })) });

/** The books of the shift. */
export const booksSchema = z
  .object({
    openingPending: tally,
    accepted: tally,
    final: tally,
    conflicted: tally,
    refused: tally,
    voided: tally,
    lost: tally,
    pending: tally,
    balanced: z.boolean(),
  })
  .describe('opening + accepted = final + conflicted + refused + voided + lost + pending.');

/** What the last scans would have got with the line cut. */
export const rehearsalSchema = z
  .object({
    scans: z.int(),
    guaranteed: z.int(),
    provisional: z.int(),
    refused: z.int(),
    atRisk: z.array(z.object({ unit: z.string(), value: amount })),
  })
  .describe('An outage rehearsed on the last scans.');

/** Health: an open object, because health only ever gains members (agent/status.ts lists them all). */
export const statusSchema = z
  .looseObject({
    version: z.string(),
    terminal: z.string(),
    store: z.string(),
    role: z.enum(['lane', 'station']),
    mode: z.string(),
    ready: z.boolean(),
    line: z.looseObject({ connected: z.boolean(), sinceMs: z.number(), forMs: z.number() }),
    head: z.looseObject({ height: z.int(), timeMs: z.number() }).nullable(),
    books: booksSchema,
  })
  .describe('Everything a person or a program asks a terminal about its health.');

/** A refusal by the API itself. */
export const refusalSchema = z.object({ error: z.string(), message: z.string() }).describe('Why there is no answer.');
