import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { readKeyFile } from '#core/atomic-file';
import { signMessage } from '#core/ed25519';
import { LedgerState } from '#ledger/state/ledger-state';
import { evidenceCount, readEvidence } from '#ledger/validators/evidence';
import { voteDomain, voteMessage } from '#ledger/validators/signed-statement';
import { BlockStore } from '#sync/validator/block-store';
import { PeerTransport } from '#sync/validator/peer-transport';
import { readValidatorConfig } from '#sync/validator/validator-config';
import { LiveRegion, until } from './live-region.ts';

let region: LiveRegion;

afterEach(() => {
  vi.restoreAllMocks();
  return region.close();
});

test('R21, W6: what a validator signed against itself stands in the ledger of all four, told by an honest one', async () => {
  region = await LiveRegion.open({ heartbeatMs: 200 });
  const liar = 3;
  const secret = readKeyFile(readValidatorConfig(region.configs[liar] as string).keyFile);
  const broadcast = PeerTransport.prototype.broadcast;
  // The votes of one validator leave with a second one for another result before them, signed with the same key.
  vi.spyOn(PeerTransport.prototype, 'broadcast').mockImplementation(function (this: PeerTransport, message) {
    if (message.kind === 'vote' && message.vote.validator === liar) {
      const vote = { ...message.vote, resultRoot: message.vote.resultRoot.map((byte) => byte ^ 0xff) };
      const signature = signMessage(secret, voteDomain, voteMessage(region.chainId, vote));
      broadcast.call(this, { kind: 'vote', vote: { ...vote, signature } });
    }
    broadcast.call(this, message);
  });
  await region.start();
  const name = region.genesis.validators[liar]?.name ?? '';
  const seen = () => region.validators.slice(0, 3).every((validator) => validator.status().evidence > 0);
  await until(seen, 'the contradiction to be seen');
  vi.restoreAllMocks();
  await until(() => region.validators.some((v) => v.status().journal.applied > 0), 'an accusation to be ordered');
  await region.settled();
  const folders = region.configs.map((config) => readValidatorConfig(config).stateDir);
  for (const index of [0, 1, 2, 3]) await region.stop(index);
  for (const folder of folders) {
    const store = new BlockStore(join(folder, 'validator.db'));
    const state = LedgerState.open(store.objects);
    const height = Array.from({ length: store.chain().height }, (_, at) => at + 1).find(
      (at) => readEvidence(state, name, at) !== null,
    );
    expect(evidenceCount(state, name)).toBeGreaterThan(0);
    const evidence = readEvidence(state, name, height ?? 0);
    expect(evidence?.accuser).not.toBe(name);
    store.close();
  }
});
