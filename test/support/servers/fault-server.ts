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
import { Answer } from './fault-answer.js';
import type { Content, Faults, RecordedRequest, ServedFile } from './faults.js';

export type { Content, Faults, RecordedRequest } from './faults.js';

const numeric = /^\d+$/;

/** A web server that serves files from memory and does to them what networks and servers do. */
export class FaultServer implements AsyncDisposable {
  readonly requests: RecordedRequest[] = [];
  /** The status that CONNECT is answered with; null to build the tunnel. */
  refuseTunnels: number | null = null;
  /** What is answered for a path where nothing is. */
  absent: { readonly status: number; readonly body: Buffer | string } = { status: 404, body: '<h1>404</h1>' };
  /** Asked before each answer; where it says no, it has answered itself. */
  guard: (request: IncomingMessage, response: ServerResponse, recorded: RecordedRequest) => boolean = () => true;
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
    if (!this.guard(request, response, recorded)) recorded.status = response.statusCode;
    else if (/^http:/.test(recorded.url)) this.#forward(request, response);
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
