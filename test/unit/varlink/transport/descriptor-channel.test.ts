import assert from 'node:assert/strict';
import { closeSync } from 'node:fs';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { messageDescriptorsMax, openSocketPair, transmit } from '../../../../linux/sockets.js';
import { ConnectionClosed, ProtocolError } from '../../../../varlink/error.js';
import { DescriptorChannel } from '../../../../varlink/transport/descriptor-channel.js';
import { queuedBytesMax } from '../../../../varlink/wire/limits.js';
import { countDescriptors, isOpen, openText, readAndClose } from './descriptors-open.js';

/** A channel and the bare socket at its other end. */
function openChannel(): { channel: DescriptorChannel; socket: number } & Disposable {
  const [socket, own] = openSocketPair();
  const channel = new DescriptorChannel(own);
  const dispose = () => {
    channel.destroy();
    if (isOpen(socket)) closeSync(socket);
  };
  return { channel, socket, [Symbol.dispose]: dispose };
}

async function receiveText(channel: DescriptorChannel): Promise<string | undefined> {
  const message = await channel.receive();
  message?.descriptors[Symbol.dispose]();
  return message && String(message.bytes);
}

test('messages that come in one piece or in many', async () => {
  using pair = openChannel();
  transmit(pair.socket, Buffer.from('one\0two\0thr'), []);
  assert.equal(await receiveText(pair.channel), 'one');
  assert.equal(await receiveText(pair.channel), 'two');
  const third = receiveText(pair.channel);
  for (const character of 'ee\0') {
    await setImmediate();
    transmit(pair.socket, Buffer.from(character), []);
  }
  assert.equal(await third, 'three');
  closeSync(pair.socket);
  assert.equal(await receiveText(pair.channel), undefined);
});

test('descriptors belong to the message they were sent with, also when the kernel joins it with others', async () => {
  using pair = openChannel();
  const text = openText('file');
  transmit(pair.socket, Buffer.from('one\0'), []);
  transmit(pair.socket, Buffer.from('two\0'), [text]);
  transmit(pair.socket, Buffer.from('three\0'), []);
  transmit(pair.socket, Buffer.from('four\0'), [text, text]);
  closeSync(text);
  const counts: [string, number][] = [];
  for (let index = 0; index < 4; index++) {
    const message = await pair.channel.receive();
    assert.ok(message);
    counts.push([String(message.bytes), message.descriptors.count]);
    const descriptor = message.descriptors.take(0);
    if (index === 1 && descriptor !== undefined) assert.equal(readAndClose(descriptor), 'file');
    else if (descriptor !== undefined) closeSync(descriptor);
    message.descriptors[Symbol.dispose]();
  }
  assert.deepEqual(counts, [
    ['one', 0],
    ['two', 1],
    ['three', 0],
    ['four', 2],
  ]);
});

test('descriptors in the middle of a message end the connection and are closed', async () => {
  using pair = openChannel();
  const before = countDescriptors();
  const text = openText('file');
  transmit(pair.socket, Buffer.from('one'), []);
  const message = pair.channel.receive();
  await setImmediate();
  transmit(pair.socket, Buffer.from(' more\0'), [text]);
  await assert.rejects(message, ProtocolError);
  closeSync(text);
  assert.equal(countDescriptors(), before);
});

test('descriptors of a message that never ends are closed', async () => {
  const before = countDescriptors();
  {
    using pair = openChannel();
    const text = openText('file');
    transmit(pair.socket, Buffer.from('one'), [text]);
    closeSync(text);
    const message = pair.channel.receive();
    await setImmediate();
    closeSync(pair.socket);
    await assert.rejects(message, ProtocolError);
  }
  assert.equal(countDescriptors(), before);
});

test('the largest number of descriptors passes, one more is refused', async () => {
  const before = countDescriptors();
  {
    const [one, other] = openSocketPair();
    const sender = new DescriptorChannel(one);
    const receiver = new DescriptorChannel(other);
    const text = openText('file');
    sender.send(Buffer.from('x\0'), Array(messageDescriptorsMax).fill(text));
    assert.throws(() => sender.send(Buffer.from('x\0'), Array(messageDescriptorsMax + 1).fill(text)), RangeError);
    closeSync(text);
    const message = await receiver.receive();
    assert.equal(message?.descriptors.count, messageDescriptorsMax);
    message?.descriptors[Symbol.dispose]();
    sender.destroy();
    receiver.destroy();
  }
  assert.equal(countDescriptors(), before);
});

