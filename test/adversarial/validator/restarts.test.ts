/** Validators that die at any moment: real processes and SIGKILL, with a member listening to all that they sign. */
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type Child, startChild } from '#agent/demo/child';
import { readKeyFile } from '#core/atomic-file';
import { toHex } from '#core/bytes';
import { systemClock } from '#core/clock';
import { publicKeyOf } from '#core/ed25519';
import { SeededEntropy, systemEntropy, uniformInt } from '#core/entropy';
import { createLog } from '#core/log';
import type { PeerId } from '#sync/pbft/voting-set';
import { PeerTransport } from '#sync/validator/peer-transport';
import { readValidatorConfig } from '#sync/validator/validator-config';
import type { PeerMessage } from '#sync/wire/peer-message';
import { seedOf } from '../../fixtures/region.ts';
import { LiveRegion, until } from '../../integration/validator/live-region.ts';

const seed = process.env['BIZAIN_SEED'] ?? 'restarts';
const program = join(import.meta.dirname, '../../../agent/main.ts');
const child = (configPath: string): Promise<Child> =>
  startChild({
    name: 'victim',
    program,
    args: ['validator', '--config', configPath],
    clock: systemClock,
    readyMsMax: 30_000,
  });

let region: LiveRegion;
let listener: PeerTransport | null = null;
let victim: Child | null = null;

afterEach(async () => {
  await victim?.kill();
  await listener?.stop();
  await region.close();
});

/** Validator 3's place taken by somebody who only listens. */
async function listen(onMessage: (from: PeerId, message: PeerMessage) => void): Promise<void> {
  const config = readValidatorConfig(region.configs[3] as string);
  const { validators } = region.genesis;
  listener = new PeerTransport({
    chainId: region.chainId,
    secretSeed: readKeyFile(config.keyFile),
    listen: config.peerListen,
    members: config.peers.map(({ name, host, port }) => {
      const validator = validators.findIndex((v) => v.name === name);
      return { publicKey: validators[validator]?.publicKey as Uint8Array, name, address: { host, port } };
    }),
    clock: systemClock,
    entropy: systemEntropy,
    log: createLog({ level: 'silent', name: 'listener' }),
    onMessage,
    onConnected: () => undefined,
  });
  await listener.start();
}

test(`a validator killed again and again never signs two statements for one place (seed ${seed})`, async () => {
  const entropy = new SeededEntropy(seed);
  process.execArgv.push('--conditions=bizain-source', '--import', 'tsx');
  region = await LiveRegion.open({ heartbeatMs: 50 });
  const said = new Map<string, string>();
  const contradictions: string[] = [];
  const heard = { votes: 0, proposals: 0 };
  const note = (place: string, statement: string) => {
    const before = said.get(place);
    if (before !== undefined && before !== statement) contradictions.push(place);
    said.set(place, statement);
  };
  const places = region.genesis.validators.map(({ publicKey }) => toHex(publicKey));
  await listen((peer, message) => {
    const from = places.indexOf(peer);
    if (message.kind === 'vote') {
      const { phase, height, view, blockHash, resultRoot } = message.vote;
      heard.votes++;
      note(`vote ${from} ${phase} ${height} ${view}`, `${toHex(blockHash)} ${toHex(resultRoot)}`);
    }
    if (message.kind === 'proposal') {
      heard.proposals++;
      note(
        `proposal ${from} ${message.proposal.block.header.height} ${message.proposal.view}`,
        toHex(message.proposal.signature),
      );
    }
  });
  await region.start(0, 1);
  // Three of four vote, one of them dies: the region stands still until it is back, so its last height is voted on again.
  for (let round = 0; round < 4; round++) {
    victim = await child(region.configs[2] as string);
    await region.submit({
      kind: 'account.register',
      id: `a-${round}`,
      role: 0,
      publicKey: publicKeyOf(seedOf('a')),
      name: 'a',
    });
    await new Promise((resolve) => setTimeout(resolve, uniformInt(entropy, 120)));
    await victim.kill();
  }
  // On a busy machine each of its lives may have been too short to be heard: one more lasts until it was.
  victim = await child(region.configs[2] as string);
  await until(() => [...said.keys()].some((place) => place.startsWith('vote 2 ')), 'a vote of the one that was killed');
  await until(() => heard.votes > 20, 'votes');
  expect(contradictions).toEqual([]);
}, 90_000);
