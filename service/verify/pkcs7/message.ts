import { Asn1 } from './asn1.js';

/** An algorithm by its object identifier, with parameters. */
export interface Algorithm {
  readonly oid: string;
  readonly parameters: Asn1 | undefined;
}

/** One of those who signed (RFC 5652 §5.3). */
export interface SignerInfo {
  /** The issuer's name in DER, with the serial number of the certificate. */
  readonly issued: { readonly issuer: Buffer; readonly serial: Buffer } | undefined;
  /** Instead of these, the identifier of the key (RFC 5280 §4.2.1.2). */
  readonly keyIdentifier: Buffer | undefined;
  readonly digestAlgorithm: Algorithm;
  readonly attributes: SignedAttributes | undefined;
  readonly signatureAlgorithm: Algorithm;
  readonly signature: Buffer;
}

export interface SignedAttributes {
  /** What the signature is over. */
  readonly bytes: Buffer;
  /** The only value of each attribute that has one; undefined if it has several, or stands there twice. */
  readonly values: ReadonlyMap<string, Asn1 | undefined>;
}

/** A signature without the content that it signs (RFC 5652 §5, RFC 2315 §9). */
export interface SignedMessage {
  readonly contentType: string;
  /** In DER. */
  readonly certificates: readonly Buffer[];
  readonly signers: readonly SignerInfo[];
}

const signedDataType = '1.2.840.113549.1.7.2';

// More than any publisher has, and bounded because each costs a signature to verify.
const signersMax = 16;
const certificatesMax = 32;

/** Reads a signature in DER, BER or PEM; undefined if it is not one, or one that carries its content. */
export async function readMessage(file: Buffer): Promise<SignedMessage | undefined> {
  const bytes = withoutArmor(file);
  if (!bytes) return undefined;
  try {
    const outer = (await Asn1.read(bytes)).expect('sequence');
    if (outer.child(0).oid() !== signedDataType || !outer.child(1).isContext(0)) return undefined;
    return readSignedData(outer.child(1).child(0).expect('sequence'));
  } catch {
    return undefined;
  }
}

const sequenceTag = 0x30;
const labels = ['PKCS7', 'CMS', 'PKCS #7 SIGNED DATA'];

function withoutArmor(file: Buffer): Buffer | undefined {
  if (file[0] === sequenceTag) return file;
  const text = file.toString('latin1');
  const label = labels.find((name) => text.includes(`-----BEGIN ${name}-----`));
  const begin = `-----BEGIN ${label}-----`;
  const start = text.indexOf(begin);
  const stop = text.indexOf(`-----END ${label}-----`, start);
  if (label === undefined || stop < 0) return undefined;
  const base64 = text.slice(start + begin.length, stop).replaceAll(/\s/g, '');
  return /^[A-Za-z0-9+/]*={0,2}$/.test(base64) ? Buffer.from(base64, 'base64') : undefined;
}

function readSignedData({ children }: Asn1): SignedMessage | undefined {
  const [version, digestAlgorithms, content, ...rest] = children;
  version?.integer();
  const digests = digestAlgorithms?.expect('set').children.map((each) => readAlgorithm(each).oid) ?? [];
  const infos = rest.at(-1)?.expect('set');
  if (content?.expect('sequence').children.length !== 1 || !infos) return undefined;
  const certificates = rest.find((each) => each.isContext(0))?.children ?? [];
  if (infos.children.length > signersMax || certificates.length > certificatesMax) return undefined;
  const signers = infos.children.map(readSigner);
  const plain = certificates.map(({ bytes }) => bytes);
  // What is not announced was not hashed by those who read the content once, openssl among them.
  if (signers.some(({ digestAlgorithm: { oid } }) => !digests.includes(oid))) return undefined;
  return signers.length === 0 ? undefined : { contentType: content.child(0).oid(), certificates: plain, signers };
}

function readSigner(info: Asn1): SignerInfo {
  const [version, sid, digestAlgorithm, ...rest] = info.expect('sequence').children;
  version?.integer();
  const attributes = rest[0]?.isContext(0) ? rest.shift() : undefined;
  const [signatureAlgorithm, signature] = rest;
  if (!sid || !digestAlgorithm || !signatureAlgorithm || !signature) throw new Error('too few values');
  const isKey = sid.isContext(0);
  return {
    issued: isKey ? undefined : readIssued(sid.expect('sequence')),
    keyIdentifier: isKey ? sid.content : undefined,
    digestAlgorithm: readAlgorithm(digestAlgorithm),
    attributes: attributes && readAttributes(attributes),
    signatureAlgorithm: readAlgorithm(signatureAlgorithm),
    signature: signature.expect('octet string').content,
  };
}

function readIssued(sid: Asn1): SignerInfo['issued'] {
  return { issuer: sid.child(0).bytes, serial: sid.child(1).expect('integer').content };
}

export function readAlgorithm(value: Asn1): Algorithm {
  const [, parameters] = value.expect('sequence').children;
  return { oid: value.child(0).oid(), parameters };
}

const setTag = 0x31;

function readAttributes(field: Asn1): SignedAttributes {
  const values = new Map<string, Asn1 | undefined>();
  for (const attribute of field.children) {
    const [oid, all] = [attribute.child(0).oid(), attribute.child(1).expect('set').children];
    values.set(oid, all.length === 1 && !values.has(oid) ? all[0] : undefined);
  }
  // What is signed has the tag of a set (RFC 5652 §5.4).
  return { bytes: Buffer.concat([Buffer.from([setTag]), field.bytes.subarray(1)]), values };
}
