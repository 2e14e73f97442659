import type { PeerCredentials } from '../../linux/sockets.js';
import type { JsonObject } from '../json.js';

export type { PeerCredentials } from '../../linux/sockets.js';

/** A call that a handler answers: with any number of continues() if `more` is set, then one reply(); or with an error (see Handler). */
export interface ServerCall<Parameters = JsonObject, Reply = JsonObject> {
  /** The qualified name of the method. */
  readonly method: string;
  /** They fit the definition of the method. */
  readonly parameters: Parameters;
  /** The caller takes more than one reply. */
  readonly more: boolean;
  /** The caller takes no reply: replies are dropped, errors too. */
  readonly oneway: boolean;
  /** The caller wants to use the connection for something else after the reply. */
  readonly upgrade: boolean;
  /** Who calls, as of when the connection was made. */
  readonly peer: PeerCredentials;
  /** Aborted when the caller is gone and nobody can be answered any more. */
  readonly closed: AbortSignal;
  /** Bytes of replies that the caller has not taken yet. */
  readonly queuedBytes: number;

  /**
   * Hands over a descriptor that came with the call: the handler closes it. To be called before the handler waits for anything:
   * all that it has not taken by then are closed, and all at once if the method takes none.
   *
   * @throws VarlinkError InvalidParameter if there is none of this index, or it was handed over or closed before
   */
  descriptor(index: number | bigint): number;

  /** A new descriptor of the calling process (pidfd), which the handler closes; undefined where the kernel gives none. */
  openPeerProcess(): number | undefined;

  /**
   * Sends the last reply. It can be called once.
   *
   * @param descriptors to send along; the handler keeps them and may close them at once
   */
  reply(parameters: Reply, descriptors?: readonly number[]): void;

  /**
   * Sends a reply that is followed by others.
   *
   * @returns false if the caller is slow: then wait for drained() before the next one, and leave out or merge what can be
   * @throws Error if the call was made without `more`
   */
  continues(parameters: Reply, descriptors?: readonly number[]): boolean;

  /**
   * Waits until the caller has taken all replies.
   *
   * @throws ConnectionClosed if it is gone
   */
  drained(): Promise<void>;

  /**
   * Takes over the connection after the reply was sent: gives the connected socket, blocking, which the handler closes.
   * To be called after reply(), which on a call with `upgrade` waits for this or for the end of the handler.
   *
   * @throws ProtocolError if the caller did not wait for the reply before it sent more: nothing is answered then
   * @throws ConnectionClosed if the caller is gone
   * @throws Error if `upgrade` is not set, or there was no reply yet
   */
  upgraded(): Promise<number>;
}

/**
 * Answers the calls of one method.
 *
 * @throws VarlinkError to answer with it; anything else is answered with io.systemd.System EIO
 */
export type Handler<Parameters = JsonObject, Reply = JsonObject> = (
  call: ServerCall<Parameters, Reply>,
) => Promise<void>;
