import { createCipheriv, createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { join } from 'node:path';

/** Bytes. */
const blockSize = 1 << 20;
const blocks = 640;
/** Blocks in a tenth of a second. */
const pace = 6;
const name = 'appliance.raw';

/** A disk of data that looks random and is the same in every run. */
function diskBlock(index: number): Buffer {
  const counter = Buffer.alloc(16);
  counter.writeUInt32BE(index, 0);
  return createCipheriv('aes-128-ctr', Buffer.alloc(16), counter).update(Buffer.alloc(blockSize));
}

/** The checksum file of the disk. */
export function checksums(): string {
  const hash = createHash('sha256');
  for (let index = 0; index < blocks; index += 1) hash.update(diskBlock(index));
  return `${hash.digest('hex')}  ${name}\n`;
}

/** A web server with a disk, its checksums and their signature, on a slow line; it can be stopped and started. */
export class Publisher implements Disposable {
  readonly #options: { key: Buffer; cert: Buffer };
  readonly #files: Readonly<Record<string, Buffer>>;
  #server: Server | undefined;

  constructor(stage: string, sums: string, signature: Buffer) {
    this.#options = { key: readFileSync(join(stage, 'tls.key')), cert: readFileSync(join(stage, 'tls.crt')) };
    this.#files = { '/SHA256SUMS': Buffer.from(sums), '/SHA256SUMS.gpg': signature };
  }

  async start(): Promise<void> {
    const server = createServer(this.#options, (request, response) => this.#answer(request, response));
    this.#server = server;
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(443, '127.0.0.1', resolve));
  }

  /** Breaks every connection, and accepts no other. */
  [Symbol.dispose](): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }

  #answer({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
    const file = this.#files[url];
    if (url === `/${name}`) sendDisk(response, Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0));
    else if (file === undefined) response.writeHead(404).end();
    else response.end(file);
  }
}

function sendDisk(response: ServerResponse, start: number): void {
  const size = blocks * blockSize;
  const range = start > 0 ? { 'content-range': `bytes ${start}-${size - 1}/${size}` } : {};
  response.writeHead(start > 0 ? 206 : 200, { etag: '"release-42"', 'content-length': size - start, ...range });
  let position = start;
  const timer = setInterval(() => {
    for (let sent = 0; sent < pace && position < size; sent += 1) {
      const [index, offset] = [Math.floor(position / blockSize), position % blockSize];
      response.write(diskBlock(index).subarray(offset));
      position += blockSize - offset;
    }
    if (position < size && !response.destroyed) return;
    clearInterval(timer);
    response.end();
  }, 100);
}
