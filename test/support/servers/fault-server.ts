import {
  createServer,
  request as forward,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TestCertificate } from './certificates.js';

/** What a file is served as, and what goes wrong meanwhile. All of it can also be given in the query, as in `?cutEvery=1000`. */
export interface Faults {
  /** Closes the connection after so many bytes of each answer's body. */
  cutEvery?: number;
  /** Closes the connection at this byte of the file, at most `cutTimes` times (1 by default). */
  cutAt?: number;
  cutTimes?: number;
  /** Closes with a reset rather than an end. */
  reset?: boolean;
  /** Goes silent at this byte of the file, the first `stallTimes` times (1 by default). */
  stallAt?: number;
  stallTimes?: number;
  /** One byte every so many milliseconds. */
  dripMilliseconds?: number;
  /** The last byte comes so many milliseconds after the others. */
  lateMilliseconds?: number;
  /** What Content-Length says of a whole answer, whatever its length. */
  declaredLength?: number;
  chunked?: boolean;
  /** Neither a length nor chunks: the end of the connection is the end of the file. */
  lengthless?: boolean;
  /** Answers 200 and the whole to a request for a part. */
  ignoreRange?: boolean;
  /** Sends a part that begins so many bytes off. */
  rangeShift?: number;
  /** Takes no notice of If-Range. */
  ignoreCondition?: boolean;
  /** The size of the whole that a part claims to be of. */
  partTotal?: number;
  /** Answers 206 to a request for the whole. */
  partUnasked?: boolean;
  /** Sends at most so many bytes of a part that was asked for. */
  partMax?: number;
  /** ETags, one for each request in turn, the last one from then on; "none" for none. */
  etags?: string[];
  /** Ignores If-None-Match. */
  alwaysFresh?: boolean;
  /** Leaves the ETag out of 304 answers. */
  bare304?: boolean;
  /** This status, for the first `statusTimes` requests after the first `statusAfter` ones. */
  status?: number;
  statusTimes?: number;
  statusAfter?: number;
  /** Bytes of the body that comes with such a status. */
  statusBytes?: number;
  /** Closes the connection without an answer, so many times. */
  hangUpTimes?: number;
  redirect?: string;
  redirectStatus?: number;
  /** So many bytes of response headers. */
  headerBytes?: number;
  /** After the file bytes without end: this one again and again. */
  endless?: number;
  headers?: Record<string, string>;
  /** Answers in place of the server. */
  hook?: (request: IncomingMessage, response: ServerResponse) => void;
}

export interface RecordedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  /** Bytes of the body that were written in answer. */
  sent: number;
  status: number;
}

/** What a file is made of: bytes in memory, or some that are made up as they are asked for. */
export interface Content {
  readonly length: number;
  subarray(from: number, to: number): Buffer;
}

interface ServedFile {
  readonly bytes: Content;
  readonly faults: Faults;
  requests: number;
  readonly spent: Map<string, number>;
}

const numeric = /^\d+$/;

/** A web server that serves files from memory and does to them what networks and servers do. */
export class FaultServer implements AsyncDisposable {
  readonly requests: RecordedRequest[] = [];
  /** The status that CONNECT is answered with; null to build the tunnel. */
  refuseTunnels: number | null = null;
  /** What is answered for a path where nothing is. */
  absent: { readonly status: number; readonly body: Buffer | string } = { status: 404, body: '<h1>404</h1>' };
  readonly #files = new Map<string, ServedFile>();
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();
  readonly #isSecure: boolean;

