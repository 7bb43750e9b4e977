/** `bizain region validator prepare | join | leave`: who validates. */
import { type Command, InvalidArgumentError } from 'commander';
import { brokerUrl, collected, listenAddress, matching } from './option-values.ts';
import { writeAnswer } from './output.ts';

interface Place {
  readonly host: string;
  readonly port: number;
}

interface PrepareOptions {
  readonly dir: string;
  readonly name: string;
  readonly genesis: string;
  readonly listen: Place;
  readonly peer: readonly (Place & { readonly name: string })[];
  readonly broker: readonly string[];
  readonly json?: true;
}

interface JoinOptions {
  readonly region: string;
  readonly name: string;
  readonly key: string;
  readonly proof: string;
  readonly address: string;
  readonly json?: true;
}

interface LeaveOptions {
  readonly region: string;
  readonly name: string;
  readonly json?: true;
}

const validatorName = matching(/^[a-z0-9][a-z0-9._-]{0,31}$/, 'a name: lower-case letters, digits, . _ -');
const later = 'It is in force from the epoch after the next: see `bizain region schedule`.';

function namedPeer(text: string): Place & { readonly name: string } {
  const [, name, address] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || address === undefined) throw new InvalidArgumentError('Give a peer as v1=10.0.0.1:7400.');
  return { name: validatorName(name), ...listenAddress(address) };
}

async function prepare(options: PrepareOptions): Promise<void> {
  const { prepareValidator } = await import('../office/validator-membership.ts');
  const { systemEntropy } = await import('#core/entropy');
  const { dir, name, genesis, listen, peer, broker } = options;
  const made = prepareValidator(
    { folder: dir, name, genesisFile: genesis, listen, peers: peer, brokers: broker.map((url) => ({ url })) },
    systemEntropy,
  );
  await writeAnswer(options.json === true, made, () => [
    `The key of ${name} is made; it stays on this machine. The administrator lets it in with:`,
    `  bizain region validator join --region FOLDER --name ${name} --address ${made.address} \\`,
    `    --key ${made.publicKey} \\`,
    `    --proof ${made.proof}`,
    `Then start it here; it catches up, and votes when its epoch has come:`,
    `  bizain validator --config ${made.configPath}`,
  ]);
}

async function join(options: JoinOptions): Promise<void> {
  const { joinValidator } = await import('../office/validator-membership.ts');
  const { readRegion } = await import('../office/region-file.ts');
  const { officeMachine } = await import('./office-machine.ts');
  const { name, key, proof, address } = options;
  const candidacy = { name, publicKey: key, proof, address };
  const { height } = await joinValidator(readRegion(options.region), candidacy, officeMachine('region'));
  await writeAnswer(options.json === true, { name, height }, () => [`${name} joins since block ${height}. ${later}`]);
}

async function leave({ region, name, json }: LeaveOptions): Promise<void> {
  const { dismissValidator } = await import('../office/validator-membership.ts');
  const { readRegion } = await import('../office/region-file.ts');
  const { officeMachine } = await import('./office-machine.ts');
  const { height } = await dismissValidator(readRegion(region), name, officeMachine('region'));
  await writeAnswer(json === true, { name, height }, () => [
    `${name} leaves since block ${height}. ${later} Keep it running until then.`,
  ]);
}

/** Adds the commands to `bizain region`. */
export function addRegionValidatorCommand(region: Command): void {
  const validator = region.command('validator').description('who validates: let one in, let one go');
  validator
    .command('prepare')
    .description("make a new validator's key and configuration, on its own machine; nothing is overwritten")
    .requiredOption('--dir <folder>', 'folder to make')
    .requiredOption('--name <name>', 'its name, new in the region', validatorName)
    .requiredOption('--genesis <file>', "the region's genesis file")
    .requiredOption('--listen <address>', 'where the others reach it, e.g. 10.0.0.5:7400', listenAddress)
    .requiredOption(
      '--peer <name=address>',
      'another validator, e.g. v1=10.0.0.1:7400; once for each of the genesis',
      (text: string, before?: readonly ReturnType<typeof namedPeer>[]) => [...(before ?? []), namedPeer(text)],
    )
    .requiredOption(
      '--broker <url>',
      'MQTT broker; may be given several times',
      (text: string, before?: readonly string[]) => collected(brokerUrl(text), before),
    )
    .option('--json', 'answer as one line of JSON')
    .action(prepare);
  validator
    .command('join')
    .description('let a validator in, as the administrator; in force two epochs later')
    .requiredOption('--region <folder>', 'folder of the region, with admin.key')
    .requiredOption('--name <name>', 'its name', validatorName)
    .requiredOption('--address <host:port>', 'where the others reach it')
    .requiredOption('--key <hex>', 'its public key')
    .requiredOption('--proof <hex>', 'its proof that it has the key')
    .option('--json', 'answer as one line of JSON')
    .action(join);
  validator
    .command('leave')
    .description('let a validator go, as the administrator; in force two epochs later')
    .requiredOption('--region <folder>', 'folder of the region, with admin.key')
    .requiredOption('--name <name>', 'its name', validatorName)
    .option('--json', 'answer as one line of JSON')
    .action(leave);
}
