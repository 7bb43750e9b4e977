/**
 * TLS 1.3 between validators, on both ends: the same settings, and the one question that decides: whose key is it?
 *
 * A peer is accepted for the key in its certificate and for nothing else. Possession of the key is shown afresh in every
 * handshake by the signature over the transcript (CertificateVerify, RFC 8446 section 4.4.3), which OpenSSL checks
 * whatever is thought of the certificate. There is no authority, for there is no third party that all members trust;
 * no name, for addresses change and the key is the identity; no date, for a board without a clock would lose its peers at
 * the very moment when it needs them. A key ends when the ledger takes it out of the set.
 *
 * The key signs votes too. What TLS signs begins with 64 spaces and what X.509 signs with the byte 0x30, whereas all that
 * a validator signs begins with the text of its domain, `bizain/...`: no signature can be taken for one of another kind.
 */
import { constants } from 'node:crypto';
import {
  type ConnectionOptions,
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
  type TLSSocket,
  type TlsOptions,
} from 'node:tls';
import { publicKeyOf } from '#core/ed25519';
import { type LaneName, peerProtocol } from '../wire/peer-message.ts';
import { peerCredentials } from './peer-certificate.ts';

/** One validator's key as TLS uses it. */
export interface TlsIdentity {
  readonly publicKey: Uint8Array;
  /** For a server, which makes a context of its own. */
  readonly settings: SecureContextOptions;
  readonly context: SecureContext;
}

/** Makes the certificate and the context for it. Once a key: it takes some milliseconds. */
export function tlsIdentity(secretSeed: Uint8Array): TlsIdentity {
  const { key, cert } = peerCredentials(secretSeed);
  const settings: SecureContextOptions = {
    key,
    cert,
    // Nothing is verified against it: it keeps the built-in authorities out.
    ca: cert,
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    // Any other kind of key fails in the handshake.
    sigalgs: 'ed25519',
    // With this OpenSSL keeps sessions on the server instead of in tickets, and Node keeps none: nothing can be resumed.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
  return { publicKey: publicKeyOf(secretSeed), settings, context: createSecureContext(settings) };
}

/** Options of the accepting side. */
export function acceptOptions({ settings }: TlsIdentity, chainId: Uint8Array): TlsOptions {
  return {
    ...settings,
    requestCert: true,
    // The key is compared after the handshake: see the file's head.
    rejectUnauthorized: false,
    ALPNProtocols: [peerProtocol(chainId, 'urgent'), peerProtocol(chainId, 'bulk')],
  };
}

/** Options of the dialling side, for one lane. */
export function dialOptions({ context }: TlsIdentity, chainId: Uint8Array, lane: LaneName): ConnectionOptions {
  return {
    secureContext: context,
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    ALPNProtocols: [peerProtocol(chainId, lane)],
  };
}

/** The lane that both sides agreed on; null where they agreed on none. */
export function agreedLane(socket: TLSSocket, chainId: Uint8Array): LaneName | null {
  const { alpnProtocol } = socket;
  if (alpnProtocol === peerProtocol(chainId, 'urgent')) return 'urgent';
  return alpnProtocol === peerProtocol(chainId, 'bulk') ? 'bulk' : null;
}

/** The key that the peer has shown to hold in this handshake, 32 bytes; null where it has shown none. */
export function keyOfPeer(socket: TLSSocket): Uint8Array | null {
  // A resumed session shows that somebody held the key once.
  if (socket.getProtocol() !== 'TLSv1.3' || socket.isSessionReused()) return null;
  const publicKey = socket.getPeerX509Certificate()?.publicKey;
  if (publicKey?.asymmetricKeyType !== 'ed25519') return null;
  const { x } = publicKey.export({ format: 'jwk' });
  return x === undefined ? null : Uint8Array.from(Buffer.from(x, 'base64url'));
}
