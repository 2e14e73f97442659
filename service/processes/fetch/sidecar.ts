import { Failure } from '../../../common/failure.js';
import { escapeText, firstOf } from '../../../varlink/text.js';
import { isEncoded, undoEncodings } from '../../http/encodings.js';
import type { ChunkSink, FetchOutcome, Repetition } from '../../http/request.js';
import type { Proof } from '../../verify/proof.js';
import { log } from '../ipc/channel.js';
import { Digests } from './digests.js';
import type { Origin } from './origin.js';
import { encodedSidecarMax, sidecarFault, smallSidecarMax, verityProbe } from './sidecar-form.js';

/** Ends the download of a sidecar that is of no use. */
class Useless extends Error {}

export interface SidecarQuestion {
  readonly origin: Origin;
  readonly url: string;
  /** Its last component. */
  readonly name: string;
  readonly suffix: string;
  /** Undefined where nothing is known that it could be held against. */
  readonly proof: Proof | undefined;
  /** Gets the bytes of a sidecar that is what it must be; whether they are the right ones is known later. */
  readonly sink: ChunkSink;
  /** Told of one that is left out because nothing vouches for it. */
  onUnproven?(): void;
}

export interface FetchedSidecar {
  readonly complete: Extract<FetchOutcome, { kind: 'complete' }>;
  readonly digests: Digests;
}

/** One sidecar that the server may have. Bytes are held back until they show that they are what they must be. */
class Sidecar {
  readonly #question: SidecarQuestion;
  readonly #digests = new Digests(['sha256', 'sha512']);
  readonly #isSmall: boolean;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #isPassed = false;
  #fault: string | undefined;
  #encoding: string | undefined;

  constructor(question: SidecarQuestion) {
    this.#question = question;
    this.#isSmall = question.suffix !== '.verity';
  }

