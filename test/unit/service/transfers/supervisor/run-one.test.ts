import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { existsSync, openSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { OwnedDescriptors } from '../../../../../service/transfers/owned-descriptors.js';
import { runOne } from '../../../../../service/transfers/supervisor/run-one.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { canBeAskedAgain } from '../../../../support/texts/transfers.js';
import { fakeHost } from '../fake-workers.js';

const planned = {
  name: 'fetch',
  order: {} as never,
  result: 'planned',
  advice: canBeAskedAgain,
  context: 'plan',
  onMessage: () => {},
} as const;

/** A host whose fetch process leaves a mark, and one of the descriptors that it would be given. */
function prepare(t: TestContext) {
  const directory = temporaryDirectory(t);
  const mark = directory.file('began');
  const host = fakeHost(directory.file('run'), { fetch: `writeFileSync(${JSON.stringify(mark)}, '');` });
  const descriptors = new OwnedDescriptors([openSync('/dev/null', 'r')]);
  return { host, mark, descriptors };
}

test('what nobody waits for any more when its process could start does not start, and its descriptors are closed', async (t) => {
  const { host, mark, descriptors } = prepare(t);
  const abort = new AbortController();
  const running = runOne(host, { ...planned, descriptors, signal: abort.signal });
  abort.abort(new Error('nobody waits'));
  await assert.rejects(running, /^Error: nobody waits$/);
  assert.equal(existsSync(mark), false);
  assert.deepEqual(descriptors.numbers, []);
  assert.equal(getEventListeners(abort.signal, 'abort').length, 0);
});

test('the descriptors of a process that has no sandbox are closed', async (t) => {
  const { host, descriptors } = prepare(t);
  const sandbox = Promise.reject(new Error('no sandbox'));
  await assert.rejects(runOne({ ...host, sandbox }, { ...planned, descriptors }), /^Error: no sandbox$/);
  assert.deepEqual(descriptors.numbers, []);
});
