import { Agent, type AgentOptions } from 'node:http';
import { connect, type OnReadOpts, type Socket, type TcpNetConnectOpts } from 'node:net';

/*
 * Node's sockets make a new buffer of 64 KiB for each read, which costs more than the read. These read into one of their own. As
 * long as a parser listens it is given copies; later a reader gets the buffer itself, a chunk at a time.
 */

/** Where a socket reads to while a parser listens, in bytes. */
const small = 64 * 1024;

const lenders = new WeakMap<Socket, Lender>();

class Lender {
  /** Where the next read goes. */
  buffer = Buffer.allocUnsafeSlow(small);
  reader: ((chunk: Buffer) => void) | undefined;
  readonly socket: Socket;

  constructor(open: (onread: OnReadOpts) => Socket) {
    this.socket = open({
      buffer: () => this.buffer,
      callback: (count, from) => this.#read(count, from),
    });
  }

  /** False: nothing more is read for the moment. */
  #read(count: number, from: Uint8Array): boolean {
    const chunk = Buffer.from(from.buffer, from.byteOffset, count);
    if (this.reader === undefined) {
      this.socket.emit('data', Buffer.from(chunk));
      return true;
    }
    this.reader(chunk);
    return false;
  }
}

/** Opens a socket whose bytes can be taken by a `LentChunks`: `open` is given what it has to read by. */
export function openLender(open: (onread: OnReadOpts) => Socket): Socket {
  const lender = new Lender(open);
  lenders.set(lender.socket, lender);
  return lender.socket;
}

/** An agent for plain connections that are opened by openLender(). */
export function lendingAgent(options: AgentOptions): Agent {
  const createConnection = (connection: TcpNetConnectOpts): Socket =>
    openLender((onread) => connect({ ...connection, onread }));
  return Object.assign(new Agent(options), { createConnection });
}

/** The bytes of a socket of a lending agent, which nobody else listens to any more. A chunk is good until the next one is asked for. */
export class LentChunks {
  readonly #socket: Socket;
  /** What came without being asked for: the parser, too, may have the socket go on. */
  readonly #early: Buffer[] = [];
  #settle: { resolve: (chunk: Buffer | undefined) => void; reject: (error: Error) => void } | undefined;
  #ended: { error: Error | undefined } | undefined;

  /** Undefined for a socket of another agent. `room` is the longest chunk, in bytes. */
  static of(socket: Socket, room: number): LentChunks | undefined {
    const lender = lenders.get(socket);
    return lender === undefined ? undefined : new LentChunks(lender, room);
  }

  private constructor(lender: Lender, room: number) {
    this.#socket = lender.socket;
    this.#socket.pause();
    lender.buffer = Buffer.allocUnsafeSlow(room);
    lender.reader = (chunk) => this.#take(chunk);
    this.#socket.on('end', () => this.#end(undefined));
    this.#socket.on('error', (error) => this.#end(error));
    this.#socket.on('close', () => this.#end(new Error('the connection was closed')));
  }

  /**
   * The next chunk, undefined at the end of the connection.
   *
   * @throws Error that broke the connection
   */
  next(): Promise<Buffer | undefined> {
    const early = this.#early.shift();
    if (early !== undefined) return Promise.resolve(early);
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      if (this.#ended === undefined) this.#socket.resume();
      else this.#finish();
    });
  }

  #take(chunk: Buffer): void {
    if (this.#settle === undefined) this.#early.push(Buffer.from(chunk));
    else this.#settle.resolve(chunk);
    this.#settle = undefined;
  }

  #end(error: Error | undefined): void {
    this.#ended ??= { error };
    this.#finish();
  }

  #finish(): void {
    const error = this.#ended?.error;
    if (error === undefined) this.#settle?.resolve(undefined);
    else this.#settle?.reject(error);
    this.#settle = undefined;
  }
}
