/** Validators that come and go: the newcomer's folder and proof, made on its own machine, and the administrator's word for it. */
import { join, resolve } from 'node:path';
import { writeKeyFile } from '#core/atomic-file';
import { fromHex, toHex } from '#core/bytes';
import { generateSeed, publicKeyOf, signMessage } from '#core/ed25519';
import type { Entropy } from '#core/entropy';
import { BizainError } from '#core/errors';
import { adminAccount } from '#ledger/accounts/account';
import type { Receipt } from '#ledger/receipt';
import { possessionDomain, possessionMessage } from '#ledger/validators/voting-key';
import { markKeyUnused } from '#sync/validator/unused-key';
import { chainIdOf } from '#sync/wire/genesis';
import type { OfficeErrorCode } from './errors.ts';
import { requireApplied } from './office.ts';
import { assertAbsent, makeFolder, type Region, readGenesis, writeGenesis, writeJson } from './region-file.ts';
import { type OfficeMachine, withOffice } from './region-office.ts';

/** Where a validator is found. IPv6 in brackets within an address. */
export interface PeerPlace {
  readonly host: string;
  readonly port: number;
}

/** A validator to be. */
export interface NewValidator {
  /** Folder to make on the validator's own machine. */
  readonly folder: string;
  readonly name: string;
  readonly genesisFile: string;
  readonly listen: PeerPlace;
  /** Some of the others, by name: at least one that runs. */
  readonly peers: readonly (PeerPlace & { readonly name: string })[];
  readonly brokers: readonly { readonly url: string }[];
}

/** What the administrator needs to let it in. Holds no secret. */
export interface Candidacy {
  readonly name: string;
  /** Hex. */
  readonly publicKey: string;
  /** Signature by the key that it is to be the validator of this name, hex. */
  readonly proof: string;
  /** `host:port`. */
  readonly address: string;
}

const badInput: OfficeErrorCode = 'BAD_INPUT';

const addressOf = ({ host, port }: PeerPlace): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

/**
 * Makes a newcomer's folder: key, configuration, genesis. Nothing is overwritten, and the key never leaves the machine.
 * @throws BizainError `ALREADY_THERE`, `REGION_INVALID`, and core's file errors.
 */
export function prepareValidator(
  validator: NewValidator,
  entropy: Entropy,
): Candidacy & { readonly configPath: string } {
  const { name, listen, peers, brokers } = validator;
  const folder = resolve(validator.folder);
  const configPath = join(folder, 'validator.json');
  assertAbsent(configPath, 'A validator');
  const genesis = readGenesis(validator.genesisFile);
  const seed = generateSeed(entropy);
  const publicKey = publicKeyOf(seed);
  const signature = signMessage(seed, possessionDomain, possessionMessage(chainIdOf(genesis), name, publicKey));
  makeFolder(folder);
  writeGenesis(join(folder, 'genesis.cbor'), genesis);
  writeKeyFile(join(folder, 'validator.key'), seed);
  markKeyUnused(join(folder, 'state'));
  const config = {
    genesis: 'genesis.cbor',
    keyFile: 'validator.key',
    name,
    stateDir: 'state',
    peerListen: listen,
    peers,
    brokers,
  };
  writeJson(configPath, config, 0o600);
  return { name, publicKey: toHex(publicKey), proof: toHex(signature), address: addressOf(listen), configPath };
}

/** Wishes for one more validator, as the administrator. @throws BizainError `OPERATION_REFUSED`, `BAD_INPUT`, and as `openOffice`. */
export function joinValidator(region: Region, candidacy: Candidacy, machine: OfficeMachine): Promise<Receipt> {
  const { name, address } = candidacy;
  const publicKey = fromHex(candidacy.publicKey);
  const possession = fromHex(candidacy.proof);
  if (publicKey?.length !== 32 || possession?.length !== 64) {
    const message = 'Key and proof are 64 and 128 hex digits: take them as `region validator prepare` printed them.';
    throw new BizainError({ code: badInput, message });
  }
  return withOffice(region, adminAccount, machine, async (admin) =>
    requireApplied(
      await admin.submit({ kind: 'validator.join', name, publicKey, address, possession }),
      `the validator ${name}`,
    ),
  );
}

/** Lets a validator go, as the administrator. @throws BizainError `OPERATION_REFUSED`, and as `openOffice`. */
export function dismissValidator(region: Region, name: string, machine: OfficeMachine): Promise<Receipt> {
  return withOffice(region, adminAccount, machine, async (admin) =>
    requireApplied(await admin.submit({ kind: 'validator.leave', name }), `that ${name} leaves`),
  );
}
