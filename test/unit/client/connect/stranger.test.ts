import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../../../../client/cli/run.js';
import { VarlinkError } from '../../../../varlink/error.js';
import type { ServerCall } from '../../../../varlink/server/call.js';
import { startFakeService } from '../support/fake-service.js';
import { fakeProcessContext } from '../support/process-context.js';

const progress = { phase: 'downloading', bytesDone: 1, bytesTotal: null };
const transfer = { id: 1, type: 'pull_raw', class: 'machine', remote: 'http://a', local: 'x', progress };
const image = { class: 'machine', name: 'x', type: 'raw', path: '/x.raw', readOnly: false };

/** What a service of strangers replies to List() of transfers, and of images. */
const replies: [what: string, transfers: unknown, images: unknown, says: RegExp][] = [
  ['no list', {}, {}, /with \w+: expected an array, found an object/],
  ['nothing', undefined, undefined, /with \w+: missing/],
  ['texts', ['x'], ['x'], /with \w+\[0\]: expected an object/],
  ['no identity', [{ ...transfer, id: '1' }], [{ ...image, name: 1 }], /with \w+\[0\]\.(id|name): expected/],
  [
    'what every object has',
    [{ ...transfer, type: 'constructor' }],
    [{ ...image, type: 'toString' }],
    /type: expected one/,
  ],
  [
    'objects',
    [{ ...transfer, progress: { ...progress, phase: {} } }],
    [{ ...image, usage: {} }],
    /(phase|usage): expected/,
  ],
];
for (const [what, transfers, images, says] of replies) {
  test(`a service elsewhere that lists ${what} is told of in one line`, async (t) => {
    const list = (reply: object) => async (call: ServerCall<object, never>) => call.reply(reply as never);
    const { address } = startFakeService(t, {
      transfer: { List: list({ transfers }) },
      image: { List: list({ images }) },
    });
    for (const verb of ['list-transfers', 'list-images']) {
      const context = fakeProcessContext({ env: {} });
      assert.equal(await run([`--address=${address}`, '--no-pager', verb], context), 1);
      const { stderr, stdout } = context.written;
      assert.match(
        stderr,
        /^Failed to [^\n]*: the service broke the protocol: a reply of io\.ferry\.\w+\.List [^\n]*\n$/,
      );
      assert.match(stderr, says);
      assert.equal(stdout, '');
    }
  });
}

test('what a newer service elsewhere adds is left out', async (t) => {
  const newer = { ...transfer, colour: 'red', progress: { ...progress, joules: 5 } };
  const List = async (call: ServerCall<object, never>) => call.reply({ transfers: [newer], more: true } as never);
  const { address } = startFakeService(t, { transfer: { List } });
  const context = fakeProcessContext({ env: {} });
  assert.equal(await run([`--address=${address}`, '--json=short', 'list-transfers'], context), 0);
  assert.match(context.written.stdout, /"id":1,/);
  assert.doesNotMatch(context.written.stdout, /colour|joules|more/);
});

test('an error of a service elsewhere that is not as its definition says is told of in one line', async (t) => {
  const Cancel = async () => {
    throw new VarlinkError('io.ferry.Transfer.NoSuchTransfer', { message: { text: 'x' }, id: 1 });
  };
  const { address } = startFakeService(t, { transfer: { Cancel } });
  const context = fakeProcessContext({ env: {} });
  assert.equal(await run([`--address=${address}`, 'cancel-transfer', '1'], context), 1);
  const says =
    'the service broke the protocol: a reply of io.ferry.Transfer.NoSuchTransfer with message: expected a string';
  assert.ok(context.written.stderr.includes(says), context.written.stderr);
});
