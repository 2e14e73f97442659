import assert from 'node:assert/strict';
import { closeSync, lstatSync, openSync, readdirSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openConnection, transmit } from '../../../linux/sockets.js';
import { mutated } from '../../fuzz/mutate.js';
import { listing } from '../../support/files.js';
import { pick, type Random, seededRandom } from '../../support/random.js';
import { Running } from '../../support/service/calls.js';
import { type FerryHost, ferryHost } from '../../support/service/ferry-host.js';
import { gate, heldBytes, needsService, type Stage, setStage, someBytes } from '../../support/service/stage.js';
import { tally } from '../../support/tally.js';
import { waitUntil } from '../../support/wait.js';
import {
  dial,
  levelsOf,
  message,
  ping,
  read,
  replies,
  untilDescriptorsAre,
  untilMemoryIs,
  Watchman,
} from './callers.js';

const nobody = 65534;
const MiB = 1024 * 1024;

/** Where nobody can make a directory, under no name that damage to this one makes. */
const nowhere = '/proc/images';

/** Calls to begin from. The service that gets them is an ordinary user's, and can harm nothing. */
function seeds(): [Buffer, ...Buffer[]] {
  const image = { format: 'raw', class: 'machine', name: 'x', imageRoot: nowhere };
  return [
    ping,
    message('org.varlink.service.GetInfo'),
    message('org.varlink.service.GetInterfaceDescription', { interface: 'io.ferry.Transfer' }),
    message('io.ferry.Transfer.List', {}, { more: true }),
    message('io.ferry.Transfer.Watch', { id: 1 }, { more: true }),
    message('io.ferry.Transfer.Cancel', { id: 1, allowInteractiveAuthentication: null }),
    message('io.ferry.Transfer.Finish', { id: 1, bytes: 2 ** 53, sha256: 'f'.repeat(64) }),
    message('io.ferry.Transfer.Pull', { ...image, url: 'ftp://127.0.0.1/x.raw', verify: 'no', keyrings: ['AA=='] }),
    message('io.ferry.Transfer.Import', { ...image, fileDescriptor: 0, bytesTotal: 1e15 }, { more: true }),
    message('io.ferry.Transfer.Import', { ...image, fileDescriptor: null }, { upgrade: true }),
    message('io.ferry.Transfer.Export', { ...image, fileDescriptor: 7, compression: 'zstd' }),
    message('io.ferry.Image.List', { class: 'machine', imageRoot: nowhere }, { more: true }),
    message('io.systemd.Import.ListTransfers', { class: null }, { more: true }),
    message('io.systemd.service.SetLogLevel', { level: 3 }),
    Buffer.concat(Array(20).fill(ping)),
  ];
}

const dictionary = [
  '\0',
  '\0\0',
  '{}',
  '[]',
  'null',
  'true',
  '1e400',
  '-0',
  '\\u0000',
  '\\ud800',
  '"',
  '\xff\xfe',
  '"more":true,',
];
const target = { dictionary, lengthMax: 64 * 1024 };

/** One caller: a few messages, in pieces or at once, and a goodbye or none. Resolves when its connection is over. */
async function callBadly(host: FerryHost, bytes: Buffer, random: Random): Promise<void> {
  const socket = await dial(host.socket);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  if (random(4) > 0) socket.resume();
  const cut = random(3) === 0 ? random(bytes.length + 1) : bytes.length;
  socket.write(bytes.subarray(0, cut));
  if (cut < bytes.length) await pause(1);
  if (!socket.destroyed) socket.write(bytes.subarray(cut));
  if (random(2)) socket.end();
  // Nobody answers half a message: its sender has to go.
  await Promise.race([closed, pause(5 + random(20))]);
  socket.destroy();
  await closed;
}

async function fuzz(host: FerryHost, random: Random, executions: number): Promise<void> {
  const all = seeds();
  const one = async (count: number) => {
    for (let index = 0; index < count; index++) {
      const noise = Buffer.from(Array.from({ length: random(300) }, () => random(256)));
      const bytes = random(5) === 0 ? noise : mutated(pick(random, all), pick(random, all), target, random);
      await callBadly(host, bytes, random);
    }
  };
  await Promise.all(Array.from({ length: 25 }, () => one(executions / 25)));
}

