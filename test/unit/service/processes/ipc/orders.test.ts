import assert from 'node:assert/strict';
import { test } from 'node:test';
import { workerDefinition } from '../../../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import { wordFor } from '../../../../../service/processes/ipc/definition.js';
import type { ManagedImage, Order } from '../../../../../service/processes/ipc/messages.js';
import { readOrder } from '../../../../../service/processes/ipc/orders.js';
import { processes, type WorkerName } from '../../../../../service/sandbox/needs.js';
import { outcome, url } from '../worker-process.js';

const image: ManagedImage = { scope: 'system', class: 'machine', name: 'x', root: undefined };
const newImage = {
  format: 'raw',
  class: 'machine',
  imageRoot: '/v',
  name: undefined,
  force: false,
  readOnly: false,
  sizeMax: 5,
  strict: false,
  scope: 'system',
  convertCommand: ['/bin/convert'],
} as const;
const download = {
  url: 'https://example.org/x',
  format: 'raw',
  verification: 'signature',
  limitRate: undefined,
  resume: true,
  netrc: 'x'.repeat(100_000),
  keyrings: [{ path: '--keyring', base64: 'x'.repeat(1_000_000) }],
  trust: { name: 'x', path: '/etc/x.conf', fingerprints: ['AB'], requireSigners: 1, checksumFiles: ['%f.sha256'] },
  cached: [],
  sidecars: ['.nspawn'],
  partial: { descriptor: 6, offset: 5, validator: '"v"', total: undefined },
  files: { 'x.raw': 6 },
  credentials: [{ host: 'example.org', header: 'A: b' }],
  environment: { http_proxy: 'http://p' },
} as const;

const orders: [WorkerName, object][] = [
  ['fetch', { type: 'fetchPull', download }],
  ['fetch', { type: 'planPull', download: { ...download, files: undefined, partial: undefined } }],
  ['decode', { type: 'decodeImport', threads: 2, digest: true, bytesTotal: 5 }],
  ['placement', { type: 'placeImport', image: newImage, directory: false, direct: true }],
  ['placement', { type: 'installImport' }],
  ['manage', { type: 'rename', image, newName: 'y' }],
  ['cleanup', { type: 'cleanRoot', root: '/v', partial: undefined }],
];

test('a process hears what it is told, however long it is', () => {
  for (const [name, order] of orders) assert.deepEqual(readOrder(name, order), order);
});

test('what is null in an order is absent, at any depth', () => {
  const nulls = {
    ...download,
    netrc: null,
    partial: { ...download.partial, total: null },
    cached: [{ path: '/v/x', etag: null }],
  };
  const { netrc: _, ...absent } = download;
  const partial = { descriptor: 6, offset: 5, validator: '"v"' };
  assert.deepEqual(readOrder('fetch', { type: 'fetchPull', download: nulls }), {
    type: 'fetchPull',
    download: { ...absent, partial, cached: [{ path: '/v/x' }] },
  });
});

test('no process does what another one is told', () => {
  for (const [told, order] of orders)
    for (const name of Object.keys(processes) as WorkerName[]) {
      const refused = { name: 'TypeError', message: `'${(order as Order).type}' is not for the ${name} process` };
      if (name !== told) assert.throws(() => readOrder(name, order), refused);
    }
});

const refused: [what: string, WorkerName, order: unknown, message: string][] = [
  ['nothing', 'cleanup', null, 'an order that is not an object'],
  ['what nobody knows', 'cleanup', { type: 'launch' }, 'a message of type "launch"'],
  ['what a process says', 'decode', { type: 'moved' }, "'moved' is not for the decode process"],
  ['less than it has to know', 'cleanup', { type: 'cleanRoot', partial: undefined }, "'cleanRoot' with root: missing"],
  [
    'more than there is to know',
    'cleanup',
    { type: 'cleanRoot', root: '/v', force: true },
    "'cleanRoot' with force: not a known parameter",
  ],
  [
    'a class that is none',
    'manage',
    { type: 'remove', image: { ...image, class: 'x' } },
    "'remove' with image.class: expected one of machine, portable, sysext, confext, found a string",
  ],
  [
    'a size that is no number',
    'placement',
    { type: 'placeImport', image: { ...newImage, sizeMax: '5' }, directory: false, direct: true },
    "'placeImport' with image.sizeMax: expected an integer of 64 bits, found a string",
  ],
];
for (const [what, name, order, message] of refused) {
  test(`a process that is told ${what} does nothing`, () => {
    assert.throws(() => readOrder(name, order), { name: 'TypeError', message });
  });
}

test('each message is either told or said', () => {
  for (const { kind, name } of workerDefinition.members) {
    if (kind !== 'method') continue;
    const { speakers, hearers } = wordFor(name.charAt(0).toLowerCase() + name.slice(1));
    assert.ok(speakers.length === 0 ? hearers.length > 0 : hearers.length === 0, name);
    for (const process of [...speakers, ...hearers]) assert.ok(process in processes, process);
  }
});

test('an order that makes no sense is a mistake that is told, and nothing is done', async () => {
  const script = `const { waitForOrder } = await import(${url('processes/ipc/orders.js')});
    await runWorker(process.env, () => { if (waitForOrder('cleanup') !== undefined) log('info', 'work'); });`;
  const { messages, status } = await outcome(script, '{"type":"remove"}\n');
  assert.equal(status, 1);
  assert.match(
    JSON.stringify(messages),
    /^\[\{"type":"bug","stack":"TypeError: 'remove' is not for the cleanup process/,
  );
  assert.deepEqual(await outcome(script), { messages: [], status: 0 });
});

test('a permission of another kind permits nothing', async () => {
  const script = `const { waitForPermission } = await import(${url('processes/ipc/orders.js')});
    await runWorker(process.env, () => { if (waitForPermission('installPull') !== undefined) log('info', 'work'); });`;
  const { messages } = await outcome(script, '{"type":"installImport"}\n');
  assert.match(JSON.stringify(messages), /'installImport' where 'installPull' was waited for/);
});
