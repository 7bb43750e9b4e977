import { create } from 'qrcode';
import { describe, expect, it } from 'vitest';
import { utf8 } from '#core/bytes';
import { SeededEntropy, uniformInt } from '#core/entropy';
import { decode, encode } from '#core/format';
import { sha256 } from '#core/hash';
import { merklePath, merkleRoot } from '#core/merkle';
import { type Receipt, receiptLeaf, receiptsRootOf } from '#ledger/receipt';
import { resultRoot } from '#ledger/state/roots';
import {
  genesisSets,
  type ReceiptProof,
  receiptProofFormat,
  receiptProofOf,
  verifyReceiptProof,
} from '#sync/light-client/receipt-proof';
import { TestRegion } from '../../fixtures/region.ts';

const hashOf = (text: string): Uint8Array => sha256(utf8(text));

/** A redemption with one line, as the 1,234th receipt of a full block of 5,000, certified by five of seven. */
function redemption(): { region: TestRegion; proof: ReceiptProof; receipt: Receipt } {
  const region = new TestRegion({ validatorCount: 7 });
  const { header: parent } = region.commit();
  const header = { ...parent, height: 1_234_567, viewOfOrigin: 12, beaconProof: new Uint8Array(80).fill(7) };
  const receipt: Receipt = {
    author: '4012345000009/lane-1',
    epoch: 1,
    stream: 0,
    sequence: 123_456,
    entryHash: hashOf('entry'),
    height: header.height,
    timeMs: header.timeMs,
    outcome: 0,
    reasons: 0n,
    value: 10_000n,
    movements: [],
    lines: [{ line: 3, reservation: 123_455, amount: 10_000n }],
  };
  const leaves = Array.from({ length: 5_000 }, (_, index) => hashOf(`receipt ${index}`));
  const index = 1_234;
  leaves[index] = receiptLeaf(receipt);
  const stateRoot = hashOf('state');
  const certified = resultRoot(stateRoot, receiptsRootOf(leaves.length, merkleRoot(leaves)));
  const lightBlock = { header, certificate: region.certify(header, certified) };
  const place = { receipt, stateRoot, receiptCount: leaves.length, index, path: merklePath(leaves, index) };
  return { region, receipt, proof: receiptProofOf(lightBlock, place) };
}

describe('the proof of a receipt', () => {
  it('with header, certificate of seven and path of a full block is under 1,300 bytes and fits one QR code', () => {
    const { region, proof, receipt } = redemption();
    const bytes = encode(receiptProofFormat, proof);
    expect(proof.signers).toHaveLength(5);
    expect(bytes.length).toBeLessThan(1_300);
    expect(create([{ data: bytes, mode: 'byte' }], { errorCorrectionLevel: 'M' }).version).toBeLessThanOrEqual(30);
    const read = decode(receiptProofFormat, bytes);
    expect(read.ok && verifyReceiptProof(genesisSets(region.genesis), read.value)).toEqual({
      ok: true,
      value: receipt,
    });
  });

  it('proves nothing on another chain, for another set, or with one signature less', () => {
    const { region, proof } = redemption();
    const other = new TestRegion({ region: 'other', validatorCount: 7 });
    expect(verifyReceiptProof(genesisSets(other.genesis), proof)).toMatchObject({ reason: 'OTHER_CHAIN' });
    const set = { ...proof, header: { ...proof.header, validatorSetHash: hashOf('set') } };
    expect(verifyReceiptProof(genesisSets(region.genesis), set)).toMatchObject({ reason: 'OTHER_VALIDATORS' });
    const fewer = { ...proof, signers: proof.signers.slice(1), signatures: proof.signatures.subarray(64) };
    expect(verifyReceiptProof(genesisSets(region.genesis), fewer)).toMatchObject({ reason: 'TOO_FEW' });
    const ragged = { ...proof, signatures: proof.signatures.subarray(1) };
    expect(verifyReceiptProof(genesisSets(region.genesis), ragged)).toMatchObject({ reason: 'BAD_SIGNATURE' });
    expect(verifyReceiptProof(genesisSets(region.genesis), { ...proof, index: 5_000 })).toMatchObject({
      reason: 'BAD_RECEIPTS_ROOT',
    });
  });

  const { BIZAIN_SEED: seed = 'receipt-proof-1' } = process.env;

  it(`with any byte changed is refused or no proof (seed ${seed})`, () => {
    const { region, proof } = redemption();
    const bytes = encode(receiptProofFormat, proof);
    const entropy = new SeededEntropy(seed);
    let reached = 0;
    for (let n = 0; n < 1_500; n++) {
      const changed = bytes.slice();
      const at = uniformInt(entropy, changed.length);
      changed[at] = (changed[at] as number) ^ (1 << uniformInt(entropy, 8));
      const read = decode(receiptProofFormat, changed);
      if (!read.ok) continue;
      reached++;
      expect(verifyReceiptProof(genesisSets(region.genesis), read.value).ok, `byte ${at}`).toBe(false);
    }
    expect(reached).toBeGreaterThan(500);
  });
});