test('bytes that are no calls, or nearly: the service goes on answering others, and keeps nothing of it', async (t) => {
  if (!needsService(t)) return;
  const host = await ferryHost(t, { user: nobody, environment: withoutSpares });
  const watchman = new Watchman(host.socket);
  const random = seededRandom(20261125);
  const places = () =>
    readdirSync('/var/tmp').filter((name) => lstatSync(`/var/tmp/${name}`, { throwIfNoEntry: false })?.uid === nobody);
  // What the service opens with its first process stays open.
  assert.equal((await host.ferryctl(['clean', '--dry-run'])).status, 0);
  const there = places();
  await fuzz(host, random, 1000);
  const before = levelsOf(host.service.pid ?? 0);
  await fuzz(host, random, 1500);
  await watchman.stop();
  assert.ok(watchman.answers > 20, `${watchman.answers} answers`);
  await untilDescriptorsAre(host, before.descriptors);
  await untilMemoryIs(host, before.memory + 32 * MiB);
  assert.doesNotMatch(host.log(), /\bat .*\.js:\d+|ExceededWarning/);
  assert.equal(host.service.exitCode, null);
  // Others' tests may remove theirs meanwhile.
  assert.deepEqual(
    places().filter((name) => !there.includes(name)),
    [],
  );
  tally('fuzz executions', 2500);
});

/** Sends messages that carry descriptors of nothing, and closes the connection or leaves that to the service. */
function flood(path: string, messages: readonly { bytes: Buffer; descriptors: number }[]): void {
  const nothing = openSync('/dev/null', 'r');
  const connection = openConnection(path);
  for (const { bytes, descriptors } of messages) transmit(connection, bytes, Array(descriptors).fill(nothing));
  closeSync(connection);
  closeSync(nothing);
}

const list = message('io.ferry.Transfer.List');
/** Spare processes come and go, and descriptors with them. */
const withoutSpares = { FERRY_SPARE_PROCESSES: 'no' };

const unplaced = { format: 'raw', class: 'machine', name: 'x' };

const floods = [
  { what: 'as many as a message can carry', messages: [{ bytes: ping, descriptors: 253 }] },
  { what: 'with every one of many calls', messages: Array(40).fill({ bytes: list, descriptors: 253 }) },
  { what: 'with half a call', messages: [{ bytes: ping.subarray(0, 10), descriptors: 253 }] },
  {
    what: 'in the middle of a call',
    messages: [
      { bytes: ping.subarray(0, 10), descriptors: 0 },
      { bytes: ping.subarray(10), descriptors: 253 },
    ],
  },
  {
    what: 'with every byte of a call',
    messages: [...ping].map((byte) => ({ bytes: Buffer.of(byte), descriptors: 9 })),
  },
  { what: 'with what is no call', messages: [{ bytes: Buffer.from('garbage\0'), descriptors: 253 }] },
  { what: 'with a method that there is not', messages: [{ bytes: message('a.b.C'), descriptors: 253 }] },
  {
    what: 'of which a call uses one that is no image',
    messages: [{ bytes: message('io.ferry.Transfer.Import', { ...unplaced, fileDescriptor: 252 }), descriptors: 253 }],
  },
  {
    what: 'of which a call uses one that it has not sent',
    messages: [{ bytes: message('io.ferry.Transfer.Export', { ...unplaced, fileDescriptor: 253 }), descriptors: 253 }],
  },
  {
    what: 'with bytes that follow a call with upgrade at once',
    messages: [
      { bytes: message('io.ferry.Transfer.Import', unplaced, { upgrade: true }), descriptors: 100 },
      { bytes: ping, descriptors: 253 },
    ],
  },
];

test('descriptors that nobody asked for are closed, whatever they come with', async (t) => {
  if (!needsService(t)) return;
  const host = await ferryHost(t, { user: nobody, environment: withoutSpares });
  const watchman = new Watchman(host.socket);
  await pause(100);
  for (const { what, messages } of floods) {
    const before = levelsOf(host.service.pid ?? 0);
    for (let times = 0; times < 10; times++) flood(host.socket, messages);
    // A connection more or less is the watchman's.
    await untilDescriptorsAre(host, before.descriptors + 2);
    assert.equal(host.service.exitCode, null, what);
  }
  await watchman.stop();
  assert.doesNotMatch(host.log(), /\bat .*\.js:\d+/);
  tally('faults injected', floods.length * 10);
});

