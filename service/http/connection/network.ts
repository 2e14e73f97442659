import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, type AgentOptions as HttpsAgentOptions } from 'node:https';
import type { Readable } from 'node:stream';
import { createSecureContext, type SecureContext } from 'node:tls';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import fetch, { type Response } from 'node-fetch';
import type { Environment } from '../../../common/environment.js';
import { type Clock, systemClock } from '../clock.js';
import { refused } from '../status.js';
import { certificateAuthorities } from './authorities.js';
import type { Credential } from './credentials.js';
import { type Internals, nodeInternals } from './internals.js';
import { lendingAgent } from './lending-socket.js';
import { proxyFor } from './proxy.js';
import { guarded, type Incoming, watched } from './unparsed.js';

/** The thresholds of docs/architecture.md, Rules of a download, as parameters for tests. */
export interface Limits {
  /** A connection is stalled when this many milliseconds moved less than `stallRate` allows. */
  readonly stallMilliseconds: number;
  /** Bytes per second. */
  readonly stallRate: number;
  /** Bytes a try must have moved for the next one to be worth it at once. */
  readonly progressBytes: number;
  /** After this many milliseconds another try is worth it too. */
  readonly retryMilliseconds: number;
  /** First pause before another try, in milliseconds; doubles with each try in a row that made no progress. */
  readonly pauseMilliseconds: number;
  /** How often a server that is busy is asked again where it does not say when. */
  readonly busyTries: number;
  /** The first pause then, in milliseconds; doubles with each. */
  readonly busyPauseMilliseconds: number;
  /** How long it is waited for in all, in milliseconds, whatever it says. */
  readonly busyWaitMilliseconds: number;
}

export const defaultLimits: Limits = {
  stallMilliseconds: 60_000,
  stallRate: 30,
  progressBytes: 1024 * 1024,
  retryMilliseconds: 60_000,
  pauseMilliseconds: 200,
  busyTries: 3,
  busyPauseMilliseconds: 1000,
  busyWaitMilliseconds: 300_000,
};

export interface NetworkOptions {
  /** Where http_proxy, https_proxy, all_proxy, no_proxy, SSL_CERT_FILE, SSL_CERT_DIR and NODE_EXTRA_CA_CERTS are looked up. */
  readonly environment: Environment;
  /** For example `ferry/0.2.0`. */
  readonly userAgent: string;
  /** The text of a netrc file. */
  readonly netrc?: string;
  readonly credentials?: readonly Credential[];
  readonly clock?: Clock;
  readonly limits?: Partial<Limits>;
  /** What of node's internals may be used; by default what nodeInternals() finds. */
  readonly internals?: Internals;
}

/** Bytes of known length, as they are sent. */
export interface StreamedBody {
  readonly stream: Readable;
  readonly bytes: number;
}

/** One request. */
export interface Sending {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | StreamedBody | undefined;
  readonly signal: AbortSignal;
}

/** What node-fetch is given of a body: it cannot know how long a stream is. */
function bodyOf(body: Sending['body']): { body?: string | Buffer | Readable; length?: Record<string, string> } {
  if (body === undefined) return {};
  if (typeof body === 'string' || Buffer.isBuffer(body)) return { body };
  return { body: body.stream, length: { 'Content-Length': String(body.bytes) } };
}

// Node's own 250 ms per address gives up on far hosts that a plain connect reaches.
const addressAttempt = 2000;

/** Connections, kept alive and shared by all the downloads of one transfer, and how to make them. */
export class Network implements Disposable {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly netrc: string;
  readonly credentials: readonly Credential[];
  readonly #userAgent: string;
  readonly #environment: Environment;
  readonly #agents = new Map<string, HttpAgent>();
  readonly #incoming = new WeakMap<Response, Incoming>();
  readonly #internals: Promise<Internals>;
  #secureContext: SecureContext | undefined;

