import assert from 'node:assert/strict';
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ProcessEnd, ProcessStream } from '../../../../varlink/transport/process-stream.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { waitWhile } from '../../../support/wait.js';

function describe({ status, signal, failure, hasAnswered }: ProcessEnd): Error | undefined {
  if (status === 0) return undefined;
  return new Error(`${failure === undefined ? (signal ?? status) : 'not started'}, answered: ${hasAnswered}`);
}

function shell(script: string, options: { detached?: boolean; descriptors?: number[] } = {}): ProcessStream {
  return new ProcessStream(['/bin/sh', '-c', script], { environment: process.env, ...options, describeEnd: describe });
}

test('bytes go both ways, and each way ends by itself', async () => {
  const stream = shell('cat; echo end');
  stream.write('one ');
  stream.end('two ');
  assert.equal(await text(stream), 'one two end\n');
});

test('much goes through it', async () => {
  const stream = shell('cat');
  const chunk = Buffer.alloc(300_000, 'x');
  for (let count = 0; count < 20; count++) stream.write(chunk);
  stream.end();
  assert.equal((await text(stream)).length, 20 * chunk.length);
});

const ends: [script: string, message: string][] = [
  ['exit 3', '3, answered: false'],
  ['echo x; exit 255', '255, answered: true'],
  ['kill -KILL $$', 'SIGKILL, answered: false'],
];

for (const [script, message] of ends) {
  for (const detached of [false, true]) {
    test(`${script}${detached ? ' in a session of its own' : ''} breaks the stream`, async () => {
      await assert.rejects(text(shell(script, { detached })), { message });
    });
  }
}

test('a program that is not there breaks the stream', async () => {
  const stream = new ProcessStream(['/nonexistent'], {
    environment: process.env,
    detached: true,
    describeEnd: describe,
  });
  await assert.rejects(text(stream), { message: 'not started, answered: false' });
});

test('writing to a process that has ended tells how it ended', async () => {
  const stream = shell('exec <&-; sleep 0.2; exit 4');
  await sleep(100);
  const error = await new Promise((resolve) => {
    stream.write(Buffer.alloc(1 << 20), resolve);
  });
  assert.match(String(error), /4, answered: false/);
});

test('destroying it ends the process', async () => {
  await using directory = temporaryDirectory();
  const stream = shell(`trap 'touch ${directory.file('ended')}; exit' TERM; echo ready; while :; do sleep 0.02; done`);
  await new Promise((resolve) => stream.once('data', resolve));
  stream.destroy();
  await waitWhile(() => !existsSync(directory.file('ended')));
});

test('it ignores Ctrl-C unless it has no terminal', async () => {
  assert.equal(await text(shell('kill -INT $$; echo alive')), 'alive\n');
  await assert.rejects(text(shell('kill -INT $$; echo alive', { detached: true })), {
    message: 'SIGINT, answered: false',
  });
});

test('it gets descriptors from 3 on', async () => {
  await using directory = temporaryDirectory();
  writeFileSync(directory.file('x'), 'from a descriptor');
  const descriptor = openSync(directory.file('x'), 'r');
  const stream = shell('cat <&3', { descriptors: [descriptor] });
  closeSync(descriptor);
  assert.equal(await text(stream), 'from a descriptor');
});
