/** Operating errors of a validator: what is wrong with its configuration, its place or its region. */
import { BizainError } from '#core/errors';

/** Error codes raised in `sync/validator`. */
export const VALIDATOR_ERROR_CODES = [
  /** The configuration file cannot be read, is not JSON, or breaks the schema. */
  'VALIDATOR_CONFIG_INVALID',
  /** The genesis file cannot be read or is not a genesis. */
  'GENESIS_UNREADABLE',
  /** The key file's key is none of the region's validators. */
  'NOT_A_VALIDATOR',
  /** The peers of the configuration are not the other validators of the genesis. */
  'PEERS_INCOMPLETE',
  /** Another process works on the state directory. */
  'STORE_BUSY',
  /** The state directory belongs to another region. */
  'STORE_FOREIGN',
  /** The store holds blocks that a recovery page has given up, or another block than it names. */
  'STORE_ABANDONED',
  /** A recovery page cannot be read, or the operators do not stand behind it. */
  'RECOVERY_UNUSABLE',
  /** What the store holds contradicts its own hashes. */
  'STORE_CORRUPT',
  /** The database cannot be opened or does not commit durably. */
  'STORE_FAILED',
  /** The listener for peers could not be opened. */
  'PEER_PORT_TAKEN',
  /** The listener for metrics could not be opened. */
  'METRICS_PORT_TAKEN',
  /** The listener for terminals (HTTPS) could not be opened. */
  'HTTPS_PORT_TAKEN',
  /** Own execution contradicts a certificate: the validator has stopped. */
  'CHAIN_DIVERGED',
  /** The validator's next key is in force: it has stopped to begin anew under it. */
  'KEY_CHANGED',
  /** The state of a checkpoint has been fetched: the validator begins anew with it, by itself. */
  'STATE_FETCHED',
] as const;

/** One of these codes. */
export type ValidatorErrorCode = (typeof VALIDATOR_ERROR_CODES)[number];

/** The end of a life whose key was replaced. */
export function keyChanged(name: string): BizainError {
  const code: ValidatorErrorCode = 'KEY_CHANGED';
  const message = `The key of "nextKeyFile" is in force: start ${name} again, it votes under that key from now on. Then make it the "keyFile" and destroy the old one.`;
  return new BizainError({ code, message, retryable: true });
}

/** The end of a life whose store has a successor. */
export function stateFetched(name: string, height: number): BizainError {
  const code: ValidatorErrorCode = 'STATE_FETCHED';
  const message = `The state of block ${height} has been fetched from the peers: ${name} begins anew with it.`;
  return new BizainError({ code, message, retryable: true, context: { height } });
}