  constructor(options: NetworkOptions) {
    this.clock = options.clock ?? systemClock;
    this.limits = { ...defaultLimits, ...options.limits };
    this.netrc = options.netrc ?? '';
    this.credentials = options.credentials ?? [];
    this.#userAgent = options.userAgent;
    this.#environment = options.environment;
    this.#internals = options.internals ? Promise.resolve(options.internals) : nodeInternals();
  }

  /** As send(), of what is only read. @throws as send() */
  async get(url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response> {
    return await this.send({ method: 'GET', url, headers, signal });
  }

  /**
   * One request, no redirect followed, nothing decoded.
   *
   * @throws FetchError or AbortError of node-fetch, Failure DownloadFailed for an answer that is not one, or a proxy variable
   * without an http or https URL, Error of node when certificates that a variable names cannot be read
   */
  async send({ method, url, headers, body, signal }: Sending): Promise<Response> {
    const internals = await this.#internals;
    const answers: Incoming[] = [];
    let odd: number | undefined;
    const onOdd = (status: number) => {
      odd = status;
    };
    const plain = this.#agentFor(url, internals);
    const agent = internals.requests ? guarded(plain, onOdd) : plain;
    const isUnparsed = internals.bodies && url.protocol === 'http:' && this.proxyFor(url) === undefined;
    const { length, ...content } = bodyOf(body);
    const response = await fetch(url.href, {
      method,
      ...content,
      headers: { Accept: '*/*', ...headers, ...length, 'User-Agent': this.#userAgent, 'Accept-Encoding': 'identity' },
      agent: isUnparsed ? watched(agent, (answer) => answers.push(answer)) : agent,
      redirect: 'manual',
      compress: false,
      signal,
    }).catch((error: unknown) => {
      throw odd === undefined ? error : refused(url.href, odd);
    });
    for (const answer of answers) this.#incoming.set(response, answer);
    return response;
  }

  /** The answer as node has it, where bodies may be read past its parser: over plain connections to the server itself. */
  incoming(response: Response): Incoming | undefined {
    return this.#incoming.get(response);
  }

  /** The proxy that a request for this URL goes through; undefined for none. */
  proxyFor(url: URL): URL | undefined {
    return proxyFor(url, this.#environment);
  }

  /** Closes every connection, also those in use. */
  [Symbol.dispose](): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  #agentFor(url: URL, internals: Internals): HttpAgent {
    const proxy = this.proxyFor(url);
    const key = `${url.protocol} ${proxy?.href ?? ''}`;
    const agent = this.#agents.get(key) ?? this.#createAgent(url.protocol === 'https:', proxy, internals);
    this.#agents.set(key, agent);
    return agent;
  }

  #createAgent(secure: boolean, proxy: URL | undefined, { bodies }: Internals): HttpAgent {
    const options = {
      keepAlive: true,
      autoSelectFamilyAttemptTimeout: addressAttempt,
    };
    const needsTls = secure || proxy?.protocol === 'https:';
    const tls = needsTls ? { ...options, secureContext: this.#trust() } : options;
    if (proxy) return secure ? tunnelAgent(proxy, tls) : new HttpProxyAgent(proxy, tls);
    if (secure) return new HttpsAgent(tls);
    return bodies ? lendingAgent(options) : new HttpAgent(options);
  }

  // Reading some 140 certificates takes milliseconds, so it is done once and not per connection.
  #trust(): SecureContext {
    const authorities = certificateAuthorities(this.#environment);
    this.#secureContext ??= createSecureContext(authorities ? { ca: authorities } : {});
    return this.#secureContext;
  }
}

// The agent uses its options for the connection to the proxy only; what is at the other end of the tunnel must be
// trusted by the same certificates.
function tunnelAgent(proxy: URL, options: HttpsAgentOptions): HttpAgent {
  const agent = new HttpsProxyAgent(proxy, options);
  Object.assign(agent.options, options);
  return agent;
}
