import { closeSync } from 'node:fs';
import { duplicate, transmit } from '../../linux/sockets.js';

interface QueuedMessage {
  bytes: Buffer;
  /** Copies of our own. They go with the first byte. */
  descriptors: readonly number[];
}

/** What waits to be sent on a socket that does not block. */
export class Outbox {
  #entries: QueuedMessage[] = [];
  #size = 0;

  /** Bytes that wait. */
  get size(): number {
    return this.#size;
  }

  /**
   * Sends as much as goes at once and queues the rest.
   *
   * @returns the name of the errno if the connection is broken
   */
  send(socket: number, bytes: Buffer, descriptors: readonly number[]): string | undefined {
    const sent = this.#size > 0 ? 0 : transmitOrWait(socket, bytes, descriptors);
    if (typeof sent === 'string') return sent;
    if (sent === bytes.length) return undefined;
    this.#entries.push({ bytes: bytes.subarray(sent), descriptors: sent > 0 ? [] : descriptors.map(duplicate) });
    this.#size += bytes.length - sent;
    return undefined;
  }

  /** Sends what waits, as far as it goes; the result as of send(). */
  flush(socket: number): string | undefined {
    for (let entry = this.#entries[0]; entry; entry = this.#entries[0]) {
      const sent = transmitOrWait(socket, entry.bytes, entry.descriptors);
      if (typeof sent === 'string') return sent;
      if (sent === 0) return undefined;
      this.#advance(entry, sent);
    }
    return undefined;
  }

  /** Drops what waits. */
  clear(): void {
    for (const { descriptors } of this.#entries) descriptors.forEach(closeSync);
    this.#entries = [];
    this.#size = 0;
  }

  #advance(entry: QueuedMessage, sent: number): void {
    entry.descriptors.forEach(closeSync);
    entry.descriptors = [];
    entry.bytes = entry.bytes.subarray(sent);
    this.#size -= sent;
    if (entry.bytes.length === 0) this.#entries.shift();
  }
}

function transmitOrWait(socket: number, bytes: Buffer, descriptors: readonly number[]): number | string {
  for (;;) {
    const sent = transmit(socket, bytes, descriptors);
    if (sent === 'EAGAIN') return 0;
    if (sent !== 'EINTR') return sent;
  }
}
