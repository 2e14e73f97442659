import { Socket } from 'node:net';
import { duplicate } from '../../linux/sockets.js';
import { ProtocolError } from '../error.js';
import type { MessageChannel } from './channel.js';
import { DescriptorChannel } from './descriptor-channel.js';
import { StreamChannel } from './stream-channel.js';

/**
 * Makes a channel one that descriptors pass. Nothing may be in flight on it.
 *
 * @throws Error if it is not a socket of this process
 * @throws ProtocolError if something was in flight
 */
export async function toDescriptorChannel(channel: MessageChannel): Promise<DescriptorChannel> {
  if (channel instanceof DescriptorChannel) return channel;
  if (!(channel instanceof StreamChannel) || channel.descriptor === undefined)
    throw new Error('descriptors cannot pass over this connection');
  await channel.drained();
  if (channel.hasPendingBytes()) throw new ProtocolError('the service sent what nobody asked for');
  const socket = duplicate(channel.descriptor);
  channel.release().destroy();
  return new DescriptorChannel(socket);
}

/** Makes a stream of bytes of a channel that is over. It is paused, and half-open when one side has ended. */
export async function toStream(channel: DescriptorChannel): Promise<Socket> {
  const stream = new Socket({ fd: await channel.detach(), readable: true, writable: true, allowHalfOpen: true });
  return stream.pause();
}
