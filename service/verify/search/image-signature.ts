import { err, ok, type Result } from 'neverthrow';
import { Failure } from '../../../common/failure.js';
import {
  type DetachedSignature,
  judgeContent,
  type SignatureFinding,
  type Signer,
  type WantedHash,
} from '../detached.js';
import { isInGzipHeader } from '../minisign/signature.js';
import { readSignature } from '../scheme.js';
import { judgeSigned, type Lack, lackOf, strangeness, type Trust, tooFew } from './evidence.js';
import { type Fetched, fileNameOf } from './shelf.js';

interface SignatureFile {
  readonly name: string;
  /** As it was fetched. */
  readonly fetched: Fetched;
  readonly signature: DetachedSignature;
  /** What is known of it before the content: who says that he signed. */
  readonly claims: readonly SignatureFinding[];
}

/** Signatures over an image as it is transferred, to be judged when it has come. */
export class ImageSignature {
  readonly #image: string;
  readonly #files: readonly SignatureFile[];
  readonly #trust: Trust;

  private constructor(image: string, files: readonly SignatureFile[], trust: Trust) {
    this.#image = image;
    this.#files = files;
    this.#trust = trust;
  }

  /**
   * Reads the signature files of an image. Lacks: why none of them can count.
   *
   * @throws whatever the reading of keys does
   */
  static async read(image: string, files: readonly Fetched[], trust: Trust): Promise<ImageSignature | Lack[]> {
    const read = await Promise.all(files.map((file) => readFile(file, trust)));
    const known = read.filter((each): each is SignatureFile => 'claims' in each && each.claims.some(isByTrustedKey));
    const keys = new Set(known.flatMap(({ claims }) => claims.flatMap(keyOf)));
    const [first] = known;
    if (first !== undefined && keys.size >= trust.requireSigners) return new ImageSignature(image, known, trust);
    if (first !== undefined) return [tooFew(image, keys.size, trust)];
    return read.map((each) => ('claims' in each ? unknownLack(each, trust) : each));
  }

  /** The file that holds the first signature. */
  get name(): string {
    return this.#files[0]?.name ?? '';
  }

  /** The signature files, as they were fetched. */
  get files(): readonly Fetched[] {
    return this.#files.map(({ fetched }) => fetched);
  }

  /** What has to be hashed of the image. */
  get wanted(): readonly WantedHash[] {
    return this.#files.flatMap(({ signature }) => signature.wanted);
  }

  /** @param digests one for each of `wanted` */
  async judge(digests: readonly Buffer[]): Promise<Result<Signer, Failure>> {
    const { now } = this.#trust;
    let from = 0;
    const judged = await Promise.all(
      this.#files.map(async ({ name, signature }) => {
        const own = digests.slice(from, (from += signature.wanted.length));
        return { name, findings: await signature.judge(own, now) };
      }),
    );
    try {
      const verdict = judgeSigned(judged, this.#image, this.#image, this.#trust);
      if (verdict.kind === 'good') return ok(verdict.signer);
      const reason = verdict.kind === 'none' ? 'holds no signature' : verdict.reason;
      return err(unproven(this.#image, `${this.name} ${reason}`));
    } catch (error) {
      if (error instanceof Failure && error.kind === 'VerificationFailed') return err(error);
      throw error;
    }
  }
}

function isByTrustedKey(finding: SignatureFinding): boolean {
  return finding.kind !== 'unknown';
}

/** Which trusted key a signature names. */
function keyOf(finding: SignatureFinding): string[] {
  if (finding.kind === 'good') return [`key ${finding.signer.keyId} (${finding.signer.user})`];
  return finding.kind === 'unknown' ? [] : [finding.by];
}

async function readFile(file: Fetched, { keys, now }: Trust): Promise<SignatureFile | Lack> {
  if (file.bytes === undefined) return lackOf(file);
  const signature = await readSignature(file.bytes, keys);
  const name = fileNameOf(file.name);
  if (signature === undefined)
    return { kind: isInGzipHeader(file.bytes) ? 'unsigned' : 'absent', name, reason: strangeness(file) };
  return { name, fetched: file, signature, claims: await judgeContent(signature, Buffer.alloc(0), now) };
}

function unknownLack({ name, claims }: SignatureFile, trust: Trust): Lack {
  const verdict = judgeSigned([{ name, findings: claims }], name, name, trust);
  return verdict.kind === 'good' || verdict.kind === 'none'
    ? { kind: 'absent', name, reason: 'contains no signature' }
    : verdict;
}

function unproven(file: string, reason: string): Failure {
  const message = `Cannot verify '${file}': ${reason}.`;
  return new Failure('VerificationFailed', message, { file });
}
