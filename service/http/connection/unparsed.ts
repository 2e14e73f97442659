import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Response } from 'node-fetch';
import { ChunkQueue } from '../queue.js';
import { LentChunks } from './lending-socket.js';
import { watchHead } from './response-head.js';

/*
 * Node's HTTP parser copies every chunk of a body, and node-fetch passes it through one more stream: together more work than
 * receiving it. Nothing in a body of known length has to be parsed, so the rest of a large one is read from its socket.
 */

/** Bodies with less to come are left to the parser, in bytes: their connections can be used again. */
const worthwhile = 1024 * 1024;

/** An answer as node has it, below what node-fetch shows. */
export interface Incoming {
  readonly message: IncomingMessage;
  /** Bytes of the body that the parser has given away. */
  parsed: number;
}

/** An agent that does what another one does, and tells of the answer to the one request that is made with it. */
export function watched(agent: Agent, onAnswer: (incoming: Incoming) => void): Agent {
  return withRequests(agent, (request) => {
    request.once('response', (message) => {
      const incoming = { message, parsed: 0 };
      message.on('data', (chunk: Buffer) => {
        incoming.parsed += chunk.length;
      });
      onAnswer(incoming);
    });
  });
}

/** Answers before the answer (RFC 9110, 15.2) are passed over, up to so many. */
const interimMax = 16;

/**
 * An agent that does what another one does, mends the head of the answer to the one request that is made with it, and ends that at once
 * where an answer comes that nobody asked for, and that nothing follows: another protocol (status 101), or interim answers without end.
 * `onOdd` is told the status.
 */
export function guarded(agent: Agent, onOdd: (status: number) => void): Agent {
  return withRequests(agent, (request) => {
    const end = (status: number): void => {
      onOdd(status);
      request.destroy(new Error(`the server answers with status ${status}`));
    };
    let interim = 0;
    request.once('socket', watchHead);
    request.on('information', ({ statusCode }) => {
      if (++interim > interimMax) end(statusCode);
    });
    request.once('response', (message) => {
      if (message.statusCode === 101) end(101);
    });
    // Node has given the connection away by then, and tells nobody else.
    request.once('upgrade', (_message, socket) => {
      socket.destroy();
      onOdd(101);
      request.emit('error', new Error('the server answers with status 101'));
    });
  });
}

function withRequests(agent: Agent, prepare: (request: ClientRequest) => void): Agent {
  const addRequest = (request: ClientRequest, ...rest: unknown[]): void => {
    prepare(request);
    // What an agent is to node, though its types do not tell.
    (agent as Agent & { addRequest(...parameters: unknown[]): void }).addRequest(request, ...rest);
  };
  return Object.assign(Object.create(agent), { addRequest });
}

/** The chunks of a body, in order. */
export interface Chunks {
  /**
   * The next one, which is good until another one is asked for, or undefined at the end.
   *
   * @throws Error that broke the connection
   */
  next(): Promise<Buffer | undefined>;
}

/**
 * The body of an answer, of which nothing has been read yet; past the parser where that is possible and worth it. `room` is how
 * many bytes may well come at once.
 */
export function chunksOf(response: Response, incoming: Incoming | undefined, room: number): Chunks | undefined {
  if (!response.body) return undefined;
  if (incoming && bytesToCome(incoming) >= worthwhile) return new UnparsedChunks(response.body, incoming, room);
  return new ChunkQueue(response.body);
}

/** NaN if the answer does not say. */
function bytesToCome({ message, parsed }: Incoming): number {
  const { 'content-length': length, 'transfer-encoding': encoding } = message.headers;
  return encoding === undefined && length !== undefined ? Number(length) - parsed : Number.NaN;
}

/** The chunks of a body of known length: those that the parser has by now, and the others from the socket. */
export class UnparsedChunks implements Chunks {
  readonly #parsed: ChunkQueue;
  readonly #rest: Chunks;
  #parsedLeft: number;
  #restLeft: number;

  constructor(body: NodeJS.ReadableStream, incoming: Incoming, room: number) {
    const { socket, readableLength } = incoming.message;
    // From here on the parser gets nothing any more.
    socket.removeAllListeners('data');
    this.#parsed = new ChunkQueue(body);
    this.#parsedLeft = incoming.parsed + readableLength;
    this.#restLeft = bytesToCome(incoming) - readableLength;
    this.#rest = LentChunks.of(socket, room) ?? resumed(socket);
  }

  async next(): Promise<Buffer | undefined> {
    if (this.#parsedLeft > 0) {
      const chunk = await this.#parsed.next();
      this.#parsedLeft -= chunk?.length ?? 0;
      return chunk;
    }
    if (this.#restLeft === 0) return undefined;
    const chunk = (await this.#rest.next())?.subarray(0, this.#restLeft);
    if (!chunk) throw new Error('the connection was closed');
    this.#restLeft -= chunk.length;
    return chunk;
  }
}

function resumed(socket: Socket): ChunkQueue {
  const queue = new ChunkQueue(socket);
  socket.resume();
  return queue;
}
