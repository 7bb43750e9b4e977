/** Makes a region: keys, genesis, one folder a validator that can be copied to its machine as it is. */
import { join, resolve } from 'node:path';
import { writeKeyFile } from '#core/atomic-file';
import { toHex } from '#core/bytes';
import type { Clock } from '#core/clock';
import { generateSeed, publicKeyOf } from '#core/ed25519';
import type { Entropy } from '#core/entropy';
import { BizainError } from '#core/errors';
import { validatorsMax, validatorsMin } from '#ledger/validators/validator-set';
import { operatorsAreSound } from '#sync/light-client/operator-word';
import { markKeyUnused } from '#sync/validator/unused-key';
import { chainIdOf, type Genesis, type Operators } from '#sync/wire/genesis';
import type { OfficeErrorCode } from './errors.ts';
import { assertAbsent, makeFolder, type RegionFile, writeGenesis, writeJson } from './region-file.ts';

/** What a region is to be. */
export interface RegionOptions {
  readonly folder: string;
  /** Lower-case letters, digits and hyphens, at most 32. */
  readonly name: string;
  /** Validators, 4 to 16. */
  readonly validators: number;
  /** Where the validators hear each other: validator i on `peerPortBase` + i. Give a real address if they are apart. */
  readonly peerHost: string;
  readonly peerPortBase: number;
  /** One host for each validator, in order, where they are apart; one alone stands for all. */
  readonly peerHosts?: readonly string[];
  /** Validator i serves terminals by HTTPS on `httpsPortBase` + i at the same host; left out: by brokers only. */
  readonly httpsPortBase?: number;
  readonly brokers: readonly { readonly url: string; readonly username?: string; readonly password?: string }[];
  /** Milliseconds from checkpoint to checkpoint, 1,000 to 600,000; default 30,000. */
  readonly checkpointMs?: number;
  /** Milliseconds after which an idle region makes a block; default 10,000. */
  readonly heartbeatMs?: number;
  /** Who may sign checkpoints; left out: three keys are drawn, of which two together are believed. */
  readonly operators?: Operators;
  /** Let stores and offices keep journals where a power cut wipes them; for trials. Default false. */
  readonly allowVolatileState?: boolean;
  readonly clock: Clock;
  readonly entropy: Entropy;
}

/** What was made. All paths absolute. */
export interface CreatedRegion {
  readonly folder: string;
  readonly regionFile: string;
  readonly genesisFile: string;
  readonly adminKeyFile: string;
  /** Keys that were drawn for the operators: to be taken offline, each to another place. */
  readonly operatorKeyFiles: readonly string[];
  readonly chainId: string;
  readonly validators: readonly { readonly name: string; readonly configPath: string }[];
}

const heartbeatMsDefault = 10_000;
const epochTurns = 16;
const operatorsDrawn = 3;
const thresholdDrawn = 2;
const badInput: OfficeErrorCode = 'BAD_INPUT';

function assertFits({ name, validators, peerPortBase, peerHosts, httpsPortBase, operators }: RegionOptions): void {
  const fault = (message: string): never => {
    throw new BizainError({ code: badInput, message });
  };
  if (!/^[a-z0-9][a-z0-9-]{0,31}$/.test(name)) {
    fault(`"${name}" is no name of a region. Use lower-case letters, digits and hyphens, at most 32.`);
  }
  if (!Number.isInteger(validators) || validators < validatorsMin || validators > validatorsMax) {
    fault(`A region has ${validatorsMin} to ${validatorsMax} validators, not ${validators}.`);
  }
  for (const base of [peerPortBase, httpsPortBase ?? peerPortBase]) {
    if (!Number.isInteger(base) || base < 1 || base + validators > 65_536) {
      fault(`Ports from ${base} on do not fit. Choose a base port of 1 to ${65_536 - validators}.`);
    }
  }
  if (peerHosts !== undefined && peerHosts.length !== 1 && peerHosts.length !== validators) {
    fault(`${peerHosts.length} hosts do not fit ${validators} validators. Name one for all, or one for each.`);
  }
  if (operators !== undefined && !operatorsAreSound(operators)) {
    const { threshold, publicKeys } = operators;
    fault(`A threshold of ${threshold} does not fit ${publicKeys.length} operators, or a key is named twice.`);
  }
  if (httpsPortBase !== undefined && Math.abs(httpsPortBase - peerPortBase) < validators) {
    fault(`Ports from ${httpsPortBase} on are those where validators hear each other. Choose another base port.`);
  }
}

