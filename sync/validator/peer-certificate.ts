/**
 * The certificate a validator shows its peers: self-signed, made in memory at every start from the key that it votes
 * with, and worth nothing but the key in it. TLS carries keys in certificates only, hence the X.509 around it (RFC 5280,
 * RFC 8410); names are empty and the dates are the widest there are, because no peer reads them.
 */
import { sign } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  Certificate,
  Name,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';
import { privateKeyOf, publicKeyOf } from '#core/ed25519';

/** id-Ed25519 (RFC 8410 section 3); its parameters are absent. */
const ed25519Oid = '1.3.101.112';
/** The first second that a date of the form UTCTime means, and the value for "no end" (RFC 5280 section 4.1.2.5). */
const notBefore = '1950-01-01T00:00:00Z';
const notAfter = '9999-12-31T23:59:59Z';

/** A key and its certificate as TLS takes them: PEM texts. The key never leaves the process. */
export interface PeerCredentials {
  readonly key: string;
  readonly cert: string;
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}

/** The dates are for tests: peers accept any. */
export function peerCredentials(
  secretSeed: Uint8Array,
  dates: { readonly notBefore: string; readonly notAfter: string } = { notBefore, notAfter },
): PeerCredentials {
  const privateKey = privateKeyOf(secretSeed);
  const algorithm = new AlgorithmIdentifier({ algorithm: ed25519Oid });
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: bufferOf(Uint8Array.of(1)),
    signature: algorithm,
    issuer: new Name(),
    validity: new Validity({ notBefore: new Date(dates.notBefore), notAfter: new Date(dates.notAfter) }),
    subject: new Name(),
    subjectPublicKeyInfo: new SubjectPublicKeyInfo({
      algorithm,
      subjectPublicKey: bufferOf(publicKeyOf(secretSeed)),
    }),
  });
  const signed = new Uint8Array(AsnConvert.serialize(tbsCertificate));
  const certificate = new Certificate({
    tbsCertificate,
    signatureAlgorithm: algorithm,
    signatureValue: bufferOf(sign(null, signed, privateKey)),
  });
  const base64 = Buffer.from(AsnConvert.serialize(certificate)).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
  };
}
