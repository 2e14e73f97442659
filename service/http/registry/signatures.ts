import { Failure } from '../../../common/failure.js';
import {
  type AttachedLayer,
  isBundleType,
  parseAttached,
  parseReferrers,
  type Referrer,
  signaturePredicate,
  simpleArtifactType,
  simpleSigningType,
} from '../../formats/oci/attachments.js';
import { type Descriptor, emptyConfigType } from '../../formats/oci/manifest.js';

/** What a reference has led to, and the repository that has it. */
export interface FoundDocuments {
  /** How messages call it. */
  readonly subject: string;
  /** The manifest, and before it the index that names it, if one does. */
  readonly documents: readonly { readonly bytes: Buffer; readonly digest: string }[];
  /** A document of the repository; undefined if it has none. */
  get(kind: 'manifests' | 'referrers', reference: string, max: number): Promise<Buffer | undefined>;
  /** What a descriptor stands for. It is compared with digest and size. */
  content(descriptor: Descriptor, kind: 'manifests' | 'blobs', max: number, subject: string): Promise<Buffer>;
}

/** Something that is attached to an image, and may be a signature. */
export type Attachment =
  /** The signature of a blob is in an annotation. */
  | { readonly kind: 'simple'; readonly bytes: Buffer; readonly signature: string; readonly isKeyless: boolean }
  | { readonly kind: 'bundle'; readonly bytes: Buffer }
  /** What could not be read, or there is too much of, as a sentence. */
  | { readonly kind: 'problem'; readonly message: string };

/** Of a manifest or an index, in bytes. */
const manifestMax = 4 * 1024 * 1024;
/** Of a signed text or a bundle, in bytes. */
const documentMax = 1024 * 1024;
/** Of one image: a registry may list any number. */
export const signaturesMax = 100;

const annotations = {
  signature: 'dev.cosignproject.cosign/signature',
  certificate: 'dev.sigstore.cosign/certificate',
  predicate: 'dev.sigstore.bundle.predicateType',
} as const;

/** Looks for what is attached to an image, in the three places where programs put it. */
class Search {
  readonly #found: FoundDocuments;
  readonly #seen = new Set<string>();
  readonly #texts = new Map<string, Buffer>();
  #left = signaturesMax;

  constructor(found: FoundDocuments) {
    this.#found = found;
  }

  async *run(): AsyncGenerator<Attachment> {
    for (const { digest } of this.#found.documents) {
      yield* this.#guarded('the signatures beside it', () => this.#ofTag(digest));
      yield* this.#guarded('what refers to it', () => this.#ofReferrers(digest));
    }
  }

  /** What fails in one place leaves the others. */
  async *#guarded(what: string, list: () => AsyncGenerator<Attachment>): AsyncGenerator<Attachment> {
    try {
      yield* list();
    } catch (error) {
      if (!(error instanceof Failure) || error.kind === 'Cancelled') throw error;
      yield { kind: 'problem', message: `the registry does not give ${what}: ${error.message.replace(/\.$/, '')}` };
    }
  }

  /** As cosign has put signatures from the beginning: a manifest that is found by its tag. */
  async *#ofTag(digest: string): AsyncGenerator<Attachment> {
    // A tag has at most 128 characters: those of SHA-512 are too long.
    if (!digest.startsWith('sha256:')) return;
    const bytes = await this.#found.get('manifests', `${digest.replace(':', '-')}.sig`, manifestMax);
    if (bytes !== undefined) yield* this.#ofManifest(bytes);
  }

  /** By the list of what refers to an image, or where registries have none, under the tag that stands for it. */
  async *#ofReferrers(digest: string): AsyncGenerator<Attachment> {
    const { get } = this.#found;
    const isTag = digest.startsWith('sha256:');
    const listed = await get('referrers', digest, manifestMax);
    const bytes = listed ?? (isTag ? await get('manifests', digest.replace(':', '-'), manifestMax) : undefined);
    if (bytes === undefined) return;
    for (const referrer of parseReferrers(bytes, 'the list of what refers to it').filter(mayBeSignature)) {
      if (this.#seen.has(referrer.digest)) continue;
      this.#seen.add(referrer.digest);
      if (this.#isEnough()) return yield tooMany;
      yield* this.#guarded('a signature', () => this.#ofReferrer(referrer));
    }
  }

  async *#ofReferrer(referrer: Referrer): AsyncGenerator<Attachment> {
    yield* this.#ofManifest(
      await this.#found.content(referrer, 'manifests', manifestMax, 'the manifest of a signature'),
    );
  }

  async *#ofManifest(bytes: Buffer): AsyncGenerator<Attachment> {
    for (const layer of parseAttached(bytes, 'the manifest of its signatures')) {
      const { mediaType } = layer;
      if (mediaType !== simpleSigningType && !isBundleType(mediaType)) continue;
      if (this.#isEnough()) return yield tooMany;
      this.#left--;
      yield* this.#guarded('a signature', () => this.#ofLayer(layer));
    }
  }

  async *#ofLayer(layer: AttachedLayer): AsyncGenerator<Attachment> {
    if (layer.mediaType !== simpleSigningType) return yield { kind: 'bundle', bytes: await this.#text(layer) };
    const signature = layer.annotations?.text(annotations.signature);
    if (signature === undefined) return;
    const isKeyless = Boolean(layer.annotations?.text(annotations.certificate));
    yield { kind: 'simple', bytes: await this.#text(layer), signature, isKeyless };
  }

  /** Many signatures may be over one text. */
  async #text(layer: AttachedLayer): Promise<Buffer> {
    const known = this.#texts.get(layer.digest);
    if (known?.length === layer.size) return known;
    const bytes = await this.#found.content(layer, 'blobs', documentMax, 'the text of a signature');
    if (bytes.length <= keptMax) this.#texts.set(layer.digest, bytes);
    return bytes;
  }

  #isEnough(): boolean {
    return this.#left <= 0 || this.#seen.size > signaturesMax;
  }
}

/** Texts of up to so many bytes are kept, at most `signaturesMax` of them. */
const keptMax = 16 * 1024;

const tooMany: Attachment = {
  kind: 'problem',
  message: `it has more than ${signaturesMax} signatures, and only the first are looked at`,
};

/**
 * Attestations are bundles as well. Some registries and clients leave out what would tell, and cosign 3 gives its signatures the
 * type of their empty configuration, where it writes the list of referrers itself.
 */
function mayBeSignature({ artifactType = emptyConfigType, annotations: notes }: Referrer): boolean {
  if (![emptyConfigType, simpleArtifactType].includes(artifactType) && !isBundleType(artifactType)) return false;
  const predicate = notes?.text(annotations.predicate);
  return predicate === undefined || predicate === signaturePredicate;
}

/**
 * Finds what is attached to an image, one item at a time. The registry gets a request for the next one only when the caller wants it.
 *
 * @throws Failure Cancelled
 */
export function attachmentsOf(found: FoundDocuments): AsyncGenerator<Attachment> {
  return new Search(found).run();
}
