import { describe, expect, it } from 'vitest';
import { assert } from '#core/assert';
import { LightClient } from '#sync/light-client/light-client';
import type { LightBlock, ReceiptsMessage } from '#sync/wire/gateway-message';
import { commitPhase, preparePhase } from '#sync/wire/vote';
import { type MadeBlock, TestRegion } from '../../fixtures/region.ts';

const bytes32 = new Uint8Array(32).fill(7);

function regionWithBlocks(count = 3): TestRegion {
  const region = new TestRegion();
  region.openStore({ store: '4012345000009', merchant: 'm1', lanes: ['1', '2'] });
  while (region.blocks.length < count) region.commit();
  return region;
}

function blockAt(region: TestRegion, height: number): MadeBlock {
  const block = region.blocks[height - 1];
  assert(block !== undefined, `no block ${height}`);
  return block;
}

function receiptsOf(region: TestRegion): ReceiptsMessage {
  const message = region.receiptsMessage(blockAt(region, 1), 'admin');
  assert(message !== null, 'the admin has receipts');
  return message;
}

describe('heads', () => {
  it('move forward only, and gaps in height are fine', () => {
    const region = regionWithBlocks();
    const light = new LightClient(region.genesis);
    expect(light.acceptHead(blockAt(region, 1).lightBlock)).toEqual({ ok: true, value: 'newer' });
    expect(light.acceptHead(blockAt(region, 3).lightBlock)).toEqual({ ok: true, value: 'newer' });
    expect(light.acceptHead(blockAt(region, 2).lightBlock)).toEqual({ ok: true, value: 'known' });
    expect(light.acceptHead(blockAt(region, 3).lightBlock)).toEqual({ ok: true, value: 'known' });
    expect(light.head?.header.height).toBe(3);
  });

  it('are told of once each, whatever message brings them', () => {
    const region = regionWithBlocks();
    const heights: number[] = [];
    const light = new LightClient(region.genesis, undefined, { onHead: ({ header }) => heights.push(header.height) });
    light.checkReceipts(receiptsOf(region));
    light.acceptHead(blockAt(region, 1).lightBlock);
    light.acceptHead(blockAt(region, 2).lightBlock);
    expect(heights).toEqual([1, 2]);
  });

  it('survive a restart, and a stored head that does not verify is ignored', () => {
    const region = regionWithBlocks();
    const head = blockAt(region, 2).lightBlock;
    const light = new LightClient(region.genesis);
    light.acceptHead(head);
    const place = light.export();
    expect(place).toMatchObject({ head, trustedMs: head.header.timeMs });
    expect(new LightClient(region.genesis, place).export()).toEqual(place);
    const forged = { ...place, head: { ...head, header: { ...head.header, timeMs: 1 } } };
    expect(new LightClient(region.genesis, forged).export()).toEqual(new LightClient(region.genesis).export());
  });

  it('of another chain are refused though every signature is good', () => {
    const other = new TestRegion({ region: 'other' });
    other.commit();
    const light = new LightClient(regionWithBlocks().genesis);
    expect(light.acceptHead(other.head.lightBlock)).toMatchObject({ ok: false, reason: 'OTHER_CHAIN' });
  });
});

describe('a forged certificate', () => {
  const region = regionWithBlocks(2);
  const { header, certificate } = blockAt(region, 2).lightBlock;
  const first = certificate.signatures[0];
  assert(first !== undefined, 'a certificate has signatures');
  const cases: [string, LightBlock][] = [
    ['OTHER_BLOCK', { header: { ...header, timeMs: header.timeMs + 1 }, certificate }],
    ['OTHER_VALIDATORS', { header: { ...header, validatorSetHash: bytes32 }, certificate }],
    ['NOT_COMMIT', { header, certificate: { ...certificate, phase: preparePhase } }],
    ['OTHER_HEIGHT', { header, certificate: { ...certificate, height: 1 } }],
    ['BAD_SIGNATURE', { header, certificate: { ...certificate, resultRoot: bytes32 } }],
    ['BAD_SIGNATURE', { header, certificate: { ...certificate, view: 9 } }],
    ['TOO_FEW', { header, certificate: region.certify(header, certificate.resultRoot, [0, 1]) }],
    ['NOT_ASCENDING', { header, certificate: { ...certificate, signatures: [first, first, first] } }],
    [
      'UNKNOWN_VALIDATOR',
      {
        header,
        certificate: {
          ...certificate,
          signatures: certificate.signatures.map((s) => ({ ...s, validator: s.validator + 9 })),
        },
      },
    ],
  ];
  it.each(cases)('is refused as %s', (reason, lightBlock) => {
    const light = new LightClient(region.genesis);
    expect(light.acceptHead(lightBlock)).toMatchObject({ ok: false, reason });
    expect(light.head).toBeNull();
  });

  it('of any quorum, in any view, is good', () => {
    const light = new LightClient(region.genesis);
    expect(
      light.acceptHead({ header, certificate: region.certify(header, certificate.resultRoot, [1, 2, 3]) }).ok,
    ).toBe(true);
    expect(certificate.phase).toBe(commitPhase);
  });
});