test('1,000 messages with descriptors leave none behind', async () => {
  const before = countDescriptors();
  const [one, other] = openSocketPair();
  const sender = new DescriptorChannel(one);
  const receiver = new DescriptorChannel(other);
  for (let round = 0; round < 1000; round++) {
    const text = openText(String(round));
    sender.send(Buffer.from(`${round}\0`), [text, text]);
    closeSync(text);
    const message = await receiver.receive();
    assert.ok(message);
    assert.equal(String(message.bytes), String(round));
    if (round % 2) assert.equal(readAndClose(message.descriptors.take(1) ?? -1), String(round));
    message.descriptors[Symbol.dispose]();
  }
  sender.destroy();
  receiver.destroy();
  assert.equal(countDescriptors(), before);
});

test('queued messages keep their descriptors, although the sender has closed its own', async () => {
  const before = countDescriptors();
  const [one, other] = openSocketPair();
  const sender = new DescriptorChannel(one);
  const receiver = new DescriptorChannel(other);
  const filler = Buffer.alloc(1024 * 1024, 'x');
  filler[filler.length - 1] = 0;
  sender.send(filler);
  assert.ok(sender.queuedBytes > 0);
  const text = openText('late');
  sender.send(Buffer.from('late\0'), [text]);
  closeSync(text);
  assert.equal((await receiver.receive())?.bytes.length, filler.length - 1);
  const message = await receiver.receive();
  assert.equal(readAndClose(message?.descriptors.take(0) ?? -1), 'late');
  await sender.drained();
  assert.equal(sender.queuedBytes, 0);
  sender.send(filler);
  sender.send(Buffer.from('never\0'), [openTextOnce()]);
  sender.destroy();
  receiver.destroy();
  closeSync(onceOpened);
  assert.equal(countDescriptors(), before);
});

let onceOpened = -1;
function openTextOnce(): number {
  onceOpened = openText('never');
  return onceOpened;
}

test('16 MiB pass, 17 do not', async () => {
  const [one, other] = openSocketPair();
  const sender = new DescriptorChannel(one);
  const receiver = new DescriptorChannel(other);
  const message = (size: number) => Buffer.concat([Buffer.alloc(size, 'x'), Buffer.of(0)]);
  sender.send(message(16 * 1024 * 1024));
  assert.equal((await receiver.receive())?.bytes.length, 16 * 1024 * 1024);
  sender.send(message(17 * 1024 * 1024));
  await assert.rejects(receiver.receive(), ProtocolError);
  sender.destroy();
  receiver.destroy();
});

test('a peer that never reads is given up at last', () => {
  using pair = openChannel();
  const chunk = Buffer.alloc(8 * 1024 * 1024);
  for (let sent = 0; sent <= queuedBytesMax + chunk.length; sent += chunk.length) pair.channel.send(chunk);
  assert.equal(pair.channel.hungUp.aborted, true);
  assert.equal(pair.channel.queuedBytes, 0);
});

test('the end of the peer is seen while nobody receives, and those who wait are told', async () => {
  using pair = openChannel();
  pair.channel.send(Buffer.alloc(1024 * 1024));
  const drained = pair.channel.drained();
  const hungUp = new Promise((resolve) => pair.channel.hungUp.addEventListener('abort', resolve));
  closeSync(pair.socket);
  await hungUp;
  await assert.rejects(drained, ConnectionClosed);
  pair.channel.send(Buffer.from('lost\0'));
  assert.equal(await pair.channel.receive(), undefined);
  await assert.rejects(pair.channel.detach(), ConnectionClosed);
});

test('what the peer sent before it left is still received', async () => {
  using pair = openChannel();
  transmit(pair.socket, Buffer.from('one\0two\0'), []);
  pair.channel.send(Buffer.from('unread\0'));
  closeSync(pair.socket);
  await setImmediate();
  assert.equal(await receiveText(pair.channel), 'one');
  assert.equal(await receiveText(pair.channel), 'two');
  assert.equal(await receiveText(pair.channel), undefined);
});

test('detach() leaves what follows the last message in the socket', async () => {
  using pair = openChannel();
  transmit(pair.socket, Buffer.from('one\0bytes'), []);
  assert.equal(await receiveText(pair.channel), 'one');
  assert.equal(pair.channel.hasPendingBytes(), true);
  closeSync(pair.socket);
  assert.equal(readAndClose(await pair.channel.detach()), 'bytes');
});
