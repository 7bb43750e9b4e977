/** Who this validator is: genesis, key, and place among the others, from the files that the configuration names. */
import { readKeyFile } from '#core/atomic-file';
import { equalBytes, toHex } from '#core/bytes';
import { publicKeyOf } from '#core/ed25519';
import { BizainError } from '#core/errors';
import { readFormatFile } from '#core/format-file';
import { chainIdOf, type Genesis, genesisFormat } from '../wire/genesis.ts';
import type { RecoveryPage } from '../wire/recovery-page.ts';
import type { ValidatorErrorCode } from './errors.ts';
import type { PeerAddress } from './peer-pair.ts';
import { readRecoveryPage } from './refounding.ts';
import { unusedKeyMarkOf } from './unused-key.ts';
import type { ValidatorConfig } from './validator-config.ts';

/** A validator of a region. */
export interface Identity {
  readonly genesis: Genesis;
  readonly chainId: Uint8Array;
  readonly secretSeed: Uint8Array;
  readonly publicKey: Uint8Array;
  /** Secret of the key that is to take its place (`key-change.ts`); null where none is to. */
  readonly nextSeed: Uint8Array | null;
  readonly name: string;
  /** Addresses of the others in the configuration, by name. */
  readonly peers: ReadonlyMap<string, PeerAddress>;
  /** New foundings of the region, in order; none for most. */
  readonly pages?: readonly RecoveryPage[];
  /** Path of the file that says that the key has never signed. */
  readonly unusedKeyMark: string;
}

function fail(code: ValidatorErrorCode, message: string, cause?: unknown): never {
  throw new BizainError({ code, message, cause });
}

function readGenesis(path: string): Genesis {
  const read = readFormatFile(path, genesisFormat);
  if (!read.ok && read.reason === 'UNREADABLE')
    return fail('GENESIS_UNREADABLE', `The genesis file ${path} cannot be read: ${read.detail}. Check the path.`);
  const again = "Copy it again from the region's operator.";
  if (!read.ok)
    return fail('GENESIS_UNREADABLE', `The genesis file ${path} is not a genesis (${read.detail}). ${again}`);
  const { validators } = read.value;
  // One name is one account, one key one vote.
  const distinct =
    new Set(validators.map(({ name }) => name)).size === validators.length &&
    new Set(validators.map(({ publicKey }) => toHex(publicKey))).size === validators.length;
  if (!distinct)
    return fail('GENESIS_UNREADABLE', `The genesis file ${path} names a validator, or a key, twice. ${again}`);
  return read.value;
}

function peersOf(config: ValidatorConfig, genesis: Genesis, ownName: string): ReadonlyMap<string, PeerAddress> {
  const addresses = new Map(config.peers.map(({ name, host, port }) => [name, { host, port }]));
  const missing = genesis.validators.find((member) => member.name !== ownName && !addresses.has(member.name));
  if (missing === undefined) return addresses;
  return fail(
    'PEERS_INCOMPLETE',
    `The configuration names no address for validator ${missing.name}. Add it to "peers".`,
  );
}

/** Reads the files. Throws `GENESIS_UNREADABLE`, `NOT_A_VALIDATOR`, `PEERS_INCOMPLETE` and what `readKeyFile` throws. */
export function readIdentity(config: ValidatorConfig): Identity {
  const genesis = readGenesis(config.genesis);
  const secretSeed = readKeyFile(config.keyFile);
  const nextSeed = config.nextKeyFile === undefined ? null : readKeyFile(config.nextKeyFile);
  const publicKey = publicKeyOf(secretSeed);
  const member = genesis.validators.find((one) => equalBytes(one.publicKey, publicKey));
  const name = member?.name ?? config.name;
  if (name === undefined || (config.name ?? name) !== name) {
    return fail(
      'NOT_A_VALIDATOR',
      `The key in ${config.keyFile} belongs to none of the validators in ${config.genesis}${config.name === undefined ? '' : ` by the name ${config.name}`}. Check both files; a validator that joined later has its "name" in the configuration.`,
    );
  }
  const peers = peersOf(config, genesis, name);
  const unusedKeyMark = unusedKeyMarkOf(config.stateDir);
  const pages = config.recoveryFiles.map((file) => readRecoveryPage(file, genesis));
  return { genesis, chainId: chainIdOf(genesis), secretSeed, publicKey, nextSeed, name, peers, pages, unusedKeyMark };
}
