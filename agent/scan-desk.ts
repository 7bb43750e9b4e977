/** One scan at a time: what the code is, and which desk it goes to. Bad input gets a verdict, never an exception. */
import { fromUtf8, toHex } from '#core/bytes';
import { sha256 } from '#core/hash';
import { controlOfPayload } from '#drivers/symbology/own-codes';
import {
  CODE_BYTES_MAX,
  type ParsedCode,
  parseBytes,
  parseCode,
  type RecognisedCode,
} from '#drivers/symbology/parse-code';
import { scannerFaultVariants } from '#drivers/symbology/scanner-faults';
import { itemStatus, readTerms } from '#ledger/coupons/read';
import type { CouponCheckout } from './checkout/coupon-checkout.ts';
import { judgeOf, type Till } from './checkout/till.ts';
import { makeVerdict, newSlip, type ScanSlip } from './checkout/verdict-desk.ts';
import type { TerminalMode } from './status.ts';
import type { ScanInput } from './terminal-face.ts';
import { nothingFound } from './verdict/findings.ts';
import { type CouponItem, judgeCoupon } from './verdict/judge-coupon.ts';
import { judgeProduct, productOf } from './verdict/judge-product.ts';
import type { Text } from './verdict/reason-texts.ts';
import type { Verdict } from './verdict/verdict.ts';
import type { ProductDesk } from './warehouse/product-desk.ts';
import { isWarehouseMode, type WarehouseDesk } from './warehouse/warehouse-desk.ts';

/** Longest key that a verdict repeats; a longer one is named by its hash. */
const keyCharactersMax = 128;
const deviceCharactersMax = 64;
/** For asking what a code is. */
const noUse = { basket: new Uint8Array(16), purchase: null, holder: null } as const;

/** What is wanted of a scan: `scan` obeys the mode, `redeem` always sells, `verify` takes nothing. */
export type ScanWish = 'scan' | 'redeem' | 'verify';

const modeTexts: Readonly<Record<TerminalMode, Text>> = {
  sell: { en: 'Mode: sell', zh: '模式：销售' },
  receive: { en: 'Mode: receive', zh: '模式：收货' },
  pack: { en: 'Mode: pack', zh: '模式：装箱' },
  ship: { en: 'Mode: ship', zh: '模式：发货' },
  count: { en: 'Mode: count', zh: '模式：盘点' },
  void: { en: 'Mode: void', zh: '模式：作废' },
  return: { en: 'Mode: return', zh: '模式：退货' },
  inspect: { en: 'Mode: inspection passed', zh: '模式：检验合格' },
  reject: { en: 'Mode: inspection failed', zh: '模式：检验不合格' },
};

const notHereTexts: Readonly<Record<string, Text>> = {
  member: { en: 'Member code: nothing to do at this till', zh: '会员码：本机无需处理' },
  prepaid: { en: 'Prepaid card: cannot be charged at this till', zh: '储值卡：本机不能扣款' },
  sscc: { en: 'Logistics unit: scan the items in it', zh: '物流单元：请扫描其中商品' },
};

/** See the head of the file. */
export class ScanDesk {
  readonly #till: Till;
  readonly #coupons: CouponCheckout;
  readonly #products: ProductDesk;
  readonly #warehouse: WarehouseDesk;
  readonly #onMode: (mode: TerminalMode) => void;
  #mode: TerminalMode;

  constructor(parts: {
    readonly till: Till;
    readonly coupons: CouponCheckout;
    readonly products: ProductDesk;
    readonly warehouse: WarehouseDesk;
    readonly mode: TerminalMode;
    readonly onMode: (mode: TerminalMode) => void;
  }) {
    this.#till = parts.till;
    this.#coupons = parts.coupons;
    this.#products = parts.products;
    this.#warehouse = parts.warehouse;
    this.#mode = parts.mode;
    this.#onMode = parts.onMode;
  }

  /** What a product scan means now. */
  get mode(): TerminalMode {
    return this.#mode;
  }