  async fetch(): Promise<FetchedSidecar | undefined> {
    const { name } = this.#question;
    try {
      const fetched = await this.#ask();
      if (fetched.kind !== 'complete') {
        await this.#reportAbsence(404);
        return undefined;
      }
      if (!this.#isPassed && this.#fault === undefined) await this.#judgeAll();
      if (this.#fault === undefined) return { complete: fetched, digests: this.#digests };
      await this.#checkUseless();
    } catch (error) {
      if (this.#isPassed) throw error;
      if (!(error instanceof Useless)) await this.#reportRefusal(error);
    }
    if (this.#fault !== undefined)
      log(this.#fault === 'is empty' ? 'debug' : 'notice', `Left out ${name}: it ${this.#fault}`);
    return undefined;
  }

  #ask(): Promise<FetchOutcome> {
    const { origin, url } = this.#question;
    return origin.fetchSidecar(url, (chunk) => this.#take(chunk), {
      onRepeat: () => this.#repetition(),
      onResponse: ({ contentEncoding }) => {
        this.#encoding = contentEncoding;
      },
    });
  }

  #repetition(): Repetition {
    if (this.#isPassed || this.#fault !== undefined) return this.#digests.repetition();
    const held = new Digests([]);
    for (const chunk of this.#held) held.update(chunk);
    return held.repetition();
  }

  async #take(chunk: Buffer): Promise<void> {
    if (this.#isPassed) await this.#pass(chunk);
    else if (this.#fault === undefined) await this.#hold(chunk);
    else this.#digests.update(chunk);
  }

  async #hold(chunk: Buffer): Promise<void> {
    // The next bytes may come into the same memory.
    this.#held.push(Buffer.from(chunk));
    this.#heldBytes += chunk.length;
    if (this.#isSmall) {
      if (this.#heldBytes <= smallSidecarMax) return;
      await this.#condemn(`has more than ${smallSidecarMax} bytes`, Buffer.concat(this.#held));
    } else if (this.#heldBytes >= verityProbe) await this.#holdVerity(chunk.length);
  }

  /** Verity data is passed on as it comes, unless it has to be decoded: then all of it has to be held. */
  async #holdVerity(newBytes: number): Promise<void> {
    const isFirst = this.#heldBytes - newBytes < verityProbe;
    if (isFirst) {
      const first = Buffer.concat(this.#held);
      if (!isEncoded(this.#encoding) || this.#faultOf(first) === undefined) return await this.#judge(first);
    }
    if (this.#heldBytes <= encodedSidecarMax) return;
    // Digests of encoded bytes say nothing.
    this.#fault = `is encoded (${this.#label}), though not asked to be, and too large to be decoded here`;
    throw new Useless();
  }

  async #judgeAll(): Promise<void> {
    const bytes = Buffer.concat(this.#held);
    const decoded = this.#decoded(bytes);
    if (decoded !== undefined) await this.#judge(decoded);
    else await this.#condemn(`cannot be decoded (${this.#label})`, bytes);
  }

  /** What is what it must be needs no decoding, whatever its label says. */
  #decoded(bytes: Buffer): Buffer | undefined {
    if (this.#faultOf(bytes) === undefined) return bytes;
    try {
      const limitBytes = this.#isSmall ? smallSidecarMax : encodedSidecarMax;
      return undoEncodings(this.#question.url, bytes, this.#encoding, limitBytes);
    } catch {
      return undefined;
    }
  }

  #faultOf(bytes: Buffer): string | undefined {
    return sidecarFault(this.#question.suffix, bytes);
  }

  get #label(): string {
    return `Content-Encoding: ${escapeText(firstOf(this.#encoding ?? '', 40))}`;
  }

  async #judge(bytes: Buffer): Promise<void> {
    const fault = this.#faultOf(bytes);
    if (fault !== undefined) return await this.#condemn(fault, bytes);
    await this.#requireProof();
    this.#isPassed = true;
    await this.#pass(bytes);
  }

  /** What the caller says of the image vouches for no other file: one that cannot be verified as asked is left out. */
  async #requireProof(): Promise<void> {
    const { name, proof, onUnproven } = this.#question;
    if (proof?.verification !== 'digest') return;
    const expected = await proof.expect(name);
    if (expected.isOk()) return;
    this.#fault = `cannot be verified, and the digest given is only that of the image`;
    log('info', expected.error.message);
    onUnproven?.();
    throw new Useless();
  }

  /** What is listed is downloaded to its end all the same: that these are other bytes says more than that they are of no use. */
  async #condemn(fault: string, bytes: Buffer): Promise<void> {
    this.#fault = fault;
    const { name, proof } = this.#question;
    const listed = await proof?.expect(name);
    if (listed?.isOk() !== true || listed.value === undefined) throw new Useless();
    this.#digests.update(bytes);
  }

  async #checkUseless(): Promise<void> {
    const { name, proof } = this.#question;
    const checked = await proof?.check(name, this.#digests.finish());
    if (checked?.isErr() === true) throw checked.error;
  }

  async #pass(chunk: Buffer): Promise<void> {
    this.#digests.update(chunk);
    await this.#question.sink(chunk);
  }

  /** Most servers have no sidecars; but what a list of the publisher names should be there. */
  async #reportAbsence(status: number): Promise<void> {
    const { name, proof } = this.#question;
    const list = await proof?.listOf(name);
    if (list === undefined) return log('debug', `No ${name} beside the image`);
    const shown = status === 404 ? '' : ` (HTTP status ${status})`;
    log('notice', `Left out ${name}: ${list} lists it, but it is not there${shown}`);
  }

  /** @throws the error, unless it is what the server answers instead of a file: sidecars are optional */
  async #reportRefusal(error: unknown): Promise<void> {
    const status = error instanceof Failure && 'status' in error.facts ? error.facts.status : undefined;
    if (status === undefined) throw error;
    if (quietStatuses.includes(status)) return await this.#reportAbsence(status);
    log('notice', `Left out ${this.#question.name}: the server ${answer(status)} (HTTP status ${status})`);
  }
}

/** What object stores answer, too, where there is nothing; other answers are worth a word. */
const quietStatuses = [204, 403, 404, 410];

function answer(status: number): string {
  return status >= 300 && status < 400 ? 'redirects to where it cannot be fetched' : 'does not give it';
}

/**
 * Fetches a sidecar; undefined, with a line in the log, where the server has none, or something else in its place.
 *
 * @throws Failure DownloadFailed when the connection breaks
 * @throws Failure VerificationFailed when it is listed, and something else
 * @throws Error of node:fs when a file of a file: URL cannot be read; whatever the sink throws
 */
export function fetchSidecar(question: SidecarQuestion): Promise<FetchedSidecar | undefined> {
  return new Sidecar(question).fetch();
}
