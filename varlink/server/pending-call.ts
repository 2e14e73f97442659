import { closeSync } from 'node:fs';
import { duplicate, openPeerProcess, type PeerCredentials } from '../../linux/sockets.js';
import { ProtocolError, serviceErrors } from '../error.js';
import type { JsonObject } from '../json.js';
import type { DescriptorChannel } from '../transport/descriptor-channel.js';
import type { ReceivedDescriptors } from '../transport/descriptors.js';
import { slowPeerBytes } from '../wire/limits.js';
import { type Call, printError, printReply } from '../wire/message.js';
import type { ServerCall } from './call.js';

interface Answer {
  readonly bytes: Buffer;
  readonly descriptors: readonly number[];
}

/** A call on its way through a handler. */
export class PendingCall implements ServerCall {
  readonly #call: Call;
  readonly #channel: DescriptorChannel;
  readonly #descriptors: ReceivedDescriptors;
  /** The reply of a call with `upgrade` that waits for upgraded() or the end of the handler. */
  #held: Answer | undefined;
  #isAnswered = false;
  #upgrading: Promise<number> | undefined;
  #onTakenOver = () => {};
  /** Resolves if the handler takes over the connection. */
  readonly takenOver = new Promise<void>((resolve) => {
    this.#onTakenOver = resolve;
  });
  readonly peer: PeerCredentials;

  constructor(call: Call, channel: DescriptorChannel, descriptors: ReceivedDescriptors, peer: PeerCredentials) {
    this.#call = call;
    this.#channel = channel;
    this.#descriptors = descriptors;
    this.peer = peer;
  }

  get method(): string {
    return this.#call.method;
  }
  get parameters(): JsonObject {
    return this.#call.parameters;
  }
  get more(): boolean {
    return this.#call.more;
  }
  get oneway(): boolean {
    return this.#call.oneway;
  }
  get upgrade(): boolean {
    return this.#call.upgrade;
  }
  get closed(): AbortSignal {
    return this.#channel.hungUp;
  }
  get queuedBytes(): number {
    return this.#channel.queuedBytes;
  }

  /** Whether the last reply was given. */
  get isAnswered(): boolean {
    return this.#isAnswered;
  }
  /** Whether the handler takes over the connection. */
  get upgrading(): Promise<number> | undefined {
    return this.#upgrading;
  }

  descriptor(index: number | bigint): number {
    const descriptor = this.#descriptors.take(Number(index));
    if (descriptor === undefined) throw serviceErrors.invalidParameter(this.#parameterOf(index));
    return descriptor;
  }

  openPeerProcess(): number | undefined {
    return openPeerProcess(this.#channel.descriptor);
  }

  reply(parameters: object, descriptors: readonly number[] = []): void {
    this.#answer({ bytes: printReply(parameters), descriptors });
  }

  replyError(name: string, parameters: object): void {
    this.#answer({ bytes: printError(name, parameters), descriptors: [] });
  }

  continues(parameters: object, descriptors: readonly number[] = []): boolean {
    if (!this.more) throw new Error(`${this.method}: continues() on a call without 'more'`);
    if (this.#isAnswered) throw new Error(`${this.method}: continues() after reply()`);
    this.#channel.send(printReply(parameters, true), descriptors);
    return this.#channel.queuedBytes <= slowPeerBytes;
  }

  drained(): Promise<void> {
    return this.#channel.drained();
  }

  upgraded(): Promise<number> {
    this.#upgrading ??= this.#takeOver();
    return this.#upgrading;
  }

  /** Sends the reply that waits, if one does. */
  release(): void {
    const held = this.#held;
    this.#held = undefined;
    if (!held) return;
    this.#channel.send(held.bytes, held.descriptors);
    held.descriptors.forEach(closeSync);
  }

  async #takeOver(): Promise<number> {
    if (!this.upgrade) throw new Error(`${this.method}: upgraded() on a call without 'upgrade'`);
    if (!this.#held) throw new Error(`${this.method}: upgraded() before reply()`);
    // What came is neither a call nor what follows the reply: the two cannot be told apart.
    if (this.#channel.hasPendingBytes()) {
      this.#channel.destroy();
      throw new ProtocolError('the caller sent more before it had the reply to a call with upgrade');
    }
    this.release();
    const socket = await this.#channel.detach();
    this.#onTakenOver();
    return socket;
  }

  #answer(answer: Answer): void {
    if (this.#isAnswered) throw new Error(`${this.method}: a second reply`);
    this.#isAnswered = true;
    if (this.oneway) return;
    if (this.upgrade) this.#held = { bytes: answer.bytes, descriptors: answer.descriptors.map(duplicate) };
    else this.#channel.send(answer.bytes, answer.descriptors);
  }

  /** The parameter that names the descriptor, for the error. */
  #parameterOf(index: number | bigint): string {
    const names = Object.entries(this.parameters);
    return names.find(([, value]) => [value].flat().includes(index))?.[0] ?? 'fileDescriptor';
  }
}
