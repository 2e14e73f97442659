import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import { shown } from '../shown.js';
import { Asn1 } from './asn1.js';
import { type Algorithm, readAlgorithm, type SignerInfo } from './message.js';

interface Extension {
  readonly isCritical: boolean;
  readonly value: Buffer;
}

/** Object identifiers of extensions (RFC 5280 §4.2.1). */
export const extensionOids = {
  keyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  alternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  policies: '2.5.29.32',
  authorityKey: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
} as const;

/** Bits of the extension "key usage". */
const [digitalSignature, contentCommitment] = [0, 1];

/** An X.509 certificate, with what node does not say of it. */
export class Certificate {
  readonly x509: X509Certificate;
  readonly signatureAlgorithm: Algorithm;
  readonly extensions: ReadonlyMap<string, Extension>;
  /** Whether a key may sign files and the like; undefined: nothing is said of it. */
  readonly maySign: boolean | undefined;
  /** How many authorities may be below this one. */
  readonly pathLength: number | undefined;
  readonly #issuer: Buffer;
  readonly #serial: Buffer;
  readonly #keyIdentifier: Buffer | undefined;

  private constructor(x509: X509Certificate, parts: Parts) {
    this.x509 = x509;
    this.signatureAlgorithm = parts.signatureAlgorithm;
    this.extensions = parts.extensions;
    this.#issuer = parts.issuer;
    this.#serial = parts.serial;
    this.maySign = parts.keyUsage && [digitalSignature, contentCommitment].some((bit) => parts.keyUsage?.[bit]);
    this.pathLength = parts.pathLength;
    this.#keyIdentifier = parts.keyIdentifier;
  }

  /** Reads a certificate in DER; undefined if it is not one. */
  static async read(bytes: Buffer): Promise<Certificate | undefined> {
    try {
      const x509 = new X509Certificate(bytes);
      if ([x509.validFrom, x509.validTo].some((time) => Number.isNaN(Date.parse(time)))) return undefined;
      return new Certificate(x509, await readParts(x509.raw));
    } catch {
      return undefined;
    }
  }

  /** SHA-256 of it, in upper-case hexadecimal. */
  get fingerprint(): string {
    return createHash('sha256').update(this.x509.raw).digest('hex').toUpperCase();
  }

  /** The common name or, without one, all of the subject, escaped for display. */
  get subject(): string {
    const lines = (this.x509.subject ?? '').split('\n');
    const commonName = lines.find((line) => line.startsWith('CN='))?.slice('CN='.length);
    return shown(commonName ?? lines.join(', '));
  }

  /** undefined: of a kind that node does not know. */
  get publicKey(): KeyObject | undefined {
    try {
      return this.x509.publicKey;
    } catch {
      return undefined;
    }
  }

  get validFrom(): Date {
    return new Date(this.x509.validFrom);
  }

  get validTo(): Date {
    return new Date(this.x509.validTo);
  }

  get isSelfIssued(): boolean {
    return this.x509.subject === this.x509.issuer;
  }

  /** Whether a signer names it. */
  isNamedBy({ issued, keyIdentifier }: SignerInfo): boolean {
    if (issued) return issued.issuer.equals(this.#issuer) && issued.serial.equals(this.#serial);
    return keyIdentifier !== undefined && this.#keyIdentifier?.equals(keyIdentifier) === true;
  }

  isSame(other: Certificate): boolean {
    return this.x509.raw.equals(other.x509.raw);
  }
}

interface Parts {
  readonly issuer: Buffer;
  readonly serial: Buffer;
  readonly signatureAlgorithm: Algorithm;
  readonly extensions: ReadonlyMap<string, Extension>;
  readonly keyUsage: readonly boolean[] | undefined;
  readonly pathLength: number | undefined;
  readonly keyIdentifier: Buffer | undefined;
}

/** RFC 5280 §4.1 */
async function readParts(bytes: Buffer): Promise<Parts> {
  const outer = (await Asn1.read(bytes)).expect('sequence');
  const fields = outer.child(0).expect('sequence').children;
  const [serial, , issuer] = fields[0]?.isContext(0) ? fields.slice(1) : fields;
  if (!serial || !issuer) throw new Error('too few values');
  const extensions = readExtensions(fields.find((field) => field.isContext(3)));
  const decoded = async (oid: string) => {
    const extension = extensions.get(oid);
    return extension && (await Asn1.read(extension.value));
  };
  const constraints = await decoded(extensionOids.basicConstraints);
  return {
    issuer: issuer.bytes,
    serial: serial.expect('integer').content,
    signatureAlgorithm: readAlgorithm(outer.child(1)),
    extensions,
    keyUsage: (await decoded(extensionOids.keyUsage))?.bits(),
    pathLength: constraints?.children[1]?.integer(),
    keyIdentifier: (await decoded(extensionOids.keyIdentifier))?.content,
  };
}

function readExtensions(field: Asn1 | undefined): Map<string, Extension> {
  const extensions = new Map<string, Extension>();
  for (const extension of field?.child(0).children ?? []) {
    const value = extension.children.at(-1)?.expect('octet string').content;
    const oid = extension.child(0).oid();
    if (!value || extensions.has(oid)) throw new Error('an extension without a value, or twice');
    extensions.set(oid, { isCritical: extension.children.length === 3 && extension.child(1).content[0] !== 0, value });
  }
  return extensions;
}
