import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, openSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { FileStatus } from '../../../linux/status.js';
import { ContentCopier } from '../../../service/images/copy/copy-content.js';
import { needs } from '../../support/needs.js';
import { ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';

test('a file of /proc that says it is empty is imported with its content', async (t) => {
  if (!needsProduct(t) || !needs(t, { root: true })) return;
  await using host = await ferryHost(t);
  const { status, stderr } = await host.ferryctl(['import-raw', '/proc/version', 'version']);
  assert.equal(status, 0, stderr);
  assert.deepEqual(readFileSync(join(host.imageRoot, 'version.raw')), readFileSync('/proc/version'));
});

test('a tree with such files is not imported without their content', async (t) => {
  if (!needsProduct(t) || !needs(t, { root: true })) return;
  await using host = await ferryHost(t);
  const { status, stderr } = await host.ferryctl(['import-fs', '/proc/sys/kernel/random', 'random']);
  assert.equal(status, 12);
  assert.match(
    stderr,
    /Cannot copy the tree: a file in it has content, but says that it is empty, as files of \/proc do/,
  );
  assert.deepEqual(host.images(), []);
});

for (const [what, change, says] of [
  ['longer', (path: string) => appendFileSync(path, 'more'), /became longer/],
  ['shorter', (path: string) => truncateSync(path, 3), /became shorter/],
] as const) {
  test(`a file that became ${what} while its tree was copied is not accepted`, (t) => {
    const directory = temporaryDirectory(t);
    for (const [name, content] of [
      ['small', 'x'.repeat(100)],
      ['large', 'x'.repeat(2 << 20)],
    ] as const) {
      const path = directory.file(`${name}-${what}`);
      writeFileSync(path, content);
      change(path);
      const [source, target] = [openSync(path, 'r'), openSync(`${path}.copy`, 'w+')];
      const before = { size: content.length, allocated: content.length } as FileStatus;
      assert.throws(() => new ContentCopier().copy(source, target, before), { kind: 'Corrupt', message: says });
    }
  });
}

test('a file that grows or is cut during its import makes no image', async (t) => {
  if (!needsProduct(t) || !needs(t, { programs: ['mkfifo'] })) return;
  await using host = await ferryHost(t);
  const directory = temporaryDirectory(t);
  mkdirSync(directory.file('x'));
  const path = directory.file('disk.raw');
  // It is written to all the time, so it is longer at the end of each copy than at its beginning.
  writeFileSync(path, Buffer.alloc(64 << 20, 'x'));
  let going = true;
  const grow = (): void => {
    if (!going) return;
    appendFileSync(path, 'x'.repeat(4096));
    setImmediate(grow);
  };
  grow();
  const { status, stderr } = await host.ferryctl(['import-raw', path, 'disk']);
  going = false;
  assert.equal(status, 12, stderr);
  assert.match(
    stderr,
    /Cannot import the file: it became longer meanwhile \(\d+ bytes, then \d+\); import it when it is complete/,
  );
  assert.deepEqual(host.images(), []);
});
