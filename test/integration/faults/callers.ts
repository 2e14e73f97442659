import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { FerryHost } from '../../support/service/ferry-host.js';
import { waitWhile } from '../../support/wait.js';

/** A call as it goes over the wire. */
export function message(method: string, parameters: object = {}, flags: object = {}): Buffer {
  return Buffer.from(`${JSON.stringify({ method, parameters, ...flags })}\0`);
}

export const ping = message('io.systemd.service.Ping');

/** A connection to a service that does what a decent client would not. */
export async function dial(path: string): Promise<Socket> {
  const socket = connect({ path, allowHalfOpen: true });
  // Being closed is what some of these connections are for.
  socket.on('error', () => {});
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  return socket;
}

/** Reads until so many messages have come; rejects when the connection ends before. */
export async function replies(socket: Socket, count: number): Promise<string[]> {
  const chunks: Buffer[] = [];
  let ends = 0;
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk);
    for (let at = chunk.indexOf(0); at >= 0; at = chunk.indexOf(0, at + 1)) ends += 1;
    if (ends >= count) return Buffer.concat(chunks).toString().split('\0').slice(0, count);
  }
  throw new Error(`the connection ended after ${ends} messages`);
}

/** Reads until something comes that matches, and gives back the match. */
export async function read(socket: Socket, pattern: RegExp): Promise<string> {
  let text = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += chunk;
    const [found] = pattern.exec(text) ?? [];
    if (found !== undefined) return found;
  }
  throw new Error(`the connection ended: ${text}`);
}

/** How many descriptors a process has open, and how much memory of it is there, in bytes. */
export function levelsOf(pid: number): { descriptors: number; memory: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const [, kib = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  return { descriptors: readdirSync(`/proc/${pid}/fd`).length, memory: Number(kib) * 1024 };
}

/** Waits until a service has no more descriptors open than it had. What never happens ends with the test's time. */
export async function untilDescriptorsAre(host: FerryHost, count: number): Promise<void> {
  const pid = host.service.pid ?? 0;
  try {
    await waitWhile(() => levelsOf(pid).descriptors > count);
  } catch (cause) {
    const open = readdirSync(`/proc/${pid}/fd`).map((name) => readlinkSync(`/proc/${pid}/fd/${name}`));
    throw new Error(`more than ${count} descriptors stay open: ${open.join(', ')}`, { cause });
  }
}

/** Waits until a service has less memory than so many bytes: garbage stays until node collects it. */
export async function untilMemoryIs(host: FerryHost, bytes: number): Promise<void> {
  await waitWhile(() => levelsOf(host.service.pid ?? 0).memory >= bytes);
}

/** Calls a service all the time, over one connection and over new ones; a wrong answer is kept for the end. */
export class Watchman {
  readonly #path: string;
  readonly #done: Promise<void>;
  #stopping = false;
  answers = 0;

  constructor(path: string) {
    this.#path = path;
    this.#done = this.#watch();
  }

  /** Rejects when a call was not answered well. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#done;
  }

  async #watch(): Promise<void> {
    const lasting = await dial(this.#path);
    while (!this.#stopping) {
      const fresh = await dial(this.#path);
      for (const socket of [lasting, fresh]) {
        socket.write(ping);
        const [answer] = await replies(socket, 1);
        if (answer !== '{"parameters":{}}') throw new Error(`Ping was answered with ${answer}`);
        this.answers += 1;
      }
      fresh.destroy();
      await pause(5);
    }
    lasting.destroy();
  }
}
