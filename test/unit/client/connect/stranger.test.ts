import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../../../../client/cli/run.js';
import { VarlinkError } from '../../../../varlink/error.js';
import type { ServerCall } from '../../../../varlink/server/call.js';
import { like } from '../../../support/like.js';
import { imageIsReadyIn, serviceBrokeProtocol } from '../../../support/texts/client.js';
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
  ['no identity', [{ ...transfer, id: 'x' }], [{ ...image, name: 1 }], /with \w+\[0\]\.(id|name): expected/],
  [
    'what no value of an enum can be called',
    [{ ...transfer, type: 'pull\x1b[31m' }],
    [{ ...image, type: '__proto__' }],
    /type: expected one/,
  ],
  ['more than a name', [{ ...transfer, class: 'x'.repeat(65) }], [{ ...image, class: 'a b' }], /class: expected one/],
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
      const context = fakeProcessContext({ variables: {} });
      assert.equal(await run([`--address=${address}`, '--no-pager', verb], context), 13);
      const { stderr, stdout } = context.written;
      assert.match(stderr, like`^Failed to [^\n]*: ${serviceBrokeProtocol}: a reply of io\.ferry\.\w+\.List [^\n]*\n$`);
      assert.match(stderr, says);
      assert.equal(stdout, '');
    }
  });
}

test('what a newer service elsewhere adds is left out', async (t) => {
  const newer = { ...transfer, colour: 'red', progress: { ...progress, joules: 5 } };
  const List = async (call: ServerCall<object, never>) => call.reply({ transfers: [newer], more: true } as never);
  const { address } = startFakeService(t, { transfer: { List } });
  const context = fakeProcessContext({ variables: {} });
  assert.equal(await run([`--address=${address}`, '--json=short', 'list-transfers'], context), 0);
  assert.match(context.written.stdout, /"id":1,/);
  assert.doesNotMatch(context.written.stdout, /colour|joules|more/);
});

/** What only a newer service knows, and what every object of ours has. */
for (const unknown of ['newer_kind', 'constructor']) {
  const transfers = [
    transfer,
    { ...transfer, id: 2, type: unknown, class: unknown, progress: { ...progress, phase: unknown } },
  ];
  const images = [image, { ...image, type: unknown, class: unknown }];
  const List = (reply: object) => async (call: ServerCall<object, never>) => call.reply(reply as never);
  const Pull = async (call: ServerCall<object, never>) => {
    const replies = [{ id: 7 }, { progress: { phase: unknown, bytesDone: 0 } }];
    for (const reply of replies) call.continues(reply as never);
    const result = { path: '/x', bytes: 1, verifiedBy: unknown, fromCache: false, lossCount: 0, losses: [] };
    call.reply({ result } as never);
  };
  const handlers = { transfer: { List: List({ transfers }), Pull }, image: { List: List({ images }) } };

  test(`a value that only a newer service elsewhere knows is shown and does not end the call: ${unknown}`, async (t) => {
    const { address } = startFakeService(t, handlers);
    const shown = unknown.replace('_', '-');
    for (const [verb, row] of [
      ['list-transfers', new RegExp(`^ *2 +- +${shown} +${unknown} +x +http://a$`, 'm')],
      ['list-images', new RegExp(`^${unknown} +x +${unknown} +/x\\.raw`, 'm')],
    ] as const) {
      const [table, json] = [fakeProcessContext({ variables: {} }), fakeProcessContext({ variables: {} })];
      assert.equal(await run([`--address=${address}`, '--no-pager', verb], table), 0, table.written.stderr);
      assert.match(table.written.stdout, row);
      assert.match(table.written.stdout, /^2 (transfers|images) listed/m);
      assert.equal(await run([`--address=${address}`, '--json=short', verb], json), 0, json.written.stderr);
      const listed = JSON.parse(json.written.stdout) as { class: string }[];
      assert.deepEqual(listed.map((each) => each.class).sort(), ['machine', unknown].sort());
    }
  });

  test(`a pull in a phase that only a newer service elsewhere knows goes on: ${unknown}`, async (t) => {
    const { address } = startFakeService(t, handlers);
    for (const columns of [{ columns: 80 }, {}]) {
      const context = fakeProcessContext({ variables: {}, ...columns });
      assert.equal(await run([`--address=${address}`, 'pull-tar', 'http://h/x'], context), 0, context.written.stderr);
      const phase = unknown.charAt(0).toUpperCase() + unknown.slice(1).replace('_', ' ');
      assert.ok(context.written.stderr.includes(phase), context.written.stderr);
      assert.match(context.written.stderr, new RegExp(`${imageIsReadyIn('x')} /x \\(verified by ${unknown}\\)\\.`));
    }
  });
}

test('an error of a service elsewhere that is not as its definition says is told of in one line', async (t) => {
  const Cancel = async () => {
    throw new VarlinkError('io.ferry.Transfer.NoSuchTransfer', { message: { text: 'x' }, id: 1 });
  };
  const { address } = startFakeService(t, { transfer: { Cancel } });
  const context = fakeProcessContext({ variables: {} });
  assert.equal(await run([`--address=${address}`, 'cancel-transfer', '1'], context), 13);
  const says = `${serviceBrokeProtocol}: a reply of io.ferry.Transfer.NoSuchTransfer with message: expected a string`;
  assert.ok(context.written.stderr.includes(says), context.written.stderr);
});
