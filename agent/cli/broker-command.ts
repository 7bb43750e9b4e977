/** `bizain broker`: the embedded broker, for trying things out without installing one. */
import { type Command, Option } from 'commander';
import { stopSignal } from './agent-command.ts';
import { listenAddress } from './option-values.ts';
import { writeLine } from './output.ts';

/** Adds the command. */
export function addBrokerCommand(program: Command): void {
  program
    .command('broker')
    .description('run an MQTT 3.1.1 broker in this process: for trials, without access control')
    .addOption(
      new Option('--listen <address>', 'where to listen')
        .argParser(listenAddress)
        .default({ host: '127.0.0.1', port: 1_883 }, '127.0.0.1:1883'),
    )
    .action(async ({ listen }: { listen: { host: string; port: number } }) => {
      const { startEmbeddedBroker } = await import('../demo/embedded-broker.ts');
      const stopped = stopSignal();
      const broker = await startEmbeddedBroker(listen);
      await writeLine(JSON.stringify({ event: 'ready', broker: broker.url }));
      await stopped;
      await broker.close();
    });
}
