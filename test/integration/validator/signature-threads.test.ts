import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { utf8 } from '#core/bytes';
import { systemClock } from '#core/clock';
import { publicKeyOf, signMessage } from '#core/ed25519';
import type { Log } from '#core/log';
import { segmentDomain } from '#ledger/journal/span';
import { SignatureThreads } from '#sync/validator/signature-threads';
import { seedOf } from '../../fixtures/region.ts';

const program = pathToFileURL(join(import.meta.dirname, '../../../dist/sync/validator/signature-worker.js'));

test('the built threads check signatures by the rule of the core, without one of them being replaced', async () => {
  const told: unknown[] = [];
  const log = { error: (...what: unknown[]) => told.push(what) } as unknown as Log;
  const threads = new SignatureThreads({ count: 2, clock: systemClock, log, program });
  const seed = seedOf('a');
  const message = utf8('a message');
  const good = {
    publicKey: publicKeyOf(seed),
    domain: segmentDomain,
    message,
    signature: signMessage(seed, segmentDomain, message),
  };
  const claims = [
    good,
    { ...good, message: utf8('another') },
    { ...good, publicKey: publicKeyOf(seedOf('b')) },
    { ...good, publicKey: new Uint8Array(32) },
    good,
  ];
  const verdicts = await new Promise((resolve) => threads.check(claims, resolve));
  await threads.stop();
  expect(verdicts).toEqual([true, false, false, false, true]);
  expect(told).toEqual([]);
});
