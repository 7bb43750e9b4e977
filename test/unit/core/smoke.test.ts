import { expect, test } from 'vitest';
import { bigUint, bool, bytesOf, decode, encode, list, literal, optional, record, text, uint, variant, versioned, type Infer } from '#core/format';
import { generateSeed, publicKeyOf, signMessage, verifySignature, verifyRaw, nobleBackend, signRaw } from '#core/ed25519';
import { systemEntropy } from '#core/entropy';
import { vrfProve, vrfVerify } from '#core/vrf';
import { describeFormat } from '#core/format-reference';
import { hashPairs, batchHashIsNative } from '#core/batch-hash';
import { sha256 } from '#core/hash';
import { encodeTrusted, decodeCbor } from '#core/codec';
import { scanCbor } from '#core/cbor-scan';

function time(name: string, n: number, f: () => void) { for (let i = 0; i < n / 5; i++) f(); const t = performance.now(); for (let i = 0; i < n; i++) f(); console.log(name, ((performance.now() - t) * 1000 / n).toFixed(2), 'us'); }
test('x', () => {
  const inner = variant('op', { redeem: { tag: 1, format: record('redeem', { item: bytesOf(16) }) }, num: { tag: 2, format: uint() }, none: { tag: 3, format: record('none', {}) } });
  const f = versioned('entry', 1, { bytesMax: 4096 }, { id: bytesOf(16), seq: uint(), amount: bigUint({ bitsMax: 64 }), prev: bytesOf(32), store: text({ max: 32 }), online: bool(), note: optional(text({ max: 10 })), time: uint(), sig: bytesOf(64), op: inner, l: literal('a') });
  const v: Infer<typeof f> = { id: new Uint8Array(16), seq: 7, amount: 123n, prev: new Uint8Array(32), store: 'store-17', online: true, note: null, time: 1700000000000, sig: new Uint8Array(64), op: { kind: 'redeem', item: new Uint8Array(16) }, l: 'a' };
  const b = encode(f, v);
  expect(decode(f, b)).toEqual({ ok: true, value: v });
  console.log(describeFormat(f));
  time('encode', 100000, () => encode(f, v));
  time('decode', 100000, () => decode(f, b));
  time('scan', 100000, () => scanCbor(b, 4096, 4, 40));
  const cv = f.toCbor(v); time('cborg enc', 100000, () => encodeTrusted(cv)); time('tocbor', 100000, () => f.toCbor(v)); time('fromcbor', 100000, () => f.fromCbor(cv, ''));
  time('decodeCbor', 100000, () => decodeCbor(b, f.limits));
  const seed = generateSeed(systemEntropy); const pk = publicKeyOf(seed);
  const sig = signMessage(seed, 'd', b);
  time('sign', 2000, () => signMessage(seed, 'd', b));
  time('verify', 2000, () => verifySignature({ publicKey: pk, domain: 'd', message: b, signature: sig }));
  const rs = signRaw(seed, b); time('noble', 50, () => expect(verifyRaw(pk, b, rs, nobleBackend)).toBe(true));
  const pi = vrfProve(seed, b); time('prove', 50, () => vrfProve(seed, b)); time('vrfverify', 50, () => expect(vrfVerify(pk, b, pi).ok).toBe(true));
  const lvl = new Uint8Array(64 * 4096), out = new Uint8Array(32 * 4096);
  console.log(batchHashIsNative); time('hashPairs 4096', 100, () => hashPairs(lvl, 4096, out)); time('sha256', 20000, () => sha256(lvl.subarray(0, 64))); time('sha256 2 parts', 20000, () => sha256(lvl.subarray(0, 32), lvl.subarray(32, 64)));
  list;
});
