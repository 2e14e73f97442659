import type { Response } from 'node-fetch';
import { Failure } from '../../../common/failure.js';
import { displayUrl } from '../../../common/url.js';
import { BusyPolicy, retryAfter } from '../busy.js';
import { complaintIn, hearComplaint, saidOf } from '../complaint.js';
import type { Network, Sending } from '../connection/network.js';
import { StallWatch } from '../pace.js';
import { Broken, breakReason, isLostConnection, unansweredReason } from '../problem.js';
import { type Answer, discardBody, placeIn } from '../redirect.js';
import { isPassing } from '../status.js';
import type { RegistryAccess } from './access.js';
import { RegistryLogin } from './login.js';
import { refusalReason } from './refusal.js';

const redirectsMax = 20;
/** A registry that has all bytes may need longer to answer than one that takes some, by this factor. */
const settlingFactor = 5;

/** What goes along with a request. It is made anew for each try; `watch` has to be told of what leaves. */
type BodySource = (watch: StallWatch) => Sending['body'];

/** A request to a registry that changes something there, or asks whether it has something. */
export interface RegistryQuestion {
  readonly method: Sending['method'];
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: BodySource;
}

export interface ExchangeOptions {
  readonly network: Network;
  readonly access: RegistryAccess;
  /** Whether to try again where a connection broke or the registry is busy. */
  readonly resume: boolean;
  readonly signal: AbortSignal;
  onNotice(message: string): void;
}

/** The registry has not answered at all, so that it may be spoken to in another way. */
export class NoAnswer extends Failure<'UploadFailed'> {}

/** Requests to one repository of a registry: with the login that it wants, to where it leads, when it has time. */
export class Exchange {
  readonly options: ExchangeOptions;
  readonly #login: RegistryLogin;
  readonly #origin: string;
  #hasAnswered = false;

  constructor(options: ExchangeOptions) {
    const { network, access } = options;
    this.options = options;
    this.#login = new RegistryLogin(network, access, (message) => options.onNotice(message), 'pull,push');
    this.#origin = new URL(access.base).origin;
  }

  /** A URL of the repository, such as that of `blobs/uploads/`. */
  url(path: string): URL {
    const { base, repository } = this.options.access;
    return new URL(`${base}${repository}/${path}`);
  }

  /**
   * Asks until there is an answer that is neither a redirect, nor a demand for a login, nor a plea to wait.
   *
   * @throws Broken when the connection breaks, after the registry has answered before
   * @throws Failure UploadFailed when it cannot be reached, or leads to where nothing may go; DownloadFailed when it gives no token
   * @throws the reason of the signal when that is raised
   */
  async ask(question: RegistryQuestion): Promise<Answer> {
    const { network, resume, signal } = this.options;
    const busy = new BusyPolicy(network.clock, network.limits);
    for (;;) {
      const secrets = this.#login.headers();
      const answer = await this.#follow(question, secrets);
      const { response, url } = answer;
      if (url.origin === this.#origin && response.status === 401) {
        discardBody(response);
        if (await this.#login.renew(response, secrets, signal)) continue;
      } else if (url.origin === this.#origin) this.#login.taken();
      const pause = resume && response.status >= 400 ? busy.pauseFor(response) : undefined;
      if (pause === undefined) return answer;
      await this.#wait(answer, pause);
    }
  }

  /** What to throw of an answer that nothing can be done with: Broken where another try may help. */
  failed(answer: Answer): Error {
    const { response } = answer;
    const { status } = response;
    // A busy registry has been waited for.
    const isBusy = status === 429 || status === 503 || retryAfter(response) !== undefined;
    return isPassing(status) && !isBusy ? this.broken(`HTTP status ${status}`, answer) : this.refuse(answer);
  }

  /** A try that has failed, in a few words. If it was the last one, what the registry has answered is what is wrong. */
  broken(reason: string, answer: Answer): Broken {
    return new Broken(reason, { cause: this.refuse(answer) });
  }

  /** What to throw of an answer that ends the push. Its body is done with then. */
  refuse({ response, url }: Answer): Failure<'UploadFailed'> {
    discardBody(response);
    const { status } = response;
    const wait = retryAfter(response);
    const { user, identityToken, token } = this.options.access;
    const reason = refusalReason(status, wait, (user ?? identityToken ?? token) !== undefined);
    return this.failure(`HTTP status ${status}, ${reason}${saidOf(complaintIn(response))}`, url, status);
  }

  failure(reason: string, url: URL, status?: number): Failure<'UploadFailed'> {
    return new Failure('UploadFailed', `Cannot push to ${this.#subject()}: ${reason}`, factsOf(url, status));
  }

  async #wait({ response, url }: Answer, pause: number): Promise<void> {
    const { network, signal, onNotice } = this.options;
    discardBody(response);
    const seconds = Math.ceil(pause / 1000);
    const status = `HTTP status ${response.status}`;
    onNotice(`${url.host} is busy (${status}): trying ${url.pathname} again in ${seconds} s`);
    await network.clock.sleep(pause, signal);
  }

  /** The login goes to the registry only, wherever that leads. */
  async #follow(question: RegistryQuestion, secrets: Readonly<Record<string, string>>): Promise<Answer> {
    let { url } = question;
    for (let count = 0; count <= redirectsMax; count++) {
      const response = await this.#send(question, url, url.origin === this.#origin ? secrets : {});
      if (!leadsOn(response, question.method)) return { response, url };
      discardBody(response);
      const next = placeIn(response, url);
      if (!(next instanceof URL)) throw this.failure(next.problem, url, response.status);
      url = next;
    }
    throw this.failure(`the server redirects more than ${redirectsMax} times`, url);
  }

