/** Enrolls a store: keys and one folder a terminal, then account, store, terminals and hub through the administrator's office. */
import { copyFileSync, existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { z } from 'zod';
import { readKeyFile, writeKeyFile } from '#core/atomic-file';
import { generateSeed, publicKeyOf } from '#core/ed25519';
import type { Entropy } from '#core/entropy';
import { BizainError } from '#core/errors';
import type { scannerConfigSchema } from '#drivers/scanner-config';
import { adminAccount } from '#ledger/accounts/account';
import { hasCheckDigit } from '#ledger/check-digit';
import type { Operation } from '#ledger/operation';
import { type ReasonName, reasonsIn } from '#ledger/reasons';
import type { TerminalConfig } from '../config/terminal-config.ts';
import type { OfficeErrorCode } from './errors.ts';
import { isApplied, type Office, requireApplied } from './office.ts';
import { makeFolder, type Region, readRegion, writeJson } from './region-file.ts';
import { type OfficeMachine, registerAccount, withOffice } from './region-office.ts';

/** A scanner as it may be written in a configuration. */
export type ScannerInput = z.input<typeof scannerConfigSchema>;

/** What a store is to be. */
export interface StoreOptions {
  readonly regionFolder: string;
  /** GLN of the store, 13 digits. */
  readonly store: string;
  readonly name: string;
  /** Account of the merchant; registered if it is not there yet. */
  readonly merchant: string;
  readonly merchantName?: string;
  /** Country by ISO 3166-1 alpha-2 that the store sells in; CN if it is left out. */
  readonly market?: string;
  /** Lanes `lane-1`... (the first is the hub) and stations `station-1`... */
  readonly lanes: number;
  readonly stations: number;
  /** Folder to make; `<region>/stores/<gln>` by default. */
  readonly folder?: string;
  /** Where the hub is heard by the other lanes; default 127.0.0.1:7390. */
  readonly hubHost?: string;
  readonly hubPort?: number;
  /** Local API of terminal i on `apiPortBase` + i; default 7380; 0 takes free ports. */
  readonly apiPortBase?: number;
  /** The brokers that the terminals use, where they are not those of region.json. */
  readonly brokers?: readonly { readonly url: string; readonly username?: string; readonly password?: string }[];
  /** Scanners of a terminal, by its lane name; none by default. */
  readonly scanners?: Readonly<Record<string, readonly ScannerInput[]>>;
  /** Anything of a terminal's configuration that is to differ, by its lane name. */
  readonly settings?: Readonly<Record<string, Partial<Pick<TerminalConfig, 'basket' | 'deadlines' | 'timeZone'>>>>;
}

/** One terminal that was made. */
export interface EnrolledTerminal {
  /** Account, `<gln>/<lane>`. */
  readonly terminal: string;
  readonly lane: string;
  readonly role: 'lane' | 'station';
  readonly hub: boolean;
  readonly configPath: string;
  readonly tokenFile: string;
}

/** A store that the region knows. */
export interface EnrolledStore {
  readonly store: string;
  readonly folder: string;
  readonly terminals: readonly EnrolledTerminal[];
  /** Height of the block after which the store can sell. */
  readonly height: number;
}

const badInput: OfficeErrorCode = 'BAD_INPUT';
const lanesMax = 64;
/** Where a store sells if nobody says otherwise. */
const defaultMarket = 'CN';
const firstEpoch = 1;
const firstHubEpoch = 1;

interface Seat {
  readonly lane: string;
  readonly role: 'lane' | 'station';
  readonly index: number;
}

function seatsOf({ lanes, stations }: StoreOptions): readonly Seat[] {
  const of = (role: 'lane' | 'station', count: number) =>
    Array.from({ length: count }, (_, index) => ({ lane: `${role}-${index + 1}`, role }));
  return [...of('lane', lanes), ...of('station', stations)].map((seat, index) => ({ ...seat, index }));
}

function assertFits(options: StoreOptions): void {
  const fault = (message: string): never => {
    throw new BizainError({ code: badInput, message });
  };
  if (!/^[0-9]{13}$/.test(options.store) || !hasCheckDigit(options.store)) {
    fault(`"${options.store}" is no GLN: 13 digits, the last one the check digit.`);
  }
  const { lanes, stations } = options;
  if (
    !Number.isInteger(lanes) ||
    !Number.isInteger(stations) ||
    lanes < 1 ||
    stations < 0 ||
    lanes + stations > lanesMax
  ) {
    fault(`A store has at least one lane and at most ${lanesMax} terminals.`);
  }
}

function configOf(options: StoreOptions, region: Region, seat: Seat): object {
  const hubHost = options.hubHost ?? '127.0.0.1';
  const hubPort = options.hubPort ?? 7_390;
  const apiPortBase = options.apiPortBase ?? 7_380;
  const { lane, role, index } = seat;
  return {
    genesis: 'genesis.cbor',
    keyFile: 'terminal.key',
    stateDir: 'state',
    terminal: `${options.store}/${lane}`,
    epoch: firstEpoch,
    role,
    mode: role === 'station' ? 'receive' : 'sell',
    hub: index === 0 ? { listen: { host: hubHost, port: hubPort } } : { url: `http://${hubHost}:${hubPort}` },
    brokers: options.brokers ?? region.file.brokers,
    ...(region.file.https.length === 0 ? {} : { https: region.file.https }),
    scanners: options.scanners?.[lane] ?? [],
    api: { host: '127.0.0.1', port: apiPortBase === 0 ? 0 : apiPortBase + index, tokenFile: 'api-token' },
    lanes: Math.max(options.lanes + options.stations, 1),
    ...(region.file.allowVolatileState ? { allowVolatileState: true } : {}),
    ...options.settings?.[lane],
  };
}

/** Keys are made once: a second run after a failure goes on with those of the first. */
function makeTerminal(
  plan: { readonly options: StoreOptions; readonly region: Region; readonly folder: string },
  seat: Seat,
  entropy: Entropy,
): EnrolledTerminal {
  const { options, region, folder } = plan;
  const own = join(folder, seat.lane);
  makeFolder(own);
  const keyFile = join(own, 'terminal.key');
  if (!existsSync(keyFile)) writeKeyFile(keyFile, generateSeed(entropy));
  copyFileSync(region.genesisPath, join(own, 'genesis.cbor'));
  const configPath = join(own, 'agent.json');
  writeJson(configPath, configOf(options, region, seat), 0o600);
  return {
    terminal: `${options.store}/${seat.lane}`,
    lane: seat.lane,
    role: seat.role,
    hub: seat.index === 0,
    configPath,
    tokenFile: join(own, 'api-token'),
  };
}

interface Step {
  readonly operation: Operation;
  readonly what: string;
  /** Reason that a second run gets for what the first one did. */
  readonly done: ReasonName;
}

function stepsOf(options: StoreOptions, folder: string, terminals: readonly EnrolledTerminal[]): readonly Step[] {
  const { store, merchant, name, market = defaultMarket } = options;
  const enroll = terminals.map(
    ({ lane, terminal }): Step => ({
      operation: {
        kind: 'terminal.enroll',
        store,
        lane,
        publicKey: publicKeyOf(readKeyFile(join(folder, lane, 'terminal.key'))),
        epoch: firstEpoch,
      },
      what: `the terminal ${terminal}`,
      done: 'ALREADY_EXISTS',
    }),
  );
  const hubLane = terminals[0]?.lane ?? 'lane-1';
  return [
    {
      operation: { kind: 'store.open', store, merchant, name, market },
      what: `the store ${store}`,
      done: 'ALREADY_EXISTS',
    },
    ...enroll,
    {
      operation: { kind: 'hub.assign', store, lane: hubLane, hubEpoch: firstHubEpoch },
      what: `the hub of ${store}`,
      done: 'HUB_FENCED',
    },
  ];
}

async function submitSteps(admin: Office, steps: readonly Step[], again: boolean): Promise<number> {
  const receipts = await admin.submitAll(steps.map(({ operation }) => operation));
  let height = 0;
  receipts.forEach((receipt, index) => {
    const step = steps[index];
    height = Math.max(height, receipt.height);
    if (step === undefined || isApplied(receipt)) return;
    if (again && reasonsIn(receipt.reasons).includes(step.done)) return;
    requireApplied(receipt, step.what);
  });
  return height;
}

/**
 * Enrolls a store and waits until the region has it. The folder of each terminal holds all that its machine needs. A run
 * that failed half-way may be repeated with the same folder: its keys are kept.
 * @throws BizainError `BAD_INPUT`, `OPERATION_REFUSED`, and as `openOffice`.
 */
export async function enrollStore(options: StoreOptions, machine: OfficeMachine): Promise<EnrolledStore> {
  assertFits(options);
  const region = readRegion(options.regionFolder);
  const folder = resolve(options.folder ?? join(region.folder, 'stores', options.store));
  const again = existsSync(folder);
  makeFolder(folder);
  const plan = { options, region, folder };
  const terminals = seatsOf(options).map((seat) => makeTerminal(plan, seat, machine.entropy));
  const { merchant, merchantName, store } = options;
  const height = await withOffice(region, adminAccount, machine, async (admin) => {
    const account = { id: merchant, role: 'merchant', name: merchantName ?? merchant } as const;
    await registerAccount(region, admin, account, machine.entropy);
    return submitSteps(admin, stepsOf(options, folder, terminals), again);
  });
  return { store, folder, terminals, height };
}