describe('a forked region', () => {
  it('is named when two certified blocks share a height', () => {
    const region = regionWithBlocks(2);
    const forks: string[] = [];
    const light = new LightClient(region.genesis, undefined, { onFork: (detail) => forks.push(detail) });
    const { header, certificate } = blockAt(region, 2).lightBlock;
    light.acceptHead({ header, certificate });
    const other = { ...header, timeMs: header.timeMs + 1 };
    const fork = { header: other, certificate: region.certify(other, certificate.resultRoot) };
    expect(light.acceptHead(fork)).toMatchObject({ ok: false, reason: 'FORKED_REGION' });
    expect(light.acceptHead({ header, certificate: region.certify(header, bytes32) })).toMatchObject({
      ok: false,
      reason: 'FORKED_REGION',
    });
    expect(light.head).toEqual({ header, certificate });
    expect(forks).toHaveLength(2);
  });

  it('is named when a block does not build on its certified parent', () => {
    const region = regionWithBlocks(3);
    const light = new LightClient(region.genesis);
    light.acceptHead(blockAt(region, 2).lightBlock);
    const { header, certificate } = blockAt(region, 3).lightBlock;
    const other = { ...header, parentHash: bytes32 };
    const fork = { header: other, certificate: region.certify(other, certificate.resultRoot) };
    expect(light.acceptHead(fork)).toMatchObject({ ok: false, reason: 'FORKED_REGION' });
  });
});

describe('receipts', () => {
  it('are proved one by one and together', () => {
    const region = regionWithBlocks();
    const light = new LightClient(region.genesis);
    const message = receiptsOf(region);
    expect(message.receipts.length).toBeGreaterThan(4);
    expect(light.checkReceipts(message)).toEqual({ ok: true, value: message.receipts.map(({ receipt }) => receipt) });
    for (const one of message.receipts) {
      expect(light.checkReceipts({ ...message, receipts: [one] })).toEqual({ ok: true, value: [one.receipt] });
    }
  });

  it('that say anything else than the ledger are refused', () => {
    const region = regionWithBlocks();
    const light = new LightClient(region.genesis);
    const message = receiptsOf(region);
    message.receipts.forEach((proved, at) => {
      const forge = (change: Partial<typeof proved>) =>
        light.checkReceipts({ ...message, receipts: message.receipts.with(at, { ...proved, ...change }) });
      const { receipt } = proved;
      expect(forge({ receipt: { ...receipt, outcome: 1 } }).ok).toBe(false);
      expect(forge({ receipt: { ...receipt, sequence: receipt.sequence + 1 } }).ok).toBe(false);
      expect(forge({ receipt: { ...receipt, height: receipt.height + 1 } })).toMatchObject({ reason: 'BAD_RECEIPT' });
      expect(forge({ index: message.receiptCount })).toMatchObject({ reason: 'BAD_RECEIPT' });
      expect(forge({ path: proved.path.slice(1) })).toMatchObject({ reason: 'BAD_RECEIPT' });
    });
    expect(light.checkReceipts({ ...message, stateRoot: bytes32 })).toMatchObject({ reason: 'BAD_RECEIPTS_ROOT' });
    expect(light.checkReceipts({ ...message, receiptCount: message.receiptCount - 1 }).ok).toBe(false);
  });
});

describe('deltas and snapshots', () => {
  it('are certified for exactly the root that the leaves lead to', () => {
    const region = regionWithBlocks(1);
    const light = new LightClient(region.genesis);
    for (const message of region.deltaMessages()) {
      const checked = light.checkDelta(message);
      assert(checked.ok, 'an honest delta');
      const root = region.state.shardRootOf(message.delta.shard);
      assert(root !== undefined, 'the shard exists');
      expect(checked.value.certified.hasRoot(root)).toBe(true);
      expect(checked.value.certified.hasRoot(bytes32)).toBe(false);
      expect(checked.value.certified).toMatchObject({ height: 1, timeMs: region.head.header.timeMs });
    }
  });

  it('with disordered slots or another height are refused before any signature is checked', () => {
    const region = regionWithBlocks(1);
    const light = new LightClient(region.genesis);
    const message = region.deltaMessages().find(({ delta }) => delta.leaves.length > 1);
    assert(message !== undefined, 'a delta of several leaves');
    const { delta } = message;
    const bent = [
      { ...delta, leaves: [...delta.leaves].reverse() },
      { ...delta, leafCount: 1 },
      { ...delta, height: 2 },
    ];
    for (const each of bent) {
      expect(light.checkDelta({ ...message, delta: each })).toMatchObject({ ok: false, reason: 'BAD_DELTA' });
    }
    expect(light.head).toBeNull();
  });
});
