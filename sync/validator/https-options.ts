/** From the configuration to what the HTTPS entry needs: its certificate carries the validator's own key, by which terminals know it. */
import type { HttpsEntryOptions } from './https-entry.ts';
import { peerCredentials } from './peer-certificate.ts';
import type { ValidatorConfig } from './validator-config.ts';

/** Where and as whom the entry listens; null where none is configured. */
export function httpsOptions(
  config: ValidatorConfig['https'],
  secretSeed: Uint8Array,
): Pick<HttpsEntryOptions, 'listen' | 'key' | 'cert' | 'login'> | null {
  if (config === undefined) return null;
  const { host, port, username, password } = config;
  const login = username === undefined ? null : { username, password };
  return { listen: { host, port }, login, ...peerCredentials(secretSeed) };
}
