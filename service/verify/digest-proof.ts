import { createHash } from 'node:crypto';
import { err, ok, type Result } from 'neverthrow';
import { Failure } from '../../common/failure.js';
import { escapeText } from '../../varlink/text.js';
import type { DigestAlgorithm, Digests, Expectation, Proof } from './proof.js';

/**
 * The caller says what the image is, which outranks whatever lies beside it on the server. Nothing is fetched for it. Other files are
 * held against the checksum files of the server, which are fetched when the first one has to be checked.
 */
export class DigestProof implements Proof {
  readonly verification = 'digest';
  readonly algorithms: readonly DigestAlgorithm[];
  readonly wanted = [];
  readonly expected: Expectation;
  readonly imageSignature = undefined;
  readonly signedBy = undefined;
  readonly #name: string;
  readonly #gather: () => Promise<Proof>;
  #others: Promise<Result<Proof, Failure>> | undefined;

  /**
   * @param digest `sha256:` or `sha512:` and lower-case hexadecimal
   * @param name of the image, as expect() and check() have it
   * @param gather gives the proof of other files, as gatherProof() does
   */
  constructor(digest: string, name: string, gather: () => Promise<Proof>) {
    const algorithm = digest.startsWith('sha512:') ? 'sha512' : 'sha256';
    this.algorithms = [algorithm];
    this.expected = {
      algorithm,
      digest: digest.slice(algorithm.length + 1),
      listedIn: undefined,
      signer: undefined,
      signature: undefined,
    };
    this.#name = name;
    this.#gather = gather;
  }

  async expect(fileName: string): Promise<Result<Expectation | undefined, Failure>> {
    if (fileName === this.#name) return ok(this.expected);
    const others = await this.#ofOthers();
    return others.isErr() ? err(others.error) : others.value.expect(fileName);
  }

  async check(fileName: string, digests: Digests): Promise<Result<void, Failure>> {
    if (fileName === this.#name) return this.#compare(digests);
    const others = await this.#ofOthers();
    return others.isErr() ? err(others.error) : others.value.check(fileName, digests);
  }

  checkBytes(fileName: string, bytes: Buffer): Promise<Result<void, Failure>> {
    const digest = (algorithm: DigestAlgorithm) => createHash(algorithm).update(bytes).digest('hex');
    return this.check(fileName, { sha256: digest('sha256'), sha512: digest('sha512') });
  }

  /** None until something but the image was looked for. */
  async listOf(fileName: string): Promise<string | undefined> {
    const others = await this.#others;
    return others?.isOk() ? others.value.listOf(fileName) : undefined;
  }

  /** What the caller says is proved by nothing of the server's. */
  async counted(): Promise<readonly []> {
    return [];
  }

  #compare(digests: Digests): Result<void, Failure> {
    const { algorithm, digest } = this.expected;
    const found = digests[algorithm];
    if (found === undefined) throw new Error(`the ${algorithm} digest of ${this.#name} was not computed`);
    if (digest === found) return ok();
    const message = `Cannot verify '${escapeText(this.#name)}': the digest given is ${algorithm}:${digest}, the bytes received have ${found}; nothing was placed. Check the digest: it is that of the file as the server has it, not unpacked, and the publisher may have replaced the file.`;
    return err(new Failure('VerificationFailed', message, { file: this.#name, expected: digest, found }));
  }

  #ofOthers(): Promise<Result<Proof, Failure>> {
    return (this.#others ??= this.#gather().then(
      (proof) => ok(proof),
      (error: unknown) => {
        if (error instanceof Failure && error.kind === 'VerificationFailed') return err(error);
        throw error;
      },
    ));
  }
}
