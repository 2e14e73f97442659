import { signaturePredicate } from '../../formats/oci/attachments.js';
import { Document } from '../../formats/oci/document.js';

/** What a signature says about an image. */
export interface Claim {
  /** `sha256:` or `sha512:` and hexadecimal digits, of manifests or indexes; any will do. */
  readonly digests: readonly string[];
  /** The name that it has; undefined where the signature names none. */
  readonly reference: string | undefined;
}

/** What `critical.type` of a simple signature is, by the age of cosign. */
const payloadTypes = ['cosign container image signature', signaturePredicate];
const statementTypes = ['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1'];
/** Of one statement. */
const subjectsMax = 1000;

/**
 * Reads a simple signing payload (cosign, SIGNATURE_SPEC).
 *
 * @throws Failure Corrupt when it is not one
 */
export function parsePayload(bytes: Buffer): Claim {
  const critical = mustObject(Document.parse(bytes, 'the signed text'), 'critical');
  const type = critical.mustText('type');
  if (!payloadTypes.includes(type)) return critical.fail('type', 'is not that of a signature over an image');
  const digest = mustObject(critical, 'image').mustText('docker-manifest-digest');
  return { digests: [digest], reference: mustObject(critical, 'identity').mustText('docker-reference') };
}

/**
 * Reads an in-toto statement; undefined for one that attests something else than that its subject is signed.
 *
 * @throws Failure Corrupt when it is not one
 */
export function parseStatement(bytes: Buffer): Claim | undefined {
  const statement = Document.parse(bytes, 'the signed statement');
  if (!statementTypes.includes(statement.mustText('_type')))
    return statement.fail('_type', 'is not that of a statement');
  if (statement.mustText('predicateType') !== signaturePredicate) return undefined;
  const digests = statement.objects('subject', subjectsMax).flatMap((subject) => {
    const digest = mustObject(subject, 'digest');
    return (['sha256', 'sha512'] as const).flatMap((name) => {
      const hash = digest.text(name);
      return hash === undefined ? [] : [`${name}:${hash}`];
    });
  });
  return { digests, reference: undefined };
}

function mustObject(document: Document, name: string): Document {
  return document.object(name) ?? document.fail(name, 'is missing');
}
