import { randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { versions } from 'node:process';
import fetch from 'node-fetch';
import { openSocketPair } from '../../../linux/sockets.js';
import { ChunkQueue } from '../queue.js';
import { openLender } from './lending-socket.js';
import { type Incoming, UnparsedChunks, watched } from './unparsed.js';

/*
 * Two things here are done by ways that node does not promise: a request is seen by way of its agent (the method `addRequest`), and
 * a body is read past the parser (which is fed by the socket's `data` events alone, and counts as it is thought to). Both are tried
 * out once in each process, on a pair of sockets; reading past the parser, where a mistake would be other bytes and no error, is
 * besides left to those versions that the tests run on. Without them everything works as well, only more slowly.
 */

/** What of node's internals can be used. */
export interface Internals {
  /** Whether requests can be seen by way of their agent. */
  readonly requests: boolean;
  /** Whether bodies can be read past the parser. */
  readonly bodies: boolean;
}

/** The documented ways alone. */
export const noInternals: Internals = { requests: false, bodies: false };

/** The major versions of node that the tests run on (test/hosts/run.sh). */
export const testedVersions: readonly number[] = [20, 22, 24, 26];

/** As long as one exchange within this process never takes, in milliseconds. What goes wrong ends by itself, as far as is known. */
const exchangeTimeoutMs = 10_000;

/** Bytes that come with the head of the tried answer, those that come later, and how many may come at once. */
const sizes = { first: 1000, later: 40_000, room: 16 * 1024 };

let found: Promise<Internals> | undefined;

/** What can be used in this process. Never rejects. */
export function nodeInternals(): Promise<Internals> {
  found ??= examine();
  return found;
}

/** Finds out what can be used, in this version of node. `exchange` rejects when it does not work, with or without a parser. */
export async function examine(version: string = versions.node, exchange = exchangeBytes): Promise<Internals> {
  const works = (isLent: boolean): Promise<boolean> =>
    exchange(isLent).then(
      () => true,
      () => false,
    );
  const bodies = testedVersions.includes(Number.parseInt(version, 10)) && (await works(true));
  return { bodies, requests: bodies || (await works(false)) };
}

/**
 * Has node receive an answer from this process; past its parser if `isLent`.
 *
 * @throws Error when anything is not as it should be
 */
export async function exchangeBytes(isLent: boolean): Promise<void> {
  const [near, far] = openSocketPair().map((fd) => (options: SocketConstructorOpts) => new Socket({ ...options, fd }));
  if (near === undefined || far === undefined) return;
  const server = far({ readable: true, writable: true });
  const client = isLent ? openLender((onread) => near(reading(onread))) : near(reading());
  const end = (): void => [client, server].forEach((socket) => void socket.destroy());
  const timer = setTimeout(end, exchangeTimeoutMs);
  try {
    const body = randomBytes(sizes.first + sizes.later);
    if (!(await receive(client, server, body, isLent)).equals(body)) throw new Error('other bytes came');
  } finally {
    clearTimeout(timer);
    end();
  }
}

function reading(onread?: OnReadOpts): SocketConstructorOpts {
  return { readable: true, writable: true, ...(onread && { onread }) };
}

async function receive(client: Socket, server: Socket, body: Buffer, isLent: boolean): Promise<Buffer> {
  const answers: Incoming[] = [];
  const agent = Object.assign(new Agent(), { createConnection: () => client });
  const asking = fetch('http://localhost/', {
    agent: watched(agent, (answer) => answers.push(answer)),
    compress: false,
  });
  // What is sent is of no interest, but the socket must not be closed with it unread.
  server.on('error', () => {}).resume();
  server.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
  server.write(body.subarray(0, sizes.first));
  const response = await asking;
  const [incoming] = answers;
  if (incoming === undefined || response.body === null) throw new Error('the answer was not seen');
  const chunks = isLent ? new UnparsedChunks(response.body, incoming, sizes.room) : new ChunkQueue(response.body);
  const parsed = incoming.parsed + incoming.message.readableLength;
  server.end(body.subarray(sizes.first));
  const copies: Buffer[] = [];
  for (let chunk = await chunks.next(); chunk !== undefined; chunk = await chunks.next())
    copies.push(Buffer.from(chunk));
  if (isLent && incoming.parsed !== parsed) throw new Error('the parser was given more');
  return Buffer.concat(copies);
}
