// From a scanner's configuration to the scanner.

import type { Readable } from 'node:stream';
import { unreachable } from '#core/assert';
import { DriverError } from './errors.ts';
import { FolderScanner } from './folder/folder-scanner.ts';
import { createHidPosScanner } from './hid-pos/hid-pos-scanner.ts';
import { loadProfile } from './profiles/load-profile.ts';
import type { Profile } from './profiles/profile.ts';
import type { DriverContext } from './scan-outlet.ts';
import type { Scanner } from './scanner.ts';
import type { ScannerConfig } from './scanner-config.ts';
import { createSerialScanner } from './serial/serial-scanner.ts';
import { StdinScanner } from './stdin/stdin-scanner.ts';
import { createTcpClientScanner } from './tcp/tcp-client-scanner.ts';
import { createTcpServerScanner } from './tcp/tcp-server-scanner.ts';

/** What a scanner is built from. `stdin`: the stream for transport `stdin`, process.stdin when left out. */
export interface ScannerContext extends DriverContext {
  readonly stdin?: Readable;
}

/**
 * Builds the scanner; nothing is opened yet. Errors: PROFILE_NOT_FOUND, PROFILE_INVALID, both also when the profile has
 * no settings for the transport.
 */
export function createScanner(config: ScannerConfig, context: ScannerContext): Scanner {
  switch (config.transport) {
    case 'tcp-client':
      return createTcpClientScanner(config.name, config, section(config.profile, 'tcp'), context);
    case 'tcp-server':
      return createTcpServerScanner(config.name, config, section(config.profile, 'tcp'), context);
    case 'serial': {
      const settings = section(config.profile, 'serial');
      const choice = { path: config.path, baudRate: config.baudRate ?? settings.baudRate };
      return createSerialScanner(config.name, choice, settings, context);
    }
    case 'stdin':
      return new StdinScanner(config.name, context.stdin ?? process.stdin, context);
    case 'folder':
      return new FolderScanner(config.name, { path: config.path, pollMs: config.pollMs }, context);
    case 'hid-pos': {
      const identity = {
        vendorId: Number.parseInt(config.vendorId, 16),
        productId: Number.parseInt(config.productId, 16),
      };
      return createHidPosScanner(config.name, identity, section(config.profile, 'hidPos'), context);
    }
    default:
      return unreachable(config);
  }
}

function section<K extends 'tcp' | 'serial' | 'hidPos'>(name: string, key: K): NonNullable<Profile[K]> {
  const settings = loadProfile(name)[key];
  if (settings === undefined) {
    throw new DriverError({
      code: 'PROFILE_INVALID',
      message: `Scanner profile ${name} has no section "${key}"; choose a profile for this transport or add the section.`,
      context: { profile: name },
    });
  }
  return settings;
}
