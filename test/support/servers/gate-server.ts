import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';

interface Served {
  readonly bytes: Buffer;
  /** How many bytes are sent before the gate. */
  readonly held: number;
  readonly opened: Promise<void>;
  readonly open: () => void;
}

/** A web server that stops in the middle of a file until the test lets it go on. */
export class GateServer {
  /** One line a request: method, path, status. */
  readonly requests: string[] = [];
  readonly #server: Server;
  readonly #files = new Map<string, Served>();

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** Starts one on a free loopback port; it ends with the test. */
  static async start(t: TestContext): Promise<GateServer> {
    const gate = new GateServer();
    gate.#server.listen(0, '127.0.0.1');
    await once(gate.#server, 'listening');
    t.after(() => {
      gate.#server.close();
      gate.#server.closeAllConnections();
    });
    return gate;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the server does not listen');
    return address.port;
  }

  /** Serves bytes and gives back their URL. Of what is held, only so many bytes come until open() is called. */
  serve(path: string, bytes: Buffer, held = bytes.length): string {
    let open = (): void => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    this.#files.set(path, { bytes, held, opened, open });
    return `http://127.0.0.1:${this.port}${path}`;
  }

  open(path: string): void {
    this.#files.get(path)?.open();
  }

  /** The requests for a path, as their statuses. */
  statuses(path: string): number[] {
    return this.requests.filter((line) => line.split(' ')[1] === path).map((line) => Number(line.split(' ')[2]));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    const file = this.#files.get(path.replace(/\?.*/, ''));
    const etag = file && `"${createHash('sha256').update(file.bytes).digest('hex').slice(0, 16)}"`;
    const isKnown = etag !== undefined && request.headers['if-none-match']?.includes(etag);
    const status = file === undefined ? 404 : isKnown ? 304 : 200;
    this.requests.push(`${request.method} ${path} ${status}`);
    response.on('error', () => {});
    if (file === undefined || etag === undefined || isKnown) {
      response.writeHead(status, etag === undefined ? {} : { ETag: etag }).end();
      return;
    }
    response.writeHead(200, { ETag: etag, 'Content-Length': file.bytes.length, 'Accept-Ranges': 'none' });
    response.flushHeaders();
    response.write(file.bytes.subarray(0, file.held));
    if (file.held < file.bytes.length) await file.opened;
    response.end(file.bytes.subarray(file.held));
  }
}
