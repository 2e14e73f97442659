import { Failure } from '../../common/failure.js';
import { displayUrl, validateUrl } from '../../common/url.js';
import { refuseExcess, transferBody } from './body.js';
import { BusyPolicy, retryAfter } from './busy.js';
import { judgeFirst, judgeResumed, type Verdict } from './judge.js';
import { isRenewed } from './login.js';
import { RateLimit, RetryPolicy, StallWatch } from './pace.js';
import { Broken, breakReason, isLostConnection, unreachable } from './problem.js';
import { isStrong } from './range.js';
import { type Answer, ask, discardBody, Unanswered } from './redirect.js';
import type {
  ChunkSink,
  FetchOutcome,
  Position,
  Repetition,
  ResourceRequest,
  StartingPoint,
  Transferred,
} from './request.js';
import { responseInfo } from './response-info.js';
import { askedToWait, isPassing } from './status.js';

const restartsMax = 3;

/** What comes again, and what stands for it once it is known to be the same. */
interface Repeated {
  readonly bytes: Repetition;
  readonly validator: string | undefined;
}

function beginningOf(start: StartingPoint | undefined): Omit<Position, 'url'> {
  const { offset: received = 0, validator, total } = start ?? {};
  return { received, validator, total, etag: isStrong(validator) ? validator : undefined, lastModified: undefined };
}

/** The server is to be asked again after so many milliseconds. */
class Busy extends Error {
  readonly pause: number;

  constructor(pause: number) {
    super('busy');
    this.pause = pause;
  }
}

/** One download over as many connections as it takes. */
class Download implements Transferred {
  readonly request: ResourceRequest;
  readonly sink: ChunkSink;
  readonly rate: RateLimit;
  readonly position: Position;
  readonly #url: URL;
  readonly #retryPolicy: RetryPolicy;
  readonly #busyPolicy: BusyPolicy;
  readonly #ifNoneMatch: readonly string[];
  #isConditional = true;
  #isUnderWay = false;
  #restarts = 0;
  #repeated: Repeated | undefined;
  #hasRepeated = false;

  constructor(request: ResourceRequest, sink: ChunkSink) {
    const { network, startAt } = request;
    this.request = request;
    this.sink = sink;
    this.#url = validateUrl(request.url);
    this.#ifNoneMatch = request.ifNoneMatch ?? [];
    this.#retryPolicy = new RetryPolicy(network.clock, network.limits);
    this.#busyPolicy = new BusyPolicy(network.clock, network.limits);
    this.rate = new RateLimit(network.clock, request.limitRate);
    this.position = { ...beginningOf(startAt), url: displayUrl(request.url) };
  }

  async run(): Promise<FetchOutcome> {
    for (;;) {
      const before = this.position.received;
      try {
        const outcome = await this.#try();
        if (outcome) return outcome;
      } catch (error) {
        if (this.request.signal.aborted) throw this.#cancelled();
        if (error instanceof Busy) await this.#wait(error.pause);
        else if (error instanceof Broken) await this.#recover(error, this.position.received - before);
        else throw error;
      }
    }
  }

