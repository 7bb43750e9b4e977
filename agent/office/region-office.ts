/** Opens the offices that live in a region's folder: the administrator's, and one an account of an issuer, brand or merchant. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readKeyFile, writeKeyFile } from '#core/atomic-file';
import type { Clock } from '#core/clock';
import { generateSeed, publicKeyOf } from '#core/ed25519';
import type { Entropy } from '#core/entropy';
import type { Log } from '#core/log';
import { adminAccount } from '#ledger/accounts/account';
import { reasonsIn } from '#ledger/reasons';
import type { Receipt } from '#ledger/receipt';
import { entryPointsOf } from '../config/entry-points.ts';
import { isApplied, type Office, openOffice, requireApplied } from './office.ts';
import { makeFolder, type Region } from './region-file.ts';

/** The machine as the offices see it. */
export interface OfficeMachine {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
}

/** Numbers of `account.register`. */
export const accountRoleNumbers = { issuer: 0, brand: 1, merchant: 2 } as const;

/** Where an account's key and journal are. `/` cannot occur in accounts, only in terminals. */
export function accountFolder(region: Region, account: string): string {
  return join(region.folder, 'accounts', account);
}

/** Path of an account's key file. */
export function accountKeyFile(region: Region, account: string): string {
  return account === adminAccount
    ? join(region.folder, region.file.adminKey)
    : join(accountFolder(region, account), 'account.key');
}

/** Opens the office of an account whose key is in the region's folder. Errors as `openOffice`. */
export function openRegionOffice(region: Region, account: string, machine: OfficeMachine): Promise<Office> {
  return openOffice({
    genesis: region.genesis,
    pages: region.pages,
    account,
    keyFile: accountKeyFile(region, account),
    stateDir: account === adminAccount ? join(region.folder, 'admin') : accountFolder(region, account),
    entryPoints: entryPointsOf(region.genesis, region.file),
    allowVolatileState: region.file.allowVolatileState,
    ...machine,
  });
}

/** Runs work with an office and closes it whatever happens. */
export async function withOffice<T>(
  region: Region,
  account: string,
  machine: OfficeMachine,
  work: (office: Office) => Promise<T>,
): Promise<T> {
  const office = await openRegionOffice(region, account, machine);
  try {
    return await work(office);
  } finally {
    await office.close();
  }
}

/** Whom to let in. */
export interface NewAccount {
  readonly id: string;
  readonly role: keyof typeof accountRoleNumbers;
  readonly name: string;
}

/**
 * Lets an account in, through the administrator's office. Its key is drawn and written before the region is asked, so that
 * an account never exists without its key. An account that exists already is left as it is (`known`).
 * @throws BizainError `OPERATION_REFUSED`, and as `openOffice`.
 */
export async function registerAccount(
  region: Region,
  admin: Office,
  account: NewAccount,
  entropy: Entropy,
): Promise<{ readonly known: boolean; readonly keyFile: string; readonly receipt: Receipt }> {
  const keyFile = accountKeyFile(region, account.id);
  const folder = accountFolder(region, account.id);
  const drawn = !existsSync(keyFile);
  if (drawn) {
    makeFolder(folder);
    writeKeyFile(keyFile, generateSeed(entropy));
  }
  const receipt = await admin.submit({
    kind: 'account.register',
    id: account.id,
    role: accountRoleNumbers[account.role],
    publicKey: publicKeyOf(readKeyFile(keyFile)),
    name: account.name,
  });
  const known = !isApplied(receipt) && reasonsIn(receipt.reasons).includes('ALREADY_EXISTS');
  // A key that nobody has on the ledger only misleads.
  if (!isApplied(receipt) && drawn) rmSync(folder, { recursive: true });
  if (!known) requireApplied(receipt, `the account ${account.id}`);
  return { known, keyFile, receipt };
}
