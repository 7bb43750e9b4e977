// BIZAIN's own prefixed codes besides coupons: control codes for people without a keyboard, prepaid cards, members, and
// products that have no GTIN.

import type { ParseFault } from './parse-reason.ts';

/** Modes that a printed control code can switch to. */
export const CONTROL_MODES = [
  'RECEIVE',
  'PACK',
  'SHIP',
  'COUNT',
  'SELL',
  'VOID',
  'RETURN',
  'INSPECT',
  'REJECT',
] as const;

/** One of the modes. */
export type ControlMode = (typeof CONTROL_MODES)[number];

/** What a control code asks for. */
export type ControlCode =
  | { readonly kind: 'mode'; readonly mode: ControlMode }
  | { readonly kind: 'confirm' }
  | { readonly kind: 'undo' };

/** What a prefixed code is; `payload` is what stands behind the prefix. */
export interface OwnCode {
  readonly kind: 'control' | 'prepaid' | 'member' | 'product';
  readonly payload: string;
}

const PREFIXES = { 'BZC:': 'control', 'BZP:': 'prepaid', 'BZM:': 'member', 'BZT:': 'product' } as const;
const PAYLOAD = /^[0-9A-Z-]{1,64}$/;
/** A product: brand and name with a dot between them, a slash, and the serial; capital letters, as QR codes hold them best. */
const PRODUCT = /^[0-9A-Z][0-9A-Z-]*\.[0-9A-Z][0-9A-Z.-]*\/[0-9A-Z-]{1,20}$/;
const productCharactersMax = 57;

/** Reads a code of our own; null when the prefix is none of ours, a fault when what follows is not right. */
export function readOwnCode(text: string): OwnCode | ParseFault | null {
  const kind = PREFIXES[text.slice(0, 4) as keyof typeof PREFIXES];
  if (kind === undefined) return null;
  const payload = text.slice(4);
  if (kind === 'control') {
    if (controlOfPayload(payload) !== null) return { kind, payload };
    return { reason: 'BAD_CONTROL_CODE', detail: 'no such control code; print a new sheet' };
  }
  if (kind === 'product') {
    if (payload.length <= productCharactersMax && PRODUCT.test(payload)) return { kind, payload };
    return { reason: 'BAD_CHARSET', detail: 'takes BRAND.NAME/SERIAL in digits, capital letters, hyphens and dots' };
  }
  if (PAYLOAD.test(payload)) return { kind, payload };
  if (payload.length < 1 || payload.length > 64) return { reason: 'BAD_LENGTH', detail: 'takes 1 to 64 characters' };
  return { reason: 'BAD_CHARSET', detail: 'takes digits, capital letters and hyphens' };
}

/** What the payload of a control code asks for: `MODE=SELL`, `CONFIRM`, `UNDO`; null for anything else. */
export function controlOfPayload(payload: string): ControlCode | null {
  if (payload === 'CONFIRM') return { kind: 'confirm' };
  if (payload === 'UNDO') return { kind: 'undo' };
  const mode = CONTROL_MODES.find((candidate) => payload === `MODE=${candidate}`);
  return mode === undefined ? null : { kind: 'mode', mode };
}