function httpsEntriesOf({ httpsPortBase }: RegionOptions, seats: readonly { name: string; host: string }[]) {
  if (httpsPortBase === undefined) return [];
  return seats.map(({ name: validator, host }, index) => {
    const port = httpsPortBase + index;
    return { validator, port, url: `https://${host.includes(':') ? `[${host}]` : host}:${port}` };
  });
}

interface DrawnOperators {
  readonly operators: Operators;
  readonly seeds: readonly Uint8Array[];
}

function operatorsOf({ operators, entropy }: RegionOptions): DrawnOperators {
  if (operators !== undefined) return { operators, seeds: [] };
  const seeds = Array.from({ length: operatorsDrawn }, () => generateSeed(entropy));
  return { operators: { threshold: thresholdDrawn, publicKeys: seeds.map(publicKeyOf) }, seeds };
}

function writeOperatorKeys(folder: string, seeds: readonly Uint8Array[]): string[] {
  if (seeds.length > 0) makeFolder(folder);
  return seeds.map((seed, index) => {
    const file = join(folder, `operator-${index + 1}.key`);
    writeKeyFile(file, seed);
    return file;
  });
}

/**
 * Makes the folder of a region. Keys are drawn here and written with mode 0600; `validators/<name>/` holds all that one
 * validator needs. Nothing is overwritten.
 * @throws BizainError `ALREADY_THERE`, `BAD_INPUT`, and core's file errors.
 */
export function createRegion(options: RegionOptions): CreatedRegion {
  assertFits(options);
  const { entropy, clock, peerHost, peerPortBase, brokers } = options;
  const folder = resolve(options.folder);
  const regionFile = join(folder, 'region.json');
  assertAbsent(regionFile, 'A region');
  const adminSeed = generateSeed(entropy);
  const hosts = options.peerHosts ?? [];
  const seats = Array.from({ length: options.validators }, (_, index) => ({
    name: `v${index + 1}`,
    seed: generateSeed(entropy),
    host: hosts[index] ?? peerHost,
    port: peerPortBase + index,
  }));
  const { operators, seeds: operatorSeeds } = operatorsOf(options);
  const genesis: Genesis = {
    region: options.name,
    timeMs: Math.floor(clock.wallMs()),
    validators: seats.map(({ name, seed }) => ({ name, publicKey: publicKeyOf(seed) })),
    adminPublicKey: publicKeyOf(adminSeed),
    epochTurns,
    heartbeatMs: options.heartbeatMs ?? heartbeatMsDefault,
    seed: entropy.bytes(32),
    operators,
  };
  const genesisFile = join(folder, 'genesis.cbor');
  const adminKeyFile = join(folder, 'admin.key');
  makeFolder(folder);
  writeGenesis(genesisFile, genesis);
  writeKeyFile(adminKeyFile, adminSeed);
  const operatorKeyFiles = writeOperatorKeys(join(folder, 'operators'), operatorSeeds);
  const peers = seats.map(({ name, host, port }) => ({ name, host, port }));
  const https = httpsEntriesOf(options, seats);
  const validators = seats.map((seat, index) => {
    const own = join(folder, 'validators', seat.name);
    makeFolder(own);
    writeGenesis(join(own, 'genesis.cbor'), genesis);
    const keyFile = join(own, 'validator.key');
    writeKeyFile(keyFile, seat.seed);
    markKeyUnused(join(own, 'state'));
    const configPath = join(own, 'validator.json');
    const config = {
      genesis: 'genesis.cbor',
      keyFile: 'validator.key',
      stateDir: 'state',
      peerListen: { host: seat.host, port: seat.port },
      peers: peers.filter(({ name }) => name !== seat.name),
      brokers,
      ...(options.checkpointMs === undefined ? {} : { checkpointMs: options.checkpointMs }),
      ...(https[index] === undefined ? {} : { https: { host: seat.host, port: https[index].port } }),
    };
    writeJson(configPath, config, 0o600);
    return { name: seat.name, configPath };
  });
  const chainId = toHex(chainIdOf(genesis));
  const file: RegionFile = {
    version: 1,
    region: options.name,
    chainId,
    genesis: 'genesis.cbor',
    adminKey: 'admin.key',
    brokers: [...brokers],
    https: https.map(({ url, validator }) => ({ url, validator })),
    validators: validators.map(({ name }) => ({ name, config: `validators/${name}/validator.json` })),
    recoveryFiles: [],
    allowVolatileState: options.allowVolatileState ?? false,
  };
  // Last, so that a folder with region.json is complete.
  writeJson(regionFile, file, 0o600);
  return { folder, regionFile, genesisFile, adminKeyFile, operatorKeyFiles, chainId, validators };
}
