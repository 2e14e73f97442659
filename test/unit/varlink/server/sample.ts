import { once } from 'node:events';
import { closeSync, readFileSync } from 'node:fs';
import { connect, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { VarlinkError } from '../../../../varlink/error.js';
import { parseInterface } from '../../../../varlink/idl/parse.js';
import type { JsonObject } from '../../../../varlink/json.js';
import type { ServerCall } from '../../../../varlink/server/call.js';
import { type ServerOptions, VarlinkServer } from '../../../../varlink/server/server.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { openText } from '../transport/descriptors-open.js';

export const sampleText = `# An interface to test with
interface org.example.sample

type Pair (
	number: int,
	text: ?string
)

# Gives back what it is given
method Echo(
	number: ?int,
	flag: ?bool,
	choice: ?(one, two),
	pair: ?Pair,
	object: ?object
) -> (
	number: ?int,
	flag: ?bool,
	choice: ?(one, two),
	pair: ?Pair,
	object: ?object
)

# Must have a parameter
method Need(
	text: string
) -> ()

# Counts up to a number
# [Requires 'more' flag]
method Count(
	to: int
) -> (
	number: int
)

# Gives nothing but an error
method List() -> ()

# Answers after some turns of the event loop
method Wait(
	turns: int
) -> (
	turns: int
)

# Reads the files whose descriptors are given, in order
method Read(
	fileDescriptors: []int
) -> (
	texts: []string
)

# Opens files with these texts
method Open(
	texts: []string
) -> (
	fileDescriptors: []int
)

# Sends back upper-case bytes
method Shout() -> ()

# Fails by mistake
method Break(
	late: ?bool
) -> ()

# Does not answer
method Forget() -> ()

# Nobody has written it
method Missing() -> ()

# Ends when the caller is gone
method Linger() -> ()

# Sends lines until the caller is slow, and on when it has caught up
# [Requires 'more' flag]
method Flood(
	size: int
) -> (
	text: string
)

error NoneAtAll ()
`;

/** What the sample's handlers have seen. */
export class Sample {
  readonly calls: string[] = [];
  lingerBegun = 0;
  lingerEnded = 0;
  slowAfter: number[] = [];
  pids: number[] = [];
  /** Of the callers of Need(); to be closed by the test. */
  processes: (number | undefined)[] = [];

  async Echo(call: ServerCall): Promise<void> {
    this.calls.push('Echo');
    this.pids.push(call.peer.pid);
    call.reply(call.parameters);
  }

  async Need(call: ServerCall): Promise<void> {
    this.processes.push(call.openPeerProcess());
    call.reply({});
  }

  async Count(call: ServerCall<{ to: number }, { number: number }>): Promise<void> {
    for (let number = 1; number < call.parameters.to; number++) call.continues({ number });
    call.reply({ number: call.parameters.to });
  }

  async List(): Promise<void> {
    throw new VarlinkError('org.example.sample.NoneAtAll');
  }

  async Wait(call: ServerCall<{ turns: number }, { turns: number }>): Promise<void> {
    for (let turn = 0; turn < call.parameters.turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    call.reply({ turns: call.parameters.turns });
  }

  async Read(call: ServerCall<{ fileDescriptors: number[] }, { texts: string[] }>): Promise<void> {
    const texts = call.parameters.fileDescriptors.map((index) => {
      const descriptor = call.descriptor(index);
      const text = readFileSync(descriptor, 'utf8');
      closeSync(descriptor);
      return text;
    });
    call.reply({ texts });
  }

  async Open(call: ServerCall<{ texts: string[] }, { fileDescriptors: number[] }>): Promise<void> {
    const descriptors = call.parameters.texts.map(openText);
    call.reply({ fileDescriptors: descriptors.map((_, index) => index) }, descriptors);
    descriptors.forEach(closeSync);
  }

  async Shout(call: ServerCall): Promise<void> {
    call.reply({});
    if (!call.upgrade) return;
    const stream = new Socket({ fd: await call.upgraded(), allowHalfOpen: true, readable: true, writable: true });
    const chunks: Buffer[] = [];
    // Not for await: that would close the stream at the end of its input.
    stream.on('data', (chunk) => chunks.push(chunk));
    await once(stream, 'end');
    stream.end(Buffer.concat(chunks).toString('latin1').toUpperCase());
  }

  async Break(call: ServerCall<{ late?: boolean | null }>): Promise<void> {
    if (call.parameters.late) call.reply({});
    throw new TypeError('a mistake');
  }

  async Forget(): Promise<void> {}

  async Linger(call: ServerCall): Promise<void> {
    this.lingerBegun++;
    await new Promise((resolve) => call.closed.addEventListener('abort', resolve));
    this.lingerEnded++;
    call.closed.throwIfAborted();
  }

  async Flood(call: ServerCall<{ size: number }, { text: string }>): Promise<void> {
    const text = 'x'.repeat(1000);
    for (let sent = 0; sent < call.parameters.size; sent += text.length) {
      if (call.continues({ text })) continue;
      this.slowAfter.push(sent);
      await call.drained();
    }
    call.reply({ text: '' });
  }
}

export interface SampleServer {
  readonly server: VarlinkServer;
  readonly sample: Sample;
  readonly path: string;
  readonly bugs: unknown[];
}

/** Serves the sample on a path of its own until the end of the test. */
export function startSample(t: TestContext, options: Partial<ServerOptions> = {}): SampleServer {
  const path = temporaryDirectory(t).file('socket');
  const sample = new Sample();
  const bugs: unknown[] = [];
  const server = new VarlinkServer({
    vendor: 'Vendor',
    product: 'Product',
    version: '1',
    url: 'https://example.org',
    interfaces: [{ definition: parseInterface(sampleText), description: sampleText, handlers: sample }],
    onBug: (error) => bugs.push(error),
    ...options,
  });
  server.listen({ path });
  t.after(() => server.close());
  return { server, sample, path, bugs };
}

/** A bare connection: what it has received, and a promise of all there is until the end. */
export function openBare(path: string): { socket: Socket; all: Promise<string> } {
  const socket = connect({ path, allowHalfOpen: true });
  const all = new Promise<string>((resolve, reject) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
    socket.on('end', () => socket.end());
    socket.on('error', (error) =>
      'code' in error && ['EPIPE', 'ECONNRESET'].includes(String(error.code)) ? null : reject(error),
    );
  });
  return { socket, all };
}

/** All that a server answers to these bytes until it closes the connection. */
export async function converse(path: string, bytes: string | Buffer, isLast: boolean): Promise<string> {
  const { socket, all } = openBare(path);
  if (isLast) socket.end(bytes);
  else socket.write(bytes);
  return await all;
}

export const callText = (method: string, parameters?: JsonObject, flags: object = {}) =>
  `${JSON.stringify({ method: `org.example.sample.${method}`, parameters, ...flags })}\0`;