  private constructor(certificate: TestCertificate | null) {
    const listener: RequestListener = (request, response) => this.#handle(request, response);
    const server = certificate
      ? createSecureServer({ key: certificate.key, cert: certificate.certificate }, listener)
      : createServer(listener);
    this.#isSecure = certificate !== null;
    this.#server = server;
    server.on('connection', (socket) => this.#sockets.add(socket));
    server.on('connect', (request, socket) => this.#tunnel(request, socket));
  }

  static async start(certificate: TestCertificate | null = null): Promise<FaultServer> {
    const server = new FaultServer(certificate);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  url(path: string, host = this.#isSecure ? 'localhost' : '127.0.0.1'): string {
    return `${this.#isSecure ? 'https' : 'http'}://${host}:${this.port}${path}`;
  }

  /** Serves bytes under a path, and gives back the URL. */
  serve(path: string, content: Content | string, faults: Faults = {}): string {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    this.#files.set(path, { bytes, faults, requests: 0, spent: new Map() });
    return this.url(path);
  }

  /** Bytes of bodies that were sent for a path. */
  sentFor(path: string): number {
    return this.requests.filter(({ url }) => url.split('?')[0] === path).reduce((sum, { sent }) => sum + sent, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const recorded: RecordedRequest = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      sent: 0,
      status: 0,
    };
    this.requests.push(recorded);
    response.on('error', () => {});
    const [path = '', query = ''] = recorded.url.split('?');
    const file = this.#files.get(path);
    const { status, body } = this.absent;
    recorded.status = status;
    if (/^http:/.test(recorded.url)) this.#forward(request, response);
    else if (file) new Answer(request, response, recorded, file, { ...file.faults, ...faultsOf(query) }).give();
    else response.writeHead(status, { 'Content-Type': 'text/html' }).end(body);
  }

  // The server is also a proxy: absolute URLs are passed on, CONNECT is tunnelled.
  #forward(request: IncomingMessage, response: ServerResponse): void {
    const passed = forward(
      request.url ?? '',
      { headers: { ...request.headers, via: '1.1 fault' }, agent: false },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    passed.on('error', () => response.writeHead(502).end());
    passed.end();
  }

  #tunnel(request: IncomingMessage, socket: Duplex): void {
    const [host = '', port = ''] = (request.url ?? '').split(':');
    this.requests.push({ method: 'CONNECT', url: request.url ?? '', headers: request.headers, sent: 0, status: 200 });
    if (this.refuseTunnels !== null) {
      socket.end(`HTTP/1.1 ${this.refuseTunnels} No\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const through: Socket = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      through.pipe(socket).pipe(through);
    });
    this.#sockets.add(through);
    socket.on('error', () => through.destroy());
    through.on('error', () => socket.destroy());
  }
}

function faultsOf(query: string): Faults {
  const entries = [...new URLSearchParams(query)].map(([name, value]) => [
    name,
    numeric.test(value) ? Number(value) : value,
  ]);
  return Object.fromEntries(entries);
}

/** Bytes that are written at a time. */
const blockLength = 1024 * 1024;

class Answer {
  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    readonly recorded: RecordedRequest,
    readonly file: ServedFile,
    readonly faults: Faults,
  ) {
    file.requests++;
  }

  give(): void {
    const { faults, request, response } = this;
    const isDue = faults.status !== undefined && this.file.requests > (faults.statusAfter ?? 0);
    if (faults.hook) faults.hook(request, response);
    else if (this.#happens('hangUp', faults.hangUpTimes ?? 0)) request.socket.destroy();
    else if (faults.redirect !== undefined)
      this.#head(faults.redirectStatus ?? 302, { Location: faults.redirect }).end();
    else if (isDue && this.#happens('status', faults.statusTimes ?? Number.POSITIVE_INFINITY))
      this.#refuse(faults.status ?? 500);
    else if (faults.endless !== undefined) this.#pourEndlessly(Buffer.alloc(64 * 1024, faults.endless));
    else this.#serve();
  }

  #happens(what: string, times: number): boolean {
    const spent = this.file.spent.get(what) ?? 0;
    this.file.spent.set(what, spent + 1);
    return spent < times;
  }

  #etag(): string | null {
    const etags = this.faults.etags ?? ['"one"'];
    const etag = etags[Math.min(this.file.requests, etags.length) - 1] ?? 'none';
    return etag === 'none' ? null : etag;
  }

  #head(status: number, headers: Record<string, string | number>): ServerResponse {
    this.recorded.status = status;
    const padding = this.faults.headerBytes ? { 'X-Padding': 'x'.repeat(this.faults.headerBytes) } : {};
    return this.response.writeHead(status, { ...headers, ...padding, ...this.faults.headers });
  }

  #refuse(status: number): void {
    const body = Buffer.alloc(this.faults.statusBytes ?? 20, '<p>no ');
    this.#head(status, { 'Content-Length': body.length, 'Content-Type': 'text/html' });
    this.recorded.sent += body.length;
    this.response.end(body);
  }

  #pourEndlessly(block: Buffer): void {
    const { bytes } = this.file;
    this.#head(200, {}).write(bytes.subarray(0, bytes.length));
    const pour = (): void => {
      while (!this.response.destroyed && this.response.write(block)) this.recorded.sent += block.length;
    };
    this.response.on('drain', pour);
    pour();
  }

  #serve(): void {
    const { faults, request } = this;
    const etag = this.#etag();
    const common: Record<string, string> = etag ? { ETag: etag } : {};
    const isKnown = etag !== null && request.headers['if-none-match']?.split(/, */).includes(etag);
    const condition = request.headers['if-range'];
    const asked = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? -1);
    const isPart =
      asked >= 0 &&
      !faults.ignoreRange &&
      (condition === undefined || condition === etag || faults.ignoreCondition || this.#isUnchanged(condition));
    const length = this.file.bytes.length;
    if (isKnown && !faults.alwaysFresh) this.#head(304, faults.bare304 ? {} : common).end();
    else if (isPart && asked >= length) this.#head(416, { ...common, 'Content-Range': `bytes */${length}` }).end();
    else if (isPart) this.#servePart(asked, common);
    else this.#serveWhole(common);
  }

  #isUnchanged(condition: string | string[]): boolean {
    return condition === this.faults.headers?.['Last-Modified'];
  }

  #servePart(asked: number, common: Record<string, string>): void {
    const { rangeShift = 0, partMax = Number.POSITIVE_INFINITY } = this.faults;
    const { length } = this.file.bytes;
    const from = Math.max(asked + rangeShift, 0);
    const to = Math.min(from + partMax, length);
    const range = `bytes ${from}-${to - 1}/${this.faults.partTotal ?? length}`;
    this.#head(206, { ...common, 'Content-Range': range, ...this.#framing(to - from) });
    this.#send(from, to);
  }

  #serveWhole(common: Record<string, string>): void {
    const { length } = this.file.bytes;
    const range: Record<string, string> = this.faults.partUnasked
      ? { 'Content-Range': `bytes 0-${length - 1}/${length}` }
      : {};
    const headers = { ...common, ...range, ...this.#framing(this.faults.declaredLength ?? length) };
    this.#head(this.faults.partUnasked ? 206 : 200, headers);
    this.#send(0, length);
  }

  #framing(length: number): Record<string, string> {
    if (this.faults.chunked) return { 'Transfer-Encoding': 'chunked' };
    if (!this.faults.lengthless) return { 'Content-Length': String(length) };
    this.response.useChunkedEncodingByDefault = false;
    return { Connection: 'close' };
  }

  #send(from: number, to: number): void {
    const { declaredLength = to, dripMilliseconds, lateMilliseconds, stallAt = -1, stallTimes = 1 } = this.faults;
    const cutAt = this.#cutPoint(from) ?? to;
    if (dripMilliseconds !== undefined) this.#drip(from, to, dripMilliseconds);
    else if (stallAt >= from && this.#happens('stall', stallTimes)) this.#write(from, stallAt);
    else if (cutAt < to) this.#write(from, cutAt, () => this.#cut());
    else if (lateMilliseconds !== undefined) this.#sendLate(from, to, lateMilliseconds);
    else if (declaredLength > to) this.#write(from, to, () => this.#cut());
    else this.#finish(from, from === 0 ? declaredLength : to);
  }

  #sendLate(from: number, to: number, milliseconds: number): void {
    this.#write(from, to - 1, () => setTimeout(() => this.#finish(to - 1, to), milliseconds));
  }

  #finish(from: number, to: number): void {
    this.#write(from, to, () => this.response.end());
  }

  #cutPoint(from: number): number | null {
    const { cutAt, cutEvery, cutTimes = 1 } = this.faults;
    if (cutEvery !== undefined) return from + cutEvery;
    return cutAt !== undefined && cutAt >= from && this.#happens('cut', cutTimes) ? cutAt : null;
  }

  #write(from: number, to: number, done: () => void = () => {}): void {
    if (this.response.destroyed) return;
    const part = this.file.bytes.subarray(from, Math.min(to, from + blockLength));
    this.recorded.sent += part.length;
    this.response.flushHeaders();
    const next = part.length < to - from ? () => this.#write(from + part.length, to, done) : done;
    if (part.length === 0) setImmediate(done);
    else this.response.write(part, next);
  }

  // What was written has to arrive first: a reset overtakes it.
  #cut(): void {
    const { socket } = this.request;
    if (this.faults.reset) setTimeout(() => socket.resetAndDestroy(), 50);
    else socket.end();
  }

  #drip(from: number, to: number, milliseconds: number): void {
    let position = from;
    const timer = setInterval(() => {
      if (position >= to || this.response.destroyed) {
        clearInterval(timer);
        this.response.end();
      } else this.#write(position, ++position);
    }, milliseconds);
  }
}