  async #send(question: RegistryQuestion, url: URL, secrets: Readonly<Record<string, string>>): Promise<Response> {
    const { network, signal } = this.options;
    signal.throwIfAborted();
    const controller = new AbortController();
    const abort = () => controller.abort();
    signal.addEventListener('abort', abort);
    const { stallMilliseconds } = network.limits;
    const patience = question.body === undefined ? settlingFactor * stallMilliseconds : stallMilliseconds;
    using watch = new StallWatch({ ...network.limits, stallMilliseconds: patience }, abort);
    const { method, headers = {} } = question;
    const body = question.body?.(watch);
    try {
      const sending = { method, url, headers: { ...headers, ...secrets }, body, signal: controller.signal };
      const response = await network.send(sending);
      response.body?.on('error', () => {});
      await hearComplaint(response);
      this.#hasAnswered = true;
      return response;
    } catch (error) {
      throw this.#explained(error, url, watch);
    } finally {
      signal.removeEventListener('abort', abort);
      endStream(body);
    }
  }

  #explained(error: unknown, url: URL, watch: StallWatch): unknown {
    const { network, signal } = this.options;
    if (signal.aborted) return signal.reason;
    if (watch.isStalled) return new Broken(watch.description, { cause: this.failure(watch.description, url) });
    const reason = unansweredReason(error, { url, via: network.proxyFor(url) });
    const failure = new NoAnswer(
      'UploadFailed',
      `Cannot push to ${this.#subject()}: ${reason}`,
      factsOf(url, undefined),
    );
    const isPassing = this.#hasAnswered || isLostConnection(error);
    return isPassing ? new Broken(breakReason(error), { cause: failure }) : failure;
  }

  #subject(): string {
    const { base, repository } = this.options.access;
    return `${displayUrl(base).replace(/^https?:\/\/|\/v2\/$/g, '')}/${repository}`;
  }
}

/** The query is left out: it may hold a signature that grants access to the place. */
function factsOf(url: URL, status: number | undefined): { url: string; status: number | undefined } {
  return { url: displayUrl(url.href).replace(/\?.*/, '?…'), status };
}

/** Only these say that the same request is to be repeated elsewhere; of one without a body others do, too (RFC 9110 §15.4). */
function leadsOn({ status }: Response, method: Sending['method']): boolean {
  const isSafe = method === 'GET' || method === 'HEAD';
  return status === 307 || status === 308 || (isSafe && [301, 302, 303].includes(status));
}

/** A registry that answers before it has all bytes gets no more of them. */
function endStream(body: Sending['body']): void {
  if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) return;
  body.stream.on('error', () => {});
  body.stream.destroy();
}
