import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Failure } from '../../../../../common/failure.js';
import { tooManyLinks } from '../../../../support/texts/common.js';
import { completeButUnfinished, wasCancelled } from '../../../../support/texts/transfers.js';
import { isFailure } from '../samples.js';
import { honestFetch, placedMessage, preparePull, received } from './pull-processes.js';

const forEver = 'await pause(1e9);';

test('after a kill the cleanup process looks through the image directory', async (t) => {
  const begun = `tell({ type: 'log', priority: 6, message: 'begun' }); ${forEver}`;
  const cleanup = `const { root } = hear(); writeFileSync(root + '/cleaned', ''); tell({ type: 'cleaned' });`;
  const { run, abort, transfer, imageRoot } = preparePull(t, { fetch: forEver, placement: begun, cleanup });
  writeFileSync(`${imageRoot}/.#ferry-raw-0123456789abcdef`, '');
  const phases: string[] = [];
  transfer.subscribe(() => phases.push(transfer.progress.phase));
  transfer.subscribe((event) => {
    if (event.type === 'log') abort.abort(new Failure('Cancelled', 'cancelled', {}));
  });
  await assert.rejects(run(), isFailure('Cancelled'));
  assert.deepEqual([...new Set(phases)], ['starting', 'cleaning']);
  assert.ok(readdirSync(imageRoot).includes('cleaned'));
});

test('a pull that is cancelled before its processes start starts none', async (t) => {
  const mark = `const order = hear(); writeFileSync(order.image.imageRoot + '/began', '');`;
  const { run, abort, imageRoot } = preparePull(t, { fetch: '', placement: mark });
  const running = run();
  abort.abort(new Failure('Cancelled', 'cancelled', {}));
  await assert.rejects(running, isFailure('Cancelled'));
  assert.deepEqual(readdirSync(imageRoot), []);
});

test('a pull that is cancelled once the image is in place says that it is there', async (t) => {
  const done = `JSON.stringify({ type: 'log', priority: 6, message: 'done' })`;
  const placement = `const order = hear(); ${received(10)} hear();
    tell(${done} + '\\n' + JSON.stringify(${placedMessage}) + '\\n'); ${forEver}`;
  const { run, abort, transfer, imageRoot } = preparePull(t, { fetch: honestFetch, placement });
  // Placement never ends by itself after that: only the cancellation ends it.
  transfer.subscribe((event) => {
    if (event.type === 'log') abort.abort(new Failure('Cancelled', 'cancelled', {}));
  });
  assert.equal((await run()).path, `${imageRoot}/x.raw`);
});

test('a pull that is cancelled when the image has its name, and nobody could say so, says that it is there', async (t) => {
  const placement = `const order = hear(); ${received(10)} hear(); writeFileSync(order.image.imageRoot + '/x.raw', '');
    tell({ type: 'log', priority: 6, message: 'done' }); ${forEver}`;
  const { run, abort, transfer } = preparePull(t, { fetch: honestFetch, placement });
  transfer.subscribe((event) => {
    if (event.type === 'log') abort.abort(new Failure('Cancelled', wasCancelled, {}));
  });
  await assert.rejects(run(), {
    kind: 'Cancelled',
    message: `The transfer was ended too late: ${completeButUnfinished('x')}`,
  });
});

test('a pull that fails tells why, also where what it has left cannot be looked after: that is for the log', async (t) => {
  const failure = { type: 'failure', kind: 'Corrupt', message: 'bad bytes', facts: { what: 'x', offset: 7 } };
  const placement = `const { rmSync, symlinkSync } = await import('node:fs');
    const { imageRoot } = hear().image; rmSync(imageRoot, { recursive: true }); symlinkSync(imageRoot, imageRoot);
    tell(${JSON.stringify(failure)}); process.exit(1);`;
  const { run, host, imageRoot } = preparePull(t, { fetch: forEver, placement });
  const lines: [number, string][] = [];
  t.mock.method(host.log, 'write', (priority: number, message: string) => lines.push([priority, message]));
  await assert.rejects(run(), isFailure('Corrupt', /^bad bytes$/));
  const reason = `${imageRoot}: ${tooManyLinks} (stat: ELOOP)`;
  assert.deepEqual(lines, [
    [4, `Cannot look after what is left of a download: ${reason}; a later start of the service does`],
  ]);
});
