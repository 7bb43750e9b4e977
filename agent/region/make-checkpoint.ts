/** Where checkpoints come from: the region, asked and checked from its genesis on, or the store of a validator that stands still. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { equalBytes } from '#core/bytes';
import { bad, ok, type Result } from '#core/result';
import { LightClient } from '#sync/light-client/light-client';
import { BlockStore } from '#sync/validator/block-store';
import type { EpochCertificate } from '#sync/wire/gateway-message';
import { chainIdOf, type Genesis } from '#sync/wire/genesis';
import type { OperatorCheckpoint } from '#sync/wire/operator-checkpoint';
import type { RecoveryPage } from '#sync/wire/recovery-page';
import { type VisitOptions, visitRegion } from './visit-region.ts';

/** Answers to one question about epochs: enough for more changes than a light client remembers. */
const epochAnswersMax = 64;

function unsigned(genesis: Genesis, certificate: EpochCertificate): OperatorCheckpoint {
  return { chainId: chainIdOf(genesis), certificate, signatures: [] };
}

/**
 * Asks every validator for its newest block and takes the highest that follows from the genesis, certificate by certificate. Null
 * where none of the entry points answers in time.
 */
export async function checkpointFromRegion(
  options: VisitOptions & { readonly pages: readonly RecoveryPage[] },
): Promise<Result<OperatorCheckpoint, 'UNPROVED'> | null> {
  const { genesis, timeoutMs } = options;
  const light = new LightClient(genesis);
  for (const page of options.pages) light.refound(page);
  return visitRegion(options, async (line) => {
    for (let answers = 0; answers < epochAnswersMax; answers++) {
      const asked = await line.askAny({ kind: 'epochs', afterEpoch: light.epoch }, timeoutMs);
      if (!asked.ok || asked.value.answer.kind !== 'epochs') break;
      const { certificates, more } = asked.value.answer;
      if (!light.follow(certificates).ok || more === 0 || certificates.length === 0) break;
    }
    const seats = light.validators.map((_, seat) => line.askOne({ kind: 'checkpoint' }, timeoutMs, seat));
    let best: EpochCertificate | null = null;
    for (const asked of await Promise.all(seats)) {
      if (!asked.ok || asked.value.kind !== 'checkpoint') continue;
      const { certificate } = asked.value;
      const { height } = certificate.lightBlock.header;
      if (best !== null && height <= best.lightBlock.header.height) continue;
      if (light.follow([certificate]).ok) best = certificate;
    }
    return best === null ? bad('UNPROVED', 'no validator gave a block that is proved') : ok(unsigned(genesis, best));
  });
}

/** The newest block in a validator's state directory; the validator must not run. Throws the `STORE_...` errors. */
export function checkpointFromStore(
  genesis: Genesis,
  stateDir: string,
): Result<OperatorCheckpoint, 'NO_STORE' | 'OTHER_CHAIN' | 'NO_BLOCK'> {
  const path = join(stateDir, 'validator.db');
  if (!existsSync(path)) return bad('NO_STORE', path);
  const store = new BlockStore(path);
  try {
    const chainId = store.chainId();
    if (chainId === undefined) return bad('NO_BLOCK');
    if (!equalBytes(chainId, chainIdOf(genesis))) return bad('OTHER_CHAIN');
    const certificate = store.newestCertificate();
    return certificate === null ? bad('NO_BLOCK') : ok(unsigned(genesis, certificate));
  } finally {
    store.close();
  }
}
