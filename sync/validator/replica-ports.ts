/** What a validator gives its replica: its timing, its key and its beacon. */
import { signMessage, verifySignature } from '#core/ed25519';
import { type ReplicaConfig, type ReplicaPorts, replicaTiming } from '../pbft/types.ts';
import type { BeaconKeeper } from './beacon-keeper.ts';
import type { Identity } from './identity.ts';

/** How the replica of a validator goes about it. */
export function replicaConfig({ genesis, chainId, publicKey }: Identity): ReplicaConfig {
  const { epochTurns, heartbeatMs } = genesis;
  return { chainId, ownKeys: [publicKey], epochTurns, heartbeatMs, ...replicaTiming };
}

/** What the replica of a validator cannot do by itself. */
export function replicaPorts({ secretSeed }: Identity, beacon: BeaconKeeper): ReplicaPorts {
  return {
    sign: (_ownKey, domain, message) => signMessage(secretSeed, domain, message),
    verify: verifySignature,
    proveBeacon: (ownKey, alpha) => beacon.prove(ownKey, alpha),
    verifyBeacon: (publicKey, alpha, proof) => beacon.verify(publicKey, alpha, proof),
  };
}
