import type { ReceivedDescriptors } from './descriptors.js';

export interface Message {
  /** The message without the NUL that ends it. */
  readonly bytes: Buffer;
  /** As it came, with that NUL. */
  readonly size: number;
  /** What came with it. The receiver closes what it does not use. */
  readonly descriptors: ReceivedDescriptors;
}

/** A connection that carries messages both ways, in order. */
export interface MessageChannel {
  /**
   * The next message; undefined when the peer will send no more. Only one may be waited for at a time.
   *
   * @throws ProtocolError when what comes cannot be cut into messages
   */
  receive(): Promise<Message | undefined>;

  /**
   * Sends a message, or queues what the peer does not take at once. What cannot be delivered is dropped: `hungUp` tells.
   *
   * @param bytes with the NUL that ends it
   * @param descriptors to send along; the caller keeps them and may close them at once
   */
  send(bytes: Buffer, descriptors?: readonly number[]): void;

  /** Bytes that wait to be sent. */
  readonly queuedBytes: number;

  /**
   * Waits until nothing waits to be sent.
   *
   * @throws ConnectionClosed if that cannot happen any more
   */
  drained(): Promise<void>;

  /** Whether bytes have come that nobody has received. */
  hasPendingBytes(): boolean;

  /** Aborted once the peer is gone in both directions, or the channel was destroyed. */
  readonly hungUp: AbortSignal;

  /** Closes the connection, whatever waits. */
  destroy(): void;
}
