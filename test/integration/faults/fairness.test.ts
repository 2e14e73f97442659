import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { needs } from '../../support/needs.js';
import { type FerryHost, ferryHost } from '../../support/service/ferry-host.js';
import { needsService } from '../../support/service/stage.js';
import { tally } from '../../support/tally.js';
import { waitWhile } from '../../support/wait.js';
import { dial, message, ping, replies } from './callers.js';

/** One who may call, and whom nobody trusts. */
const stranger = 65534;
const withoutSpares = { FERRY_SPARE_PROCESSES: 'no' };
const connections = 60;

test('lists of thousands of images do not hold up other calls', async (t) => {
  if (!needsService(t)) return;
  const host = await ferryHost(t, { environment: withoutSpares });
  const count = 5000;
  for (let index = 0; index < count; index++) writeFileSync(join(host.imageRoot, `image-${index}.raw`), '');
  const answered: string[] = [];
  const other = await dial(host.socket);
  const list = message('io.ferry.Image.List', { class: 'machine', imageRoot: host.imageRoot });
  const sockets = await Promise.all(Array.from({ length: 8 }, () => dial(host.socket)));
  // All are there at once, the lists first.
  host.service.kill('SIGSTOP');
  const lists = sockets.map(async (socket) => {
    socket.once('data', () => answered.push('List'));
    socket.write(list);
    const [reply = ''] = await replies(socket, 1);
    assert.equal(JSON.parse(reply).parameters.images.length, count);
    socket.destroy();
  });
  other.once('data', () => answered.push('Ping'));
  other.write(ping);
  host.service.kill('SIGCONT');
  assert.deepEqual(await replies(other, 1), ['{"parameters":{}}']);
  await Promise.all(lists);
  assert.equal(answered[0], 'Ping', 'Ping is answered before the first List');
  other.destroy();
});

test('the list of one image does not look at the others', async (t) => {
  if (!needsService(t)) return;
  const host = await ferryHost(t, { environment: withoutSpares });
  for (let index = 0; index < 5000; index++) writeFileSync(join(host.imageRoot, `image-${index}.raw`), '');
  const [all, one] = [await dial(host.socket), await dial(host.socket)];
  const answered: string[] = [];
  all.write(message('io.ferry.Image.List', { class: 'machine', imageRoot: host.imageRoot }));
  all.once('data', () => answered.push('all'));
  const listed = replies(all, 1);
  one.once('data', () => answered.push('one'));
  one.write(message('io.ferry.Image.List', { class: 'machine', name: 'image-77', imageRoot: host.imageRoot }));
  const [reply = ''] = await replies(one, 1);
  assert.deepEqual(
    JSON.parse(reply).parameters.images.map(({ name }: { name: string }) => name),
    ['image-77'],
  );
  await listed;
  assert.deepEqual(answered, ['one', 'all']);
});

/** Connects, sends what it is told on every connection, and says at each line of its input how many answers and ends have come. */
const floodProgram = `
const { connect } = require('node:net');
const [path, count, text, times] = process.argv.slice(1);
const bytes = Buffer.from(text + '\\0');
let answers = 0, open = 0;
const sockets = Array.from({ length: Number(count) }, () => connect(path, () => {
  if (++open === Number(count)) console.log('connected');
}));
for (const socket of sockets) {
  socket.on('data', (chunk) => { for (const byte of chunk) if (byte === 0) answers++; });
  socket.on('error', () => {});
}
process.stdin.once('data', () => {
  for (const socket of sockets) for (let time = 0; time < times; time++) socket.write(bytes);
  console.log('sent');
  process.stdin.on('data', () => console.log(answers));
});`;

/** Another user's connections. */
class Flood {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  constructor(t: TestContext, host: FerryHost, call: string, times: number) {
    const parameters = ['--eval', floodProgram, host.socket, String(connections), call, String(times)];
    this.#child = spawn(process.execPath, parameters, {
      uid: stranger,
      gid: stranger,
      cwd: '/',
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    t.after(() => this.#child.kill('SIGKILL'));
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    return String((await this.#lines.next()).value);
  }

  async ask(): Promise<string> {
    this.#child.stdin.write('\n');
    return await this.line();
  }
}

function isOfService(pid: string, servicePid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.includes('(pkcheck)') && Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === servicePid;
  } catch {
    return false;
  }
}

test('polkit is asked one question of a user at a time, and none of who has gone', async (t) => {
  if (!needsService(t) || !needs(t, { programs: ['pkcheck'] })) return;
  const host = await ferryHost(t, { environment: withoutSpares });
  const servicePid = host.service.pid ?? 0;
  const questions = () => readdirSync('/proc').filter((pid) => isOfService(pid, servicePid)).length;
  const clean = message('io.ferry.Image.Clean', { dryRun: true });
  const flood = new Flood(t, host, clean.subarray(0, -1).toString(), 5);
  assert.equal(await flood.line(), 'connected');
  assert.equal(await flood.ask(), 'sent');
  const root = await dial(host.socket);
  let most = 0;
  for (let answered = 0; answered < connections * 5; answered = Number(await flood.ask())) {
    most = Math.max(most, questions());
    root.write(ping);
    await replies(root, 1);
  }
  assert.equal(most, 1);
  await waitWhile(() => questions() > 0);
  root.destroy();
  tally('faults injected', 1);
});
