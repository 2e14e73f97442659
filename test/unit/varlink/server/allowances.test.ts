import assert from 'node:assert/strict';
import { closeSync } from 'node:fs';
import { test } from 'node:test';
import { openSocketPair, transmit } from '../../../../linux/sockets.js';
import { ProtocolError } from '../../../../varlink/error.js';
import { Allowances } from '../../../../varlink/server/allowances.js';
import { DescriptorChannel } from '../../../../varlink/transport/descriptor-channel.js';
import { waitUntil } from '../../../support/wait.js';

test('each user has an allowance, and root as much as it likes', () => {
  const allowances = new Allowances(100);
  const [one, again, other] = [7, 7, 8].map((uid) => allowances.accountOf(uid));
  assert.equal(one?.take(60), true);
  assert.equal(again?.take(41), false);
  assert.equal(again?.take(40), true);
  assert.equal(other?.take(100), true);
  one?.give(60);
  assert.equal(again?.take(61), false);
  assert.equal(again?.take(60), true);
  assert.equal(allowances.accountOf(0).take(1e15), true);
});

/** Two channels of one user, what has been counted on each, and the other ends of their sockets. */
function channels(max: number) {
  const allowances = new Allowances(max);
  return [0, 1].map(() => {
    const [own, other] = openSocketPair();
    const account = allowances.accountOf(7);
    const counted = { bytes: 0 };
    const take = (bytes: number) => {
      counted.bytes += bytes;
      return account.take(bytes);
    };
    return { channel: new DescriptorChannel(own, { ...account, take }), peer: other, counted };
  });
}

function send(peer: number, bytes: Buffer): void {
  assert.equal(transmit(peer, bytes, []), bytes.length);
}

test('a connection that takes more of the memory than its user has is closed, the others are not', async (t) => {
  const [first, second] = channels(100_000);
  assert.ok(first && second);
  t.after(() => [first.peer, second.peer].forEach(closeSync));
  const half = Buffer.alloc(60_000, ' ');
  send(first.peer, half);
  const received = first.channel.receive();
  await waitUntil(() => first.counted.bytes >= half.length);
  send(second.peer, half);
  await assert.rejects(second.channel.receive(), ProtocolError);
  send(first.peer, Buffer.from('{}\0'));
  const message = await received;
  assert.equal(message?.size, half.length + 3);
  for (const { channel } of [first, second]) channel.destroy();
});

test('what a connection had of the memory comes back with its end, in the middle of a message too', async (t) => {
  const [first, second] = channels(100_000);
  assert.ok(first && second);
  t.after(() => [first.peer, second.peer].forEach(closeSync));
  const half = Buffer.alloc(60_000, ' ');
  send(first.peer, half);
  const received = first.channel.receive();
  await waitUntil(() => first.counted.bytes >= half.length);
  first.channel.destroy();
  assert.equal(await received, undefined);
  send(second.peer, half);
  send(second.peer, Buffer.of(0));
  assert.equal((await second.channel.receive())?.size, half.length + 1);
  second.channel.destroy();
});
