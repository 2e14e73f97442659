import { isBundleType } from '../../formats/oci/attachments.js';
import { Document } from '../../formats/oci/document.js';
import { type Claim, parsePayload, parseStatement } from './claims.js';

/** Some bytes with signatures over them, none of which is checked. */
export interface SignedContent {
  /** What is signed; undefined for the bytes of the manifest itself. */
  readonly content: Buffer | undefined;
  readonly signatures: readonly Buffer[];
  /** Whether a certificate says who signed, and not a key. */
  readonly isKeyless: boolean;
  /**
   * What it says; to be asked once a signature over it is good. Undefined where it says something else than that an image is signed.
   *
   * @throws Failure Corrupt when it makes no sense
   */
  claim(): Claim | undefined;
}

const subject = 'the bundle';
/** Of one envelope. */
const signaturesMax = 16;

/**
 * What `cosign sign` made before it had bundles: a text in a blob, and the signature in an annotation.
 *
 * @throws Failure Corrupt when the signature is not base64
 */
export function simpleSignature(content: Buffer, signature: string, isKeyless: boolean): SignedContent {
  const bytes = bytesOf(signature) ?? new Document('the signature', {}).fail('it', 'is not base64');
  return { content, signatures: [bytes], isKeyless, claim: () => parsePayload(content) };
}

/**
 * Reads a sigstore bundle (protobuf-specs, sigstore_bundle.proto).
 *
 * @throws Failure Corrupt when it is not one
 */
export function parseBundle(bytes: Buffer): SignedContent {
  const bundle = Document.parse(bytes, subject);
  if (!isBundleType(bundle.mustText('mediaType'))) return bundle.fail('mediaType', 'is not that of a bundle');
  const material = bundle.object('verificationMaterial');
  const isKeyless =
    material?.object('certificate') !== undefined || material?.object('x509CertificateChain') !== undefined;
  const envelope = bundle.object('dsseEnvelope');
  if (envelope !== undefined) return { ...openEnvelope(envelope), isKeyless };
  const message = bundle.object('messageSignature') ?? bundle.fail('messageSignature', 'is missing');
  const signatures = [base64Of(message, 'signature')];
  return { content: undefined, signatures, isKeyless, claim: () => ({ digests: [], reference: undefined }) };
}

/** An envelope of DSSE: what is signed is its payload with the type before it. */
function openEnvelope(envelope: Document): Omit<SignedContent, 'isKeyless'> {
  const type = envelope.mustText('payloadType');
  const payload = base64Of(envelope, 'payload');
  const header = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `;
  return {
    content: Buffer.concat([Buffer.from(header), payload]),
    signatures: envelope.objects('signatures', signaturesMax).map((each) => base64Of(each, 'sig')),
    claim: () => (type === 'application/vnd.in-toto+json' ? parseStatement(payload) : undefined),
  };
}

function base64Of(document: Document, name: string): Buffer {
  return bytesOf(document.mustText(name)) ?? document.fail(name, 'is not base64');
}

/** What a text in base64 stands for (RFC 4648 §4); undefined if it is not one, or is empty. */
export function bytesOf(text: string): Buffer | undefined {
  const isBase64 = text !== '' && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
  return isBase64 ? Buffer.from(text, 'base64') : undefined;
}
