/** `bizain store enroll`: a store with its terminals, known to the region. */
import type { Command } from 'commander';
import { brokerUrl, collected, digits, matching, wholeNumber } from './option-values.ts';
import { writeAnswer } from './output.ts';

interface StoreEnrollOptions {
  readonly region: string;
  readonly store: string;
  readonly name: string;
  readonly merchant: string;
  readonly merchantName?: string;
  readonly market: string;
  readonly lanes: number;
  readonly stations: number;
  readonly dir?: string;
  readonly hubHost: string;
  readonly hubPort: number;
  readonly apiPort: number;
  readonly broker?: readonly string[];
  readonly json?: true;
}

/** Account names as the ledger takes them. */
export const accountName = matching(/^[a-z0-9][a-z0-9._-]{0,47}$/, 'an account: lower-case letters, digits, . _ -');

const country = matching(/^[A-Z]{2}$/, 'a country: two capital letters');

async function enroll(options: StoreEnrollOptions): Promise<void> {
  const { enrollStore } = await import('../office/store-setup.ts');
  const { officeMachine } = await import('./office-machine.ts');
  const { region: regionFolder, store, name, merchant, merchantName, market, lanes, stations, dir, broker } = options;
  const enrolled = await enrollStore(
    {
      regionFolder,
      store,
      name,
      merchant,
      market,
      lanes,
      stations,
      hubHost: options.hubHost,
      hubPort: options.hubPort,
      apiPortBase: options.apiPort,
      ...(merchantName === undefined ? {} : { merchantName }),
      ...(dir === undefined ? {} : { folder: dir }),
      ...(broker === undefined ? {} : { brokers: broker.map((url) => ({ url })) }),
    },
    officeMachine('store'),
  );
  await writeAnswer(options.json === true, enrolled, () => [
    `Store ${store} is on the ledger since block ${enrolled.height}. Start its terminals:`,
    ...enrolled.terminals.map(
      ({ configPath, hub }) => `  bizain agent --config ${configPath}${hub ? '   # the hub' : ''}`,
    ),
  ]);
}

/** Adds the command. */
export function addStoreCommand(program: Command): void {
  const store = program.command('store').description('set up stores');
  store
    .command('enroll')
    .description('make keys and configuration of a store, and enroll it as the administrator of the region')
    .requiredOption('--region <folder>', 'folder of the region, with admin.key')
    .requiredOption('--store <gln>', 'GLN of the store', digits(13, 'a GLN'))
    .requiredOption('--name <name>', 'name of the store')
    .requiredOption('--merchant <account>', 'account of the merchant; registered if it is new', accountName)
    .option('--merchant-name <name>', 'name of a new merchant')
    .option('--market <country>', 'country the store sells in, ISO 3166-1 alpha-2', country, 'CN')
    .option('--lanes <count>', 'lanes; the first is the hub', wholeNumber(1, 64), 2)
    .option('--stations <count>', 'warehouse stations', wholeNumber(0, 63), 0)
    .option('--dir <folder>', 'folder to make (default: stores/<gln> in the region)')
    .option('--hub-host <host>', 'address of the hub in the store', '127.0.0.1')
    .option('--hub-port <port>', 'port of the hub', wholeNumber(1, 65_535), 7_390)
    .option(
      '--api-port <port>',
      'local API of the first terminal; the others follow; 0 takes free ports',
      wholeNumber(0, 65_000),
      7_380,
    )
    .option(
      '--broker <url>',
      'broker for the terminals, if not those of the region',
      (text: string, before?: readonly string[]) => collected(brokerUrl(text), before),
    )
    .option('--json', 'answer as one line of JSON')
    .action(enroll);
}
