import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync } from 'node:fs';
import { test } from 'node:test';
import { setImmediate as nextImmediate } from 'node:timers/promises';
import { Readiness } from '../../../linux/readiness.js';
import { openSocketPair, transmit } from '../../../linux/sockets.js';

const read = { readable: true, writable: false, disconnect: false };
const noEvents = { readable: false, writable: false, disconnect: false };
const modules = new URL('../../../linux/', import.meta.url).href;

/** Runs a script in a node of its own, where no other callback hides what does not run, with a descriptor that gets ready. */
function inOwnProcess(notify: string): string {
  const script = `
    import { Readiness } from '${modules}readiness.js';
    import { openSocketPair, transmit } from '${modules}sockets.js';
    const say = (word) => process.stdout.write(word + ' ');
    const [near, far] = openSocketPair();
    const readiness = new Readiness(near, () => { readiness.watch(${JSON.stringify(noEvents)}); ${notify} });
    readiness.watch(${JSON.stringify(read)});
    transmit(far, Buffer.from('x'), []);`;
  const parameters = ['--input-type=module', '--eval', script];
  const result = spawnSync(process.execPath, parameters, { encoding: 'utf8', timeout: 60_000 });
  assert.equal(result.stderr, '');
  return result.stdout.trim();
}

// Timers come after immediates in every turn of the loop, however slow the machine is.
test('promises and ticks that a ready descriptor sets off do not wait for another event', () => {
  const notify = `
    setTimeout(() => { say('timer'); readiness.close(); }, 1);
    process.nextTick(() => say('tick'));
    Promise.resolve().then(() => say('promise'));`;
  assert.equal(inOwnProcess(notify), 'tick promise timer');
});

test('an error after a ready descriptor is an uncaught exception at once, not with the next event', () => {
  const notify = `
    process.on('uncaughtException', (error) => say(error.message));
    setTimeout(() => { say('timer'); readiness.close(); }, 1);
    throw new Error('mistake');`;
  assert.equal(inOwnProcess(notify), 'mistake timer');
});

test('nothing is told after one descriptor’s event has closed or stopped another in the same turn', async () => {
  for (const end of ['close', 'stop'] as const) {
    const pairs = [openSocketPair(), openSocketPair()] as const;
    const told: number[] = [];
    const all = pairs.map(
      ([near], index) =>
        new Readiness(near, () => {
          told.push(index);
          for (const one of all) end === 'close' ? one.close() : one.watch(noEvents);
        }),
    );
    for (const [, far] of pairs) transmit(far, Buffer.from('x'), []);
    for (const one of all) one.watch(read);
    for (let turn = 0; turn < 5; turn++) await nextImmediate();
    assert.equal(told.length, 1, end);
    for (const one of all) one.close();
    for (const descriptor of pairs.flat()) closeSync(descriptor);
  }
});
