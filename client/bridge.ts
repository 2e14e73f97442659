import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Duplex, Readable, Writable } from 'node:stream';
import { hasCode } from '../linux/errno.js';

/**
 * Carries bytes between standard streams and a service. The end of the input is passed on, and what the service still has
 * to say is waited for. The service's end, or that of the reader of the output, ends everything.
 *
 * @throws Error of the stream that broke, except EPIPE and ECONNRESET, when a peer has closed the connection
 */
export function pump(input: Readable, output: Writable, service: Duplex): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: unknown) => {
      // A caller who has left needs no word about it. What the service said before is still passed on.
      if (hasCode(error, 'EPIPE', 'ECONNRESET')) output.end();
      else reject(error);
    };
    for (const stream of [input, output, service]) stream.on('error', onError);
    service.once('end', () => output.end());
    output.once('finish', resolve).once('close', resolve);
    service.pipe(output, { end: false });
    input.pipe(service);
  });
}

/** Standard input, without making anything wait for it. */
export function bridgeInput(): Readable {
  return isPipe(0) ? new Socket({ fd: 0, readable: true, writable: false }) : process.stdin;
}

/** Standard output as bytes go best: node's own stream would stop everything while nobody reads. */
export function bridgeOutput(): Writable {
  return isPipe(1) ? new Socket({ fd: 1, readable: false, writable: true }) : process.stdout;
}

function isPipe(descriptor: number): boolean {
  const found = fstatSync(descriptor);
  return found.isFIFO() || found.isSocket();
}
