/** Connections to one validator: TLS 1.3, and the key in its certificate must be the one expected before a byte is sent. */
import { Agent } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { equalBytes } from '#core/bytes';

const socketsMax = 8;
const connectMsMax = 10_000;
/** Below the time after which a validator closes an idle connection. */
const idleMsMax = 30_000;

/** The other end of the connection does not hold the expected key. */
export class OtherKeyError extends Error {}

/** The Ed25519 key that the server proved to hold in this handshake; null where it is of another kind. */
function keyOf(socket: TLSSocket): Uint8Array | null {
  const publicKey = socket.isSessionReused() ? undefined : socket.getPeerX509Certificate()?.publicKey;
  if (publicKey?.asymmetricKeyType !== 'ed25519') return null;
  const { x } = publicKey.export({ format: 'jwk' });
  return x === undefined ? null : Uint8Array.from(Buffer.from(x, 'base64url'));
}

/** An agent for `node:https` whose sockets all lead to the holder of the key. */
export class PinnedAgent extends Agent {
  readonly #address: { readonly host: string; readonly port: number };
  readonly #publicKey: Uint8Array;

  constructor(address: { readonly host: string; readonly port: number }, publicKey: Uint8Array) {
    super({ keepAlive: true, maxSockets: socketsMax, maxFreeSockets: 2, timeout: idleMsMax, maxCachedSessions: 0 });
    this.#address = address;
    this.#publicKey = publicKey;
  }

  override createConnection(_options: object, done: (error: Error | null, socket: Duplex) => void): undefined {
    const socket = connect({
      ...this.#address,
      minVersion: 'TLSv1.3',
      ALPNProtocols: ['http/1.1'],
      // The key is compared below: the certificate around it is self-signed and nobody's word.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    });
    const fail = (error: Error): void => {
      socket.destroy();
      done(error, socket);
    };
    const late = (): void => fail(new Error(`no connection within ${connectMsMax} ms`));
    socket.setTimeout(connectMsMax, late);
    socket.once('error', fail);
    socket.once('secureConnect', () => {
      socket.off('error', fail);
      socket.off('timeout', late);
      socket.setTimeout(0);
      const key = keyOf(socket);
      if (key !== null && equalBytes(key, this.#publicKey)) done(null, socket);
      else fail(new OtherKeyError('another key than the validator’s'));
    });
    return undefined;
  }
}