  /** One connection. Gives undefined if the request has to be repeated in another form. */
  async #try(): Promise<FetchOutcome | undefined> {
    const { network, signal } = this.request;
    const controller = new AbortController();
    this.#repeated = undefined;
    const abort = () => controller.abort();
    if (signal.aborted) throw this.#cancelled();
    signal.addEventListener('abort', abort);
    using watch = new StallWatch(network.limits, abort);
    try {
      const secrets = this.request.login?.headers();
      const answer = await this.#ask(controller.signal, secrets);
      if (secrets !== undefined && (await isRenewed(this.request, this.#url, answer, secrets))) return undefined;
      this.#deferIfBusy(answer);
      const verdict =
        this.#isUnderWay || this.position.received > 0
          ? judgeResumed(answer, this)
          : judgeFirst(answer, this.#ifNoneMatch, this.#asksForNews);
      if (verdict.kind !== 'body') return this.#conclude(answer, verdict);
      const skip = await this.#accept(answer, verdict);
      await transferBody(this, answer.response, skip, watch, signal);
      return this.#complete();
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async #ask(signal: AbortSignal, secrets: Readonly<Record<string, string>> | undefined): Promise<Answer> {
    const { network, onNotice } = this.request;
    const question = { url: this.#url, headers: this.#headers(), secrets, signal, onNotice };
    try {
      return await ask(network, question);
    } catch (error) {
      if (error instanceof Failure || this.request.signal.aborted) throw error;
      if (signal.aborted) throw new Broken('the server does not answer');
      const { cause: reason, url, status } = error instanceof Unanswered ? error : { cause: error, url: this.#url };
      const failure = unreachable(reason, this.#url, { url, via: network.proxyFor(url), status });
      if (this.#isUnderWay || isLostConnection(reason)) throw new Broken(breakReason(reason), { cause: failure });
      throw failure;
    }
  }

  /** @throws Busy when the server is, and Failure DownloadFailed when it asks for a longer wait than there may be */
  #deferIfBusy({ response, url }: Answer): void {
    if (this.request.resume === false) return;
    const pause = this.#busyPolicy.pauseFor(response);
    const asked = retryAfter(response);
    if (pause === undefined && (asked === undefined || !isPassing(response.status) || this.#isUnderWay)) return;
    discardBody(response);
    if (pause === undefined) throw askedToWait(url.href, response.status, asked ?? 0);
    const [shown, seconds] = [displayUrl(this.request.url), Math.ceil(pause / 1000)];
    this.#notice(`is busy (HTTP status ${response.status}): trying ${shown} again in ${seconds} s`);
    throw new Busy(pause);
  }

  async #wait(milliseconds: number): Promise<void> {
    const { network, signal } = this.request;
    try {
      await network.clock.sleep(milliseconds, signal);
    } catch (error) {
      throw signal.aborted ? this.#cancelled() : error;
    }
  }

  /** Whether a request for the whole says which copies are here. */
  get #asksForNews(): boolean {
    return this.#ifNoneMatch.length > 0 && this.#isConditional && !this.#isUnderWay;
  }

  #headers(): Record<string, string> {
    const { received, validator } = this.position;
    if (received > 0 && validator !== undefined)
      return { ...this.request.headers, Range: `bytes=${received}-`, 'If-Range': validator };
    if (!this.#asksForNews) return { ...this.request.headers };
    return { ...this.request.headers, 'If-None-Match': this.#ifNoneMatch.join(', ') };
  }

  #conclude(answer: Answer, verdict: Exclude<Verdict, { kind: 'body' }>): FetchOutcome | undefined {
    discardBody(answer.response);
    if (verdict.kind === 'whole') return this.#complete();
    if (verdict.kind === 'replaced') {
      if (!this.#canRepeat && !this.request.onRestart) throw this.#outdated(answer);
      this.position.validator = undefined;
      return undefined;
    }
    if (verdict.kind !== 'repeat') return verdict;
    this.#isConditional = false;
    return undefined;
  }

  /** Whether everything may come again to be compared, which it may once. */
  get #canRepeat(): boolean {
    return this.request.onRepeat !== undefined && !this.#hasRepeated;
  }

  /** Gives how many of the bytes that come the sink has had. */
  async #accept(answer: Answer, verdict: Extract<Verdict, { kind: 'body' }>): Promise<number> {
    refuseExcess(this.request, verdict.position.total ?? 0);
    const skip = verdict.restart ? await this.#restart(answer, verdict.position) : verdict.skip;
    const isNews = !this.#isUnderWay || this.position.received === 0;
    Object.assign(this.position, verdict.position);
    this.#isUnderWay = true;
    // Nothing stands for the bytes that are here before they are compared.
    if (this.#repeated !== undefined) this.position.validator = undefined;
    else if (skip > 0)
      this.#notice(`cannot send a part of ${this.position.url}: fetching the first ${skip} bytes again.`);
    if (isNews) await this.request.onResponse?.(responseInfo(answer.response, this.position));
    return skip;
  }

  /** Another version, by its ETag: the sink forgets what it has, or it is compared with what comes. */
  async #restart(answer: Answer, { total, validator }: Partial<Position>): Promise<number> {
    const { startAt } = this.request;
    const onRestart = this.request.onRestart ?? (this.#isUnderWay ? undefined : startAt?.onOutdated);
    const url = displayUrl(this.request.url);
    if (onRestart && ++this.#restarts <= restartsMax) {
      this.#notice(`has another version of ${url} by now: starting again.`);
      await onRestart();
      this.position.received = 0;
      return 0;
    }
    const isOtherSize = total !== undefined && this.position.total !== undefined && total !== this.position.total;
    const bytes = isOtherSize || !this.#canRepeat ? undefined : this.request.onRepeat?.();
    if (bytes === undefined) throw this.#outdated(answer);
    this.#hasRepeated = true;
    this.#repeated = { bytes, validator };
    const { received } = this.position;
    this.#notice(`may have another version of ${url}: fetching the first ${received} bytes again to compare them`);
    return received;
  }

  onSkipped(chunk: Buffer, isLast: boolean): void {
    const repeated = this.#repeated;
    repeated?.bytes.update(chunk);
    if (repeated === undefined || !isLast) return;
    this.#repeated = undefined;
    this.position.validator = repeated.validator;
    if (repeated.bytes.isSame()) return;
    const url = displayUrl(this.request.url);
    const message = `Cannot resume ${url}: it has changed in its first ${this.position.received} bytes; pull again`;
    throw new Failure('DownloadFailed', message, { url });
  }

  #outdated({ response }: Answer): Failure {
    discardBody(response);
    const url = displayUrl(this.request.url);
    const reason = `the server no longer has what it sent the first ${this.position.received} bytes of (another or no ETag): start the download again`;
    return new Failure('DownloadFailed', `Cannot go on with ${url}: ${reason}.`, { url, status: response.status });
  }

  #complete(): FetchOutcome {
    const { etag, lastModified, received, total, url } = this.position;
    return { kind: 'complete', etag, lastModified, bytes: received, contentLength: total, url };
  }

  async #recover(broken: Broken, progress: number): Promise<void> {
    const { resume = true } = this.request;
    const pause = resume ? this.#retryPolicy.pauseAfter(progress) : undefined;
    const canResume =
      this.position.received === 0 ||
      this.position.validator !== undefined ||
      this.request.onRestart ||
      this.#canRepeat;
    if (pause === undefined || !canResume) throw this.#gaveUp(broken, resume && pause !== undefined);
    this.#notice(`broke off at byte ${this.position.received} (${broken.message}): going on from there.`);
    await this.#wait(pause);
  }

  #gaveUp(broken: Broken, lacksEtag: boolean): Failure {
    const { received, total } = this.position;
    if (broken.cause instanceof Failure && !this.#isUnderWay) return broken.cause;
    const url = displayUrl(this.request.url);
    const of = total === undefined ? '' : ` of ${total}`;
    const what = this.#isUnderWay
      ? `The download of ${url} broke off after ${received}${of} bytes`
      : `Cannot download ${url}`;
    const why = lacksEtag
      ? ' It cannot be resumed, because the server gives neither a strong ETag nor a time of last change that is old enough.'
      : '';
    return new Failure('DownloadFailed', `${what}: ${broken.message}.${why} Try again.`, { url });
  }

  #cancelled(): Failure {
    return new Failure('Cancelled', `The download of ${displayUrl(this.request.url)} was cancelled.`, {});
  }

  #notice(message: string): void {
    // Its URL is that of the server which answers, after redirects.
    this.request.onNotice(`${hostOf(this.position.url) ?? this.#url.host} ${message}`);
  }
}

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined;
}

/**
 * Downloads a resource into a sink, following redirects and resuming broken connections. Bytes are taken
 * as transferred: a Content-Encoding is not undone, because checksums are over what the server keeps.
 *
 * @throws Failure InvalidUrl before there is a promise, DownloadFailed, Cancelled when the signal aborts; what the sink and
 * the functions of the request throw
 */
export function fetchResource(request: ResourceRequest, sink: ChunkSink): Promise<FetchOutcome> {
  return new Download(request, sink).run();
}