/** A stage on which something has been played: the service has all that it keeps open. */
async function setWarmStage(t: TestContext): Promise<Stage> {
  const stage = await setStage(t, { environment: withoutSpares });
  await stage.transfers.pull(stage.pull(stage.server.serve('/first.raw', someBytes(1000)), 'first'));
  return stage;
}

test('a thousand clients are all answered, and all hear how a transfer ended', async (t) => {
  if (!needsService(t)) return;
  const { host, server, connect, pull } = await setWarmStage(t);
  const running = await Running.begin(await connect(), pull(server.serve('/x.raw', heldBytes, gate), 'x'));
  const before = levelsOf(host.service.pid ?? 0);
  const sockets = await Promise.all(Array.from({ length: 1000 }, () => dial(host.socket)));
  const watch = message('io.ferry.Transfer.Watch', { id: running.id }, { more: true });
  const answers = sockets.map(async (socket) => {
    socket.write(ping);
    assert.deepEqual(await replies(socket, 1), ['{"parameters":{}}']);
    socket.write(watch);
    return await read(socket, /"bytes":\d+,"sha256"/);
  });
  await pause(200);
  server.open('/x.raw');
  assert.deepEqual(new Set(await Promise.all(answers)), new Set([`"bytes":${heldBytes.length},"sha256"`]));
  for (const socket of sockets) socket.destroy();
  await untilDescriptorsAre(host, before.descriptors);
  assert.doesNotMatch(host.log(), /\bat .*\.js:\d+|ExceededWarning/);
});

test('clients that do not read, or write a byte at a time, hold up nobody, and not the memory either', async (t) => {
  if (!needsService(t)) return;
  const { host, server, transfers, pull } = await setWarmStage(t);
  const describe = message('org.varlink.service.GetInterfaceDescription', { interface: 'io.ferry.Transfer' });
  const begin = levelsOf(host.service.pid ?? 0);
  const url = server.serve('/x.raw', heldBytes, gate);
  const start = message('io.ferry.Transfer.Pull', pull(url, 'unread'), { more: true });
  // What these ask for is 100 MB of answers and more.
  const deaf = await Promise.all(Array.from({ length: 20 }, () => dial(host.socket)));
  for (const [index, socket] of deaf.entries()) {
    socket.pause();
    socket.write(index === 0 ? start : Buffer.concat(Array(200).fill(describe)));
  }
  const slow = await Promise.all(Array.from({ length: 200 }, () => dial(host.socket)));
  for (const [index, byte] of [...ping].entries()) {
    for (const socket of slow) socket.write(Buffer.of(byte));
    if (index % 10 === 0) await transfers.list({});
  }
  for (const socket of slow) assert.deepEqual(await replies(socket, 1), ['{"parameters":{}}']);
  server.open('/x.raw');
  await waitUntil(() => listing(host.imageRoot).includes('unread.raw'));
  await untilMemoryIs(host, begin.memory + 64 * MiB);
  // Whoever reads at last gets all of it.
  const [first, last] = [deaf[0], deaf[19]];
  assert.ok(first && last);
  assert.equal((await replies(last, 200)).length, 200);
  assert.match((await replies(first, 1))[0] ?? '', /^\{"parameters":\{"id":2\},"continues":true\}$/);
  for (const socket of [...deaf, ...slow]) socket.destroy();
  await untilDescriptorsAre(host, begin.descriptors);
  tally('faults injected', deaf.length + slow.length);
});

test('a message that never ends is cut off, and its memory given back', async (t) => {
  if (!needsService(t)) return;
  const host = await ferryHost(t, { user: nobody, environment: withoutSpares });
  const watchman = new Watchman(host.socket);
  const before = levelsOf(host.service.pid ?? 0);
  for (let times = 0; times < 5; times++) {
    const socket = await dial(host.socket);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.resume();
    socket.write(Buffer.alloc(17 * MiB, ' '));
    await closed;
  }
  await watchman.stop();
  await untilDescriptorsAre(host, before.descriptors);
  await untilMemoryIs(host, before.memory + 96 * MiB);
  tally('faults injected', 5);
});
