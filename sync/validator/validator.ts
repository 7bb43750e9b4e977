/** Starts a validator from its configuration, and writes its status for operators. */
import { join } from 'node:path';
import { writeFileAtomic } from '#core/atomic-file';
import { utf8 } from '#core/bytes';
import { readIdentity } from './identity.ts';
import { identityInForce } from './key-change.ts';
import { recoverStore } from './recovery.ts';
import { RenewedValidator } from './renewed-validator.ts';
import type { ValidatorConfig } from './validator-config.ts';
import type { Validator, ValidatorWorld } from './validator-face.ts';
import { ValidatorNode } from './validator-node.ts';
import type { ValidatorStatus } from './validator-status.ts';

async function startNode(config: ValidatorConfig, world: ValidatorWorld): Promise<Validator> {
  const identity = readIdentity(config);
  const recovered = recoverStore(config.stateDir, identity, {
    onSetAside: (reason, path) =>
      world.log.error({ reason, path }, 'the store is damaged: it is set aside, and a new one is filled by the peers'),
  });
  const node = new ValidatorNode(config, identityInForce(identity, recovered.store.chain()), recovered, world);
  try {
    await node.start();
    return node;
  } catch (error) {
    await node.stop();
    throw error;
  }
}

/**
 * Starts a validator: recovers its state, listens for peers, connects to brokers. Resolves once it listens; it votes as
 * soon as it has caught up with the others. Throws `BizainError` with one of `VALIDATOR_ERROR_CODES`, or of core.
 */
export async function startValidator(config: ValidatorConfig, world: ValidatorWorld): Promise<Validator> {
  const start = () => startNode(config, world);
  return new RenewedValidator(await start(), start, world.log);
}

/** Writes a status as a file, whole or not at all. */
export function writeStatusFile(stateDir: string, status: ValidatorStatus): void {
  writeFileAtomic(join(stateDir, 'status.json'), utf8(`${JSON.stringify(status)}\n`), 0o600);
}
