import { afterEach, beforeEach, expect, test } from 'vitest';
import { encodeCbor } from '#core/codec';
import { SeededEntropy, uniformInt } from '#core/entropy';
import { encode } from '#core/format';
import { requestFormat } from '#sync/wire/gateway-message';
import { nonsense, registerIssuer, TestAuthor } from '../../fixtures/region.ts';
import { LiveRegion, until } from '../../integration/validator/live-region.ts';

const seed = process.env['BIZAIN_SEED'] ?? 'hostile topics';
let region: LiveRegion;

beforeEach(async () => {
  region = await LiveRegion.open();
  await region.start();
});
afterEach(() => region.close());

async function publish(topic: string, payload: Uint8Array): Promise<void> {
  await region.raw.publishAsync(topic, Buffer.from(payload), { qos: 1 });
}

async function goesOn(): Promise<void> {
  const [receipt] = await region.submit(registerIssuer('issuer-a'));
  expect(receipt?.outcome).toBe(0);
  await region.settled();
  for (const validator of region.validators) expect(validator.status().brokersUp).toBe(1);
}

test(`segments with any byte changed do nothing and stop nothing (seed ${seed})`, async () => {
  const entropy = new SeededEntropy(seed);
  const twin = new TestAuthor(region.chainId, 'admin', { seed: region.admin.seed });
  const genuine = twin.seal({ operation: registerIssuer('issuer-b') });
  for (let round = 0; round < 200; round++) {
    const bytes = Uint8Array.from(genuine);
    const at = uniformInt(entropy, bytes.length);
    bytes[at] = (bytes[at] as number) ^ (1 << uniformInt(entropy, 8));
    await publish(region.topics.up('admin'), bytes);
  }
  await goesOn();
});

test(`noise on the topics of segments and questions stops nothing (seed ${seed})`, async () => {
  const entropy = new SeededEntropy(seed);
  const noise = [
    new Uint8Array(0),
    nonsense,
    encodeCbor([1]),
    entropy.bytes(10),
    entropy.bytes(100_000),
    new Uint8Array(1_000_000),
  ];
  for (const payload of noise) {
    for (const topic of [
      region.topics.up('admin'),
      region.topics.up('x/y'),
      ...[0, 1, 2, 3].map((v) => region.topics.request(v)),
    ]) {
      await publish(topic, payload);
    }
  }
  await goesOn();
});

test('more questions than are allowed are refused, not answered late', async () => {
  const request = (n: number) =>
    encode(requestFormat, {
      id: new Uint8Array(16).fill(n % 256),
      replyTo: 'flood',
      query: { kind: 'snapshot', shard: 'r', height: null, chunk: n },
    });
  for (let n = 0; n < 2_000; n++) void publish(region.topics.request(0), request(n));
  await goesOn();
});

test('an author that forks its own journal has the first branch ordered and the other turned away', async () => {
  const twin = new TestAuthor(region.chainId, 'admin', { seed: region.admin.seed });
  await publish(region.topics.up('admin'), region.admin.seal({ operation: registerIssuer('issuer-a') }));
  await region.receiptsOf('admin', 0, 1);
  const notices: string[] = [];
  region.line.on('turned-away', (notice) => notices.push(notice.reason));
  await publish(
    region.topics.up('admin'),
    twin.seal({ operation: registerIssuer('issuer-b') }, { operation: registerIssuer('issuer-c') }),
  );
  await until(() => notices.length > 0, 'a notice');
  expect(new Set(notices)).toEqual(new Set(['FORK']));
  const [receipt] = await region.submit(registerIssuer('issuer-d'));
  expect(receipt).toMatchObject({ sequence: 1, outcome: 0 });
  await region.settled();
});
