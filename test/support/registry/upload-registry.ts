import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TestCertificate } from '../servers/certificates.js';

/** A request that was made, and how much of its body has come. */
export interface UploadRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  received: number;
}

/** What is done to a request instead of what it wants, or after it. */
export interface UploadFault {
  /** Is answered; nothing of the request is done. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The connection is cut after so many bytes of the body, which are kept. */
  readonly cutAfter?: number;
  /** The request is done, and the connection cut instead of an answer. */
  readonly silent?: boolean;
  /** Only so many bytes of the body are kept, and this is said. */
  readonly keepOnly?: number;
}

interface Done {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Session {
  readonly repository: string;
  bytes: Buffer;
}

/** As the distribution specification has errors. */
export function registryErrors(code: string, message: string): UploadFault {
  return { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ errors: [{ code, message }] }) };
}

/**
 * A registry on loopback that takes what is pushed into memory, as the distribution specification has it, and errs as it is told. It holds
 * clients to the ranges that they name.
 */
export class UploadRegistry implements AsyncDisposable {
  /** By digest, in each repository: `REPOSITORY DIGEST`. */
  readonly blobs = new Map<string, Buffer>();
  /** `REPOSITORY REFERENCE` */
  readonly manifests = new Map<string, { readonly bytes: Buffer; readonly mediaType: string }>();
  readonly requests: UploadRequest[] = [];
  /** What goes wrong with a request. */
  fault: (request: UploadRequest) => UploadFault | undefined = () => undefined;
  /** Where an upload goes on; here by default. */
  locate: (path: string) => string = (path) => path;
  /** Of answers that begin an upload. */
  uploadHeaders: Readonly<Record<string, string>> = {};
  takesMounts = true;
  readonly #sessions = new Map<string, Session>();
  readonly #server: Server;
  readonly #isSecure: boolean;

  private constructor(certificate: TestCertificate | undefined) {
    const listener = (request: IncomingMessage, response: ServerResponse) => void this.#handle(request, response);
    this.#isSecure = certificate !== undefined;
    this.#server = certificate
      ? createSecureServer({ key: certificate.key, cert: certificate.certificate }, listener)
      : createServer(listener);
  }

  static async start(certificate?: TestCertificate): Promise<UploadRegistry> {
    const registry = new UploadRegistry(certificate);
    await new Promise<void>((resolve) => registry.#server.listen(0, '127.0.0.1', resolve));
    return registry;
  }

  /** `127.0.0.1:PORT`, or `localhost:PORT` with a certificate. */
  get host(): string {
    return `${this.#isSecure ? 'localhost' : '127.0.0.1'}:${(this.#server.address() as AddressInfo).port}`;
  }

  get base(): string {
    return `${this.#isSecure ? 'https' : 'http'}://${this.host}/v2/`;
  }

  /** `METHOD RANGE` of the requests that had a range, in order. */
  get ranges(): string[] {
    return this.requests.flatMap(({ headers }) => String(headers['content-range'] ?? '') || []);
  }

  /** The methods of all requests, in order. */
  get methods(): string[] {
    return this.requests.map(({ method }) => method);
  }

  /** Forgets what has been begun. */
  forget(): void {
    this.#sessions.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    const recorded: UploadRequest = { method, url, headers, received: 0 };
    this.requests.push(recorded);
    request.on('error', () => {});
    response.on('error', () => {});
    const fault = this.fault(recorded) ?? {};
    const body = await this.#body(request, recorded, fault);
    if (fault.status !== undefined) {
      response.writeHead(fault.status, fault.headers).end(fault.body);
      return;
    }
    if (body === undefined) return;
    this.#answer(recorded, body, fault, response);
    if (fault.silent) request.socket.destroy();
  }

  /** Undefined where the connection was cut. */
  async #body(request: IncomingMessage, recorded: UploadRequest, fault: UploadFault): Promise<Buffer | undefined> {
    const { socket } = request;
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) {
        chunks.push(chunk);
        recorded.received += chunk.length;
        if (fault.cutAfter !== undefined && recorded.received >= fault.cutAfter) break;
      }
    } catch {
      return undefined;
    }
    const body = Buffer.concat(chunks);
    if (fault.cutAfter === undefined) return body.subarray(0, fault.keepOnly ?? body.length);
    const session = this.#sessions.get(new URL(recorded.url, 'http://x').pathname);
    if (session !== undefined) session.bytes = Buffer.concat([session.bytes, body.subarray(0, fault.cutAfter)]);
    socket.destroy();
    return undefined;
  }

  #answer(request: UploadRequest, body: Buffer, fault: UploadFault, response: ServerResponse): void {
    const { status, headers } = this.#done(request, body);
    if (!fault.silent) response.writeHead(status, { ...headers, ...fault.headers }).end();
  }

  /** Does what is asked, and gives the answer. */
  #done(request: UploadRequest, body: Buffer): Done {
    const { pathname, searchParams } = new URL(request.url, 'http://x');
    const [, repository = '', kind, rest = ''] = /^\/v2\/(.+?)\/(manifests|blobs)\/(.*)$/.exec(pathname) ?? [];
    if (kind === 'manifests') return this.#manifest(request, `${repository} ${rest}`, body);
    if (!rest.startsWith('uploads/')) return { status: this.blobs.has(`${repository} ${rest}`) ? 200 : 404 };
    if (request.method === 'POST') return this.#begin(repository, searchParams);
    return this.#upload(request, pathname, searchParams.get('digest'), body);
  }

  #manifest({ method, headers }: UploadRequest, key: string, bytes: Buffer): Done {
    if (method !== 'PUT') return { status: this.manifests.has(key) ? 200 : 404 };
    this.manifests.set(key, { bytes, mediaType: String(headers['content-type']) });
    return { status: 201 };
  }

  #upload({ method, headers }: UploadRequest, pathname: string, digest: string | null, body: Buffer): Done {
    const session = this.#sessions.get(pathname);
    if (session === undefined) return { status: 404 };
    const told = () => ({ Location: this.locate(pathname), Range: `0-${Math.max(0, session.bytes.length - 1)}` });
    if (method === 'GET') return { status: 204, headers: told() };
    const [, start] = /^(\d+)-/.exec(String(headers['content-range'] ?? '')) ?? [];
    if (method === 'PATCH' && Number(start) !== session.bytes.length) return { status: 416, headers: told() };
    session.bytes = Buffer.concat([session.bytes, body]);
    if (method === 'PATCH') return { status: 202, headers: told() };
    const found = `sha256:${createHash('sha256').update(session.bytes).digest('hex')}`;
    if (digest !== found) return { status: 400 };
    this.#sessions.delete(pathname);
    this.blobs.set(`${session.repository} ${found}`, session.bytes);
    return { status: 201 };
  }

  #begin(repository: string, wanted: URLSearchParams): Done {
    const [digest, from] = [wanted.get('mount'), wanted.get('from')];
    const blob = this.blobs.get(`${from} ${digest}`);
    if (this.takesMounts && blob !== undefined) {
      this.blobs.set(`${repository} ${digest}`, blob);
      return { status: 201 };
    }
    const path = `/v2/${repository}/blobs/uploads/${this.requests.length}`;
    this.#sessions.set(path, { repository, bytes: Buffer.alloc(0) });
    return { status: 202, headers: { Location: this.locate(path), Range: '0-0', ...this.uploadHeaders } };
  }
}