  /** The verdict of one scan. */
  handle(input: ScanInput, wish: ScanWish, startedMs: number): Promise<Verdict> | Verdict {
    const device = (input.device ?? 'api').slice(0, deviceCharactersMax);
    const { data } = input;
    const code =
      typeof data === 'string' ? parseCode({ data, aim: input.aim ?? null }) : parseBytes(data, input.aim ?? null);
    if (!code.ok)
      return this.#unreadable(input, code, newSlip(this.#till, { kind: 'unknown', key: '' }, device, startedMs));
    const slip = newSlip(this.#till, { kind: code.kind, key: shortKey(code.key) }, device, startedMs);
    const coupon = code.coupon ?? this.#openCoupon(code);
    if (coupon !== null) {
      const use = { ...slip, kind: 'coupon', key: this.#unitKeyOf(slip, coupon) };
      return wish === 'verify' ? this.#coupons.verify(use, coupon, input) : this.#coupons.take(use, coupon, input);
    }
    if (code.kind === 'control') return this.#control(slip, code, wish);
    const product = productOf(code);
    if (product === null) return this.#other(input, slip, code, wish);
    if (wish === 'verify') return this.#products.verify(slip, product);
    const mode = wish === 'redeem' ? 'sell' : this.#mode;
    if (mode === 'sell') return this.#products.sell(slip, product);
    return isWarehouseMode(mode) ? this.#warehouse.product(slip, product, mode) : this.#products.verify(slip, product);
  }

  /** The coupon of a code that names a series with one public code, as far as that is known here. */
  #openCoupon({ elements }: RecognisedCode): CouponItem | null {
    const gcn = elements.find(({ ai, value }) => ai === '255' && value.length === 13)?.value;
    const isOpen = gcn !== undefined && readTerms(this.#till.shards.view, gcn)?.open === true;
    return isOpen ? { gcn, serial: 0, seed: null } : null;
  }

  /**
   * What the store's used-set calls it. A public code is a use of its own with every scan. So is what may be used in parts, as long
   * as the region can be asked; on its own the store takes such an item once.
   */
  #unitKeyOf(slip: ScanSlip, { gcn, serial }: CouponItem): string {
    const { shards, isOnline } = this.#till;
    const terms = readTerms(shards.view, gcn);
    const inParts = terms?.partial === true && isOnline() && itemStatus(shards.view, gcn, serial) !== 'leased';
    return terms?.open === true || inParts ? `${slip.key}/${slip.id}` : slip.key;
  }

  #control(slip: ScanSlip, code: RecognisedCode, wish: ScanWish): Verdict {
    const control = controlOfPayload(code.key.slice('control/'.length));
    const findings = { ...nothingFound, identity: 'match', status: 'sellable' } as const;
    if (control?.kind !== 'mode') {
      const desk = this.#warehouse;
      const done = wish === 'verify' ? null : control?.kind === 'confirm' ? desk.confirm(slip) : desk.undo(slip);
      if (done !== null) return done;
      const text = { en: 'Nothing to confirm or undo', zh: '没有可确认或撤销的操作' };
      return makeVerdict(this.#till, slip, { subject: 'sale', findings, text });
    }
    const mode = control.mode.toLowerCase() as TerminalMode;
    if (wish !== 'verify' && mode !== this.#mode) {
      this.#mode = mode;
      this.#warehouse.changeMode();
      this.#onMode(mode);
    }
    return makeVerdict(this.#till, slip, { subject: 'sale', findings, text: modeTexts[mode] });
  }

  /** A code of a known kind that this till has no business with, or plain text. */
  #other(input: ScanInput, slip: ScanSlip, code: RecognisedCode, wish: ScanWish): Verdict {
    if (code.kind === 'text') return this.#unreadable(input, code, slip);
    if (wish === 'scan' && isWarehouseMode(this.#mode)) {
      if (code.kind === 'sscc') return this.#warehouse.unit(slip, code.key.slice('00/'.length), this.#mode);
      const gln = code.elements.find(({ ai }) => ai === '414')?.value;
      if (gln !== undefined && this.#mode === 'ship') return this.#warehouse.shipTo(slip, gln);
    }
    const findings = { ...nothingFound, status: 'warn', reasons: ['NO_SUCH_BATCH'] } as const;
    const text = notHereTexts[code.kind];
    return makeVerdict(this.#till, slip, { subject: 'sale', findings, ...(text === undefined ? {} : { text }) });
  }

  /** Not a code, unless a badly set up scanner made it so: then the scanner is named, and nobody is suspected. */
  #unreadable(input: ScanInput, _code: ParsedCode, slip: ScanSlip): Verdict {
    const { data } = input;
    const small = data.length <= CODE_BYTES_MAX;
    const text = !small ? undefined : typeof data === 'string' ? data : fromUtf8(data);
    if (text !== undefined && scannerFaultVariants(text).some((variant) => this.#isKnown(variant))) {
      const findings = { ...nothingFound, fault: 'scanner', reasons: ['SCANNER_FAULT'] } as const;
      return makeVerdict(this.#till, slip, { subject: 'sale', findings });
    }
    return makeVerdict(this.#till, slip, { subject: 'sale', findings: { ...nothingFound, reasons: ['BAD_CODE'] } });
  }

  /** Whether a text names something that the cached ledger knows. */
  #isKnown(text: string): boolean {
    const code = parseCode({ data: text });
    if (!code.ok) return false;
    const judge = judgeOf(this.#till);
    if (code.coupon !== undefined) return judgeCoupon(judge, code.coupon, noUse).identity === 'match';
    const product = productOf(code);
    return product !== null && judgeProduct(judge, product, 'sell').identity === 'match';
  }
}

function shortKey(key: string): string {
  return key.length <= keyCharactersMax ? key : `sha256/${toHex(sha256(new TextEncoder().encode(key)))}`;
}
