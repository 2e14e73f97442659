import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { noSuchFile } from '../../../../support/texts/common.js';
import { cannotStoreAsStrict, cannotStoreExactly } from '../../../../support/texts/transfers.js';
import { url } from '../worker-process.js';
import { logged, order } from './worker-log.js';

test('what was unpacked otherwise than it was packed is said, with counts', async () => {
  const lost = {
    entries: 7,
    kinds: [
      { kind: 'owners', count: 5, examples: ["'a'", "'b'", "'c'"] },
      { kind: 'fifos', count: 2, examples: ["'d'", "'e'"] },
    ],
  };
  const one = { entries: 1, kinds: [{ kind: 'fifos', count: 1, examples: ["'d'"] }] };
  const script = `const { tellOddities } = await import(${url('processes/placement/unpack.js')});
    const { tellLosses } = await import(${url('processes/placement/tell-losses.js')});
    const { tellOmissions } = await import(${url('processes/placement/export-tree.js')});
    await runWorker(process.env, () => {
      tellOddities({ unknownEntries: 0, trailingBytes: 0, endMarker: true });
      tellOddities({ unknownEntries: 2, trailingBytes: 3, endMarker: false });
      tellOmissions({ sockets: 0, changedFiles: 0 });
      tellOmissions({ sockets: 4, changedFiles: 1 });
      tellOmissions({ sockets: 0, changedFiles: 2 });
      const lost = ${JSON.stringify(lost)};
      tellLosses({ ...lost, entries: 0 }, true);
      tellLosses(lost, false);
      tellLosses(${JSON.stringify(one)}, false);
      tellLosses(lost, true);
    });`;
  assert.deepEqual(await logged(script), [
    '4 2 entries of types that no file system has were left out',
    '4 3 bytes after the end of the archive were ignored',
    '4 The archive has no end marker; if it was cut off between two files, nothing shows it',
    '4 1 file changed while it was read: the archive has what was read; export a clone of the image for a copy of one moment',
    '5 4 sockets were left out: no archive can hold them',
    '4 2 files changed while they were read: the archive has what was read; export a clone of the image for a copy of one moment',
    `4 ${cannotStoreExactly('7 files')} 5 owners ('a', 'b', 'c', …), 2 named pipes and sockets ('d', 'e')`,
    `4 ${cannotStoreExactly('1 file')} 1 named pipe or socket ('d')`,
    cannotStoreAsStrict('7 files', "5 owners ('a', 'b', 'c', …), 2 named pipes and sockets ('d', 'e')"),
  ]);
});

test('what is done to an image once its bytes are known is said, and how it failed', async (t) => {
  const directory = temporaryDirectory(t);
  const { path } = directory;
  const script = `const { finishImage } = await import(${url('processes/placement/unpack.js')});
    const { ImageRoot } = await import(${url('images/layout/root.js')});
    const { createTemporaryFile, createTemporaryTree } = await import(${url('images/install/temporary.js')});
    const { mkdirSync, writeFileSync, writeSync } = await import('node:fs');
    await runWorker(process.env, () => {
      const root = ImageRoot.open(${JSON.stringify(path)});
      const tree = createTemporaryTree(root, 'x');
      mkdirSync(tree.path + '/only/etc', { recursive: true });
      writeFileSync(tree.path + '/only/etc/os-release', 'ID=x');
      finishImage({ temporary: tree, losses: { entries: 0, kinds: [] } }, { root, order: ${JSON.stringify(order)}, host: { environment: process.env, settings: {} } });
      tree[Symbol.dispose]();
      const disk = createTemporaryFile(root, 'x');
      writeSync(disk.descriptor, Buffer.from('514649fb0000000300000000', 'hex'));
      try {
        finishImage({ temporary: disk, losses: { entries: 0, kinds: [] } }, { root, order: ${JSON.stringify({ ...order, format: 'raw' })}, host: { environment: process.env, settings: {} } });
      } finally {
        disk[Symbol.dispose]();
      }
    });`;
  assert.deepEqual(await logged(script), [
    '6 The single top directory was made the root of the image',
    'The process that converts the disk image ended with exit status 1; nothing was placed',
  ]);
});

for (const [what, said, message] of [
  ['a phase', '{"type":"phase","phase":"installing"}', "'phase', which it cannot know"],
  [
    'no kind of failure',
    '{"type":"failure","kind":"Cancelled","message":"x","facts":{}}',
    "'failure' with kind: expected one of ImageExists, NoSuchImage, ImageBusy, InvalidName, InvalidUrl, VerificationFailed, DownloadFailed, UploadFailed, UnsupportedFormat, InsufficientSpace, Corrupt, Fil…",
  ],
  ['no JSON', 'hello', 'expected a value at character 0'],
] as const) {
  test(`placement believes the process that converts nothing that is ${what}`, async (t) => {
    const { path } = temporaryDirectory(t);
    const convertCommand = ['/bin/sh', '-c', `echo '${said}' >&3; exit 0`];
    const script = `const { convert } = await import(${url('processes/placement/unpack.js')});
      const { ImageRoot } = await import(${url('images/layout/root.js')});
      const { openSync } = await import('node:fs');
      await runWorker(process.env, () => {
        const root = ImageRoot.open(${JSON.stringify(path)});
        convert(openSync('/dev/null'), { root, order: ${JSON.stringify({ ...order, convertCommand })}, host: { environment: process.env, settings: {} } });
      });`;
    assert.deepEqual(await logged(script), [
      `The process that converts the disk image sent an invalid message (${message}); nothing was placed`,
    ]);
    assert.deepEqual(readdirSync(path), []);
  });
}

test('that the process that converts cannot be started is told as such', async (t) => {
  const { path } = temporaryDirectory(t);
  const convertCommand = ['/nonexistent/program'];
  const script = `const { convert } = await import(${url('processes/placement/unpack.js')});
    const { ImageRoot } = await import(${url('images/layout/root.js')});
    const { openSync } = await import('node:fs');
    await runWorker(process.env, () => {
      const root = ImageRoot.open(${JSON.stringify(path)});
      convert(openSync('/dev/null'), { root, order: ${JSON.stringify({ ...order, convertCommand })}, host: { environment: process.env, settings: {} } });
    });`;
  assert.deepEqual(await logged(script), [
    `The process that converts the disk image cannot be started: ${noSuchFile}; nothing was placed`,
  ]);
  assert.deepEqual(readdirSync(path), []);
});
