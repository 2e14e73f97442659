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
  assert.match((await heading('--full')) ?? '', /PATH +RO CRTIME +MTIME USAGE$/);
  assert.match((await heading('--columns=path,name,crtime')) ?? '', /^PATH +NAME +CRTIME/);
});

test('a misspelt condition or column is refused before a service is asked', async (t) => {
  const { status, stderr } = await list(t, ['--filter=nme=x']);
  assert.equal(status, 2);
  assert.match(stderr, /'nme'.* Did you mean name\?\n$/);
});

test('what takes the service longer is asked for only where it is shown, sorted by, or a condition', async (t) => {
  const asked: object[] = [];
  const List = async (call: { parameters: object; reply(parameters: { images: Image[] }): void }) => {
    asked.push(call.parameters);
    call.reply({ images: [{ ...shared, name: 'x', source: 'http://h/\u001b', verification: 'no', unused: null }] });
  };
  const ask = async (...options: string[]) =>
    (await ferryctl(t, { image: { List } }, ['--no-pager', '--no-legend', 'list-images', ...options])).stdout;
  await ask();
  await ask('--filter=verification=no');
  await ask('--sort=name,-unused');
  const shown = await ask('--columns=source,verification,unused');
  assert.match(shown, /^http:\/\/h\/\S+ +no +-\n$/);
  assert.ok(!shown.includes('\u001b'));
  const json = await ask('--columns=source,verification,unused', '--json=short');
  assert.deepEqual(JSON.parse(json), [{ source: 'http://h/\u001b', verification: 'no', unused: null }]);
  await ask('--all', '--filter=unused');
  const [origin, use] = [{ origin: true }, { use: true }];
  const both = { ...origin, ...use, hidden: false };
  assert.deepEqual(asked, [{}, origin, { ...use, hidden: false }, both, both, use]);
});
