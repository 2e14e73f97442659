import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { Failure } from '../../../common/failure.js';
import { lastComponent } from '../../../common/url.js';
import { ContentHashes } from '../../../service/verify/detached.js';
import { gatherProof, type ProofRequest, type Verification } from '../../../service/verify/proof.js';
import type { Keyring } from '../../../service/verify/signature.js';
import { isLargerThanBytes } from '../texts/verification.js';
import type { Answer } from './spoilt.js';

/** What a server has beside an image, and who pulls it. */
export interface Attempt {
  readonly url: string;
  readonly image: Buffer;
  readonly files: ReadonlyMap<string, Buffer>;
  /** What is answered for what is not there, other than status 404. */
  readonly absent?: Answer | undefined;
  readonly verification: Verification;
  readonly keyrings: readonly Keyring[];
  /** What the trust entry says that covers the URL. */
  readonly trust?: ProofRequest['trust'];
}

export interface Verdict {
  /** Why the pull fails; undefined if it does not. */
  readonly message: string | undefined;
  /** The file that says what the image must be, and that of the signature. */
  readonly by: string | undefined;
  /** Names in the order in which they were asked for. */
  readonly asked: readonly string[];
  /** How many times all answers had to be waited for before it was known what to ask for next. */
  readonly rounds: number;
}

/** Small files, which are answered one after the other. What is asked for when no answer is waited for begins a round. */
class SmallFiles {
  readonly asked: string[] = [];
  rounds = 0;
  readonly #attempt: Attempt;
  readonly #waiting: (() => void)[] = [];
  #answering = false;

  constructor(attempt: Attempt) {
    this.#attempt = attempt;
  }

  async fetch(url: string, limitBytes: number): Promise<Buffer | undefined> {
    const name = decodeURIComponent(lastComponent(url) ?? '');
    this.asked.push(name);
    await this.#turn();
    const answer = this.#attempt.files.get(name) ?? this.#attempt.absent;
    if (answer === 'forbidden') throw downloadFailed(url, 403, `Cannot download ${url}: access denied (HTTP 403).`);
    if (answer !== undefined && answer.length > limitBytes)
      throw downloadFailed(url, 200, `${url} ${isLargerThanBytes(limitBytes)}.`);
    return answer;
  }

  #turn(): Promise<void> {
    const turn = new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (!this.#answering) void this.#answerAll();
    return turn;
  }

  async #answerAll(): Promise<void> {
    this.rounds++;
    for (this.#answering = true; this.#answering; ) {
      await setImmediate();
      const answer = this.#waiting.shift();
      // What is asked for because of the last answer begins another round.
      this.#answering = this.#waiting.length > 0;
      answer?.();
      if (!this.#answering) return;
      // What is asked for because of another one, whose place it takes, is asked for now.
      await setImmediate();
    }
  }
}

function downloadFailed(url: string, status: number, message: string): Failure {
  return new Failure('DownloadFailed', message, { url, status });
}

/**
 * Verifies an image as a pull does, without a service and a server.
 *
 * @throws whatever is not a verdict
 */
export async function judge(attempt: Attempt): Promise<Verdict> {
  const { url, verification, keyrings, trust, image } = attempt;
  const small = new SmallFiles(attempt);
  const fetchSmall = (from: string, limit: number) => small.fetch(from, limit);
  let by: string | undefined;
  const message = await failureOf(async () => {
    const proof = await gatherProof({
      url,
      verification,
      keyrings,
      trust,
      fetchSmall,
      now: new Date(),
      onNotice: () => {},
    });
    const { listedIn, signature } = proof.expected ?? {};
    by = [listedIn, signature, proof.imageSignature].filter((name) => name !== undefined).join(', ');
    const digest = (algorithm: string) => createHash(algorithm).update(image).digest('hex');
    const hashes = new ContentHashes(proof.wanted);
    hashes.update(image);
    const digests = { sha256: digest('sha256'), sha512: digest('sha512'), wanted: hashes.digests() };
    const checked = await proof.check(lastComponent(url) ?? '', digests);
    if (checked.isErr()) throw checked.error;
  });
  return { message, by, asked: small.asked, rounds: small.rounds };
}

async function failureOf(run: () => Promise<void>): Promise<string | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    if (error instanceof Failure && error.kind === 'VerificationFailed') return error.message;
    throw error;
  }
}
