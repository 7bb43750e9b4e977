/** Offers for benches of the market: plain ones, and the same placed on a ledger of holders and assets. */
import { strict as assert } from 'node:assert';
import { toHex, utf8 } from '#core/bytes';
import { sha256 } from '#core/hash';
import { writeHolder } from '#ledger/accounts/holder';
import { writeAsset, writeAssetTerms } from '#ledger/assets/asset';
import { mint } from '#ledger/assets/supply';
import type { Authorship } from '#ledger/effect';
import { genesisState } from '#ledger/genesis-state';
import { ownOffersMax } from '#ledger/market/market-book';
import type { NewOffer } from '#ledger/market/offer';
import { placeOffer } from '#ledger/market/place-offer';
import type { LedgerState } from '#ledger/state/ledger-state';
import { points } from '../unit/ledger/asset-world.ts';

const dayMs = 86_400_000;
export const startMs = 1_800_000_000_000;

/** A market in which every asset has a value; its numbers are the same in every run. */
export class BenchMarket {
  readonly #values: readonly number[];
  #block: Uint8Array;
  #at = 0;

  constructor(assets: number, seed: string) {
    this.#block = sha256(utf8(seed));
    this.#values = Array.from({ length: assets }, () => 1 + this.#draw(500));
  }

  #draw(bound: number): number {
    if (this.#at === this.#block.length) {
      this.#block = sha256(this.#block);
      this.#at = 0;
    }
    const value = new DataView(this.#block.buffer, this.#block.byteOffset + this.#at, 4).getUint32(0);
    this.#at += 4;
    return value % bound;
  }

  /** An offer that asks for between `percentMin` and `percentMin + 20` per cent of the value that it gives. */
  offer(number: number, percentMin: number): NewOffer {
    const values = this.#values;
    const give = this.#draw(values.length);
    const want = (give + 1 + this.#draw(values.length - 1)) % values.length;
    const giveLeft = BigInt(1_000 + this.#draw(1_000_000));
    const price = {
      num: BigInt((values[give] as number) * (percentMin * 100 + this.#draw(2_000))),
      den: BigInt((values[want] as number) * 10_000),
    };
    const id = new Uint8Array(8);
    new DataView(id.buffer).setUint32(0, number);
    return {
      id,
      give: `asset-${give}`,
      want: `asset-${want}`,
      giveTotal: giveLeft,
      giveLeft,
      wantLeft: null,
      price,
      whole: false,
      gatheredAt: 1,
    };
  }
}

/** A ledger on which these offers were placed in block 1, each holder's as many as it may have. */
export function placedOn(offers: readonly NewOffer[], assets: number): LedgerState {
  const state = genesisState({ adminPublicKey: new Uint8Array(32), region: 'bench', validators: [] });
  const tx = state.overlay();
  for (let number = 0; number < assets; number++) {
    const asset = `asset-${number}`;
    const issued = { issued: 0n, burned: 0n, day: 0, issuedOnDay: 0n };
    writeAsset(tx, asset, { issuer: 'bank', termsVersion: 1, ...issued });
    writeAssetTerms(tx, asset, { terms: { ...points, earn: null, worth: null }, definedAtMs: startMs });
  }
  for (const [number, offer] of offers.entries()) {
    const owner = `@${toHex(sha256(utf8(`holder ${Math.floor(number / ownOffersMax)}`))).slice(0, 32)}`;
    if (number % ownOffersMax === 0)
      writeHolder(tx, owner, { issuer: 'bank', publicKey: null, epoch: 0, rebinding: null });
    assert.equal(mint(tx, { asset: offer.give, to: owner, amount: offer.giveLeft, nowMs: startMs }), 0n);
    const by: Authorship = {
      chainId: new Uint8Array(32),
      author: owner,
      epoch: 0,
      sequence: number % ownOffersMax,
      timeLowMs: startMs,
      timeHighMs: startMs,
      notAfterMs: null,
      blockTimeMs: startMs,
      height: 1,
    };
    const { outcome } = placeOffer(tx, by, {
      kind: 'offer.place',
      owner,
      give: { kind: 'units', asset: offer.give, amount: offer.giveLeft },
      want: { kind: 'units', asset: offer.want },
      price: offer.price,
      wantMax: null,
      whole: false,
      goodUntilMs: startMs + dayMs,
      consent: null,
    });
    assert.equal(outcome, 'applied');
  }
  state.commit(state.evaluate(tx, 1));
  return state;
}
