/** Options that name a region to ask: the office's folder, a validator's configuration, or genesis and addresses by themselves. */
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { BizainError } from '#core/errors';
import type { AnyEntryPoint } from '#sync/outbox/entry-point';
import type { Genesis } from '#sync/wire/genesis';
import type { RecoveryPage } from '#sync/wire/recovery-page';
import type { CliErrorCode } from './errors.ts';
import { brokerUrl, collected, matching } from './option-values.ts';

/** The options. */
export interface WhichRegion {
  readonly region?: string;
  readonly config?: string;
  readonly genesis?: string;
  readonly broker?: readonly string[];
  readonly http?: readonly string[];
}

/** A region to ask. */
export interface RegionToAsk {
  readonly genesis: Genesis;
  /** New foundings of the region, the earliest first. */
  readonly pages: readonly RecoveryPage[];
  readonly brokers: readonly { readonly url: string; readonly username?: string; readonly password?: string }[];
  readonly http: readonly string[];
  /** Brokers, and validators' own entries where the region's folder names them. */
  readonly entryPoints: readonly AnyEntryPoint[];
}

const httpUrl = matching(/^https?:\/\/\S+$/, 'an address as http://10.0.0.1:9464');

/** Whom to ask first: the validators that the last founding brought. */
export function firstMembers({ genesis, pages }: Pick<RegionToAsk, 'genesis' | 'pages'>): Genesis['validators'] {
  return pages.at(-1)?.validators ?? genesis.validators;
}

/** Adds the options. */
export function withRegionOptions(command: Command): Command {
  return command
    .option('--region <folder>', 'folder that `region init` made')
    .option('--config <file>', "or a validator's configuration (validator.json)")
    .option('--genesis <file>', "or the region's genesis file, with --broker or --http")
    .option(
      '--broker <url>',
      'MQTT broker to ask over, instead of the configured ones; may be given several times',
      (text: string, before?: readonly string[]) => collected(brokerUrl(text), before),
    )
    .option(
      '--http <url>',
      "a validator's metrics address, used where the broker brings no answer; may be given several times",
      (text: string, before?: readonly string[]) => collected(httpUrl(text), before),
    );
}

/** Reads what the options name. Throws `USAGE` and what the readers of the files throw. */
export async function whichRegion(options: WhichRegion): Promise<RegionToAsk> {
  const { readRegion, readGenesis } = await import('../office/region-file.ts');
  const { entryPointsOf, given: withValues } = await import('../config/entry-points.ts');
  const given = options.broker?.map((url) => ({ url }));
  const http = options.http ?? [];
  if (options.region !== undefined) {
    const { genesis, file, pages } = readRegion(options.region);
    const brokers = given ?? file.brokers.map(withValues);
    return { genesis, pages, brokers, http, entryPoints: entryPointsOf(genesis, { brokers, https: file.https }) };
  }
  if (options.config !== undefined) {
    const { readValidatorConfig } = await import('#sync/validator/validator-config');
    const config = readValidatorConfig(options.config);
    const genesis = readGenesis(resolve(dirname(options.config), config.genesis));
    const brokers = given ?? config.brokers.map(withValues);
    const { readRecoveryPage } = await import('#sync/validator/refounding');
    const pages = config.recoveryFiles.map((file) => readRecoveryPage(file, genesis));
    return { genesis, pages, brokers, http, entryPoints: brokers };
  }
  if (options.genesis !== undefined && (given !== undefined || http.length > 0))
    return { genesis: readGenesis(options.genesis), pages: [], brokers: given ?? [], http, entryPoints: given ?? [] };
  const code: CliErrorCode = 'USAGE';
  const message = 'Name the region with --region FOLDER, --config FILE, or --genesis FILE with --broker or --http.';
  throw new BizainError({ code, message });
}
