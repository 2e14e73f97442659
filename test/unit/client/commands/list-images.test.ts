import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Image } from '../../../../client/connect/contract.js';
import type { FakeOptions } from '../support/process-context.js';
import { ferryctl } from '../transfer/verb-runs.js';

const shared = { class: 'machine', type: 'raw', path: '/images/x.raw', readOnly: true } as const;
const images: Image[] = [
  { ...shared, name: '.raw-old' },
  { ...shared, name: '.raw-x', hidden: true },
  { ...shared, name: 'jammy-with-a-long-name', hidden: false, creationTimestamp: 1795395723000000 },
];

async function list(t: TestContext, options: string[], more: FakeOptions = {}) {
  const List = async (call: { reply(parameters: { images: Image[] }): void }) => call.reply({ images });
  return await ferryctl(t, { image: { List } }, ['--no-pager', 'list-images', ...options], more);
}

async function names(t: TestContext, options: string[], more: FakeOptions = {}): Promise<string[]> {
  const { stdout } = await list(t, ['--columns=name', '--no-legend', ...options], more);
  return stdout.trimEnd().split('\n');
}

test('hidden images are listed with --all, and as importctl, also those of a service that does not say which are', async (t) => {
  const all = ['.raw-old', '.raw-x', 'jammy-with-a-long-name'];
  assert.deepEqual(await names(t, []), ['jammy-with-a-long-name']);
  assert.deepEqual(await names(t, ['--all']), all);
  assert.deepEqual(await names(t, ['-a', '--filter=name=.*']), ['.raw-old', '.raw-x']);
  assert.deepEqual(await names(t, [], { programName: 'importctl' }), all);
  const json = await list(t, ['--json=short', '--columns=hidden']);
  assert.equal(json.stdout, '[{"hidden":false}]\n');
});

test('a narrow terminal shows fewer columns, unless they were chosen, or --full was given', async (t) => {
  const heading = async (...options: string[]) => (await list(t, options, { columns: 40 })).stdout.split('\n')[0];
  assert.equal(await heading(), 'NAME                   TYPE USAGE');
  assert.match((await heading('--full')) ?? '', /PATH +RO CRTIME +MTIME USAGE LIMIT$/);
  assert.match((await heading('--columns=path,name,crtime')) ?? '', /^PATH +NAME +CRTIME/);
});

test('a misspelt condition or column is refused before a service is asked', async (t) => {
  const { status, stderr } = await list(t, ['--filter=nme=x']);
  assert.equal(status, 2);
  assert.match(stderr, /'nme'.* Did you mean name\?\n$/);
});
