import assert from 'node:assert/strict';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { run } from '../../../../client/cli/run.js';
import type { TransferHandlers } from '../../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { VarlinkError } from '../../../../varlink/error.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { imageIsReadyIn, isExportedTo, nameIsNeeded } from '../../../support/texts/client.js';
import { noSuchFile } from '../../../support/texts/common.js';
import { type FakeHandlers, startFakeService } from '../support/fake-service.js';
import { type FakeOptions, fakeProcessContext } from '../support/process-context.js';
import { ferryctl, result, runWith } from './verb-runs.js';

test('an import pushes the file, and says what it is', async (t) => {
  await using directory = temporaryDirectory(t);
  writeFileSync(directory.file('tree.tar.xz'), 'content');
  const kept: { parameters?: object; content?: string } = {};
  const Import: TransferHandlers['Import'] = async (call) => {
    const fd = call.descriptor(call.parameters.fileDescriptor ?? 99);
    kept.parameters = call.parameters;
    kept.content = readFileSync(fd, 'utf8');
    closeSync(fd);
    call.reply({ id: 7, result: { ...result, path: '/var/lib/extensions/tree' } });
  };
  const { status, stderr } = await ferryctl(t, { transfer: { Import } }, [
    'import-tar',
    '-S',
    '--read-only',
    directory.file('tree.tar.xz'),
  ]);
  assert.equal(status, 0);
  assert.equal(kept.content, 'content');
  assert.deepEqual(kept.parameters, {
    format: 'tar',
    class: 'sysext',
    name: 'tree',
    fileDescriptor: 0,
    bytesTotal: 7,
    readOnly: true,
    allowInteractiveAuthentication: true,
  });
  assert.equal(stderr.trimEnd().split('\n').at(-1), `${imageIsReadyIn('tree')} /var/lib/extensions/tree.`);
});

test('import-fs pushes the directory', async (t) => {
  await using directory = temporaryDirectory(t);
  mkdirSync(directory.file('tree'));
  writeFileSync(directory.file('tree', 'inside'), '');
  let names: string[] = [];
  const Import: TransferHandlers['Import'] = async (call) => {
    const fd = call.descriptor(0);
    names = readdirSync(`/proc/self/fd/${fd}`);
    closeSync(fd);
    assert.equal(call.parameters.format, 'directory');
    call.reply({ id: 7, result });
  };
  assert.equal((await ferryctl(t, { transfer: { Import } }, ['import-fs', `${directory.file('tree')}/`])).status, 0);
  assert.deepEqual(names, ['inside']);
});

const badImports: [
  argv: (directory: string) => string[],
  message: (directory: string) => string,
  options?: FakeOptions,
  status?: number,
][] = [
  [
    (d) => ['import-tar', d, 'x'],
    (d) => `Cannot import '${d}' as an archive or disk image: it is a directory. Use import-fs.`,
  ],
  [
    (d) => ['import-fs', `${d}/file`],
    (d) =>
      `Cannot open '${d}/file': it is not a directory. For an archive use import-tar, for a disk image import-raw.`,
  ],
  [(d) => ['import-raw', `${d}/missing`], (d) => `Cannot open '${d}/missing': ${noSuchFile}.`, {}, 3],
  [() => ['import-tar', '-'], () => nameIsNeeded],
  [
    () => ['import-tar', '-', 'x'],
    () => 'Refusing to read an image from a terminal: give a FILE, or redirect standard input.',
    { stdin: { descriptor: 0, isTerminal: true } },
  ],
];

for (const [argv, message, options, expected] of badImports) {
  test(`${argv('DIR').join(' ')} is refused without a service`, async (t) => {
    await using directory = temporaryDirectory(t);
    writeFileSync(directory.file('file'), '');
    const outcome = await runWith(fakeProcessContext(options), argv(directory.path));
    assert.deepEqual(outcome, { status: expected ?? 2, stdout: '', stderr: `${message(directory.path)}\n` });
  });
}

function exporting(text: string, kept: { parameters?: object } = {}): Partial<TransferHandlers> {
  return {
    Export: async (call) => {
      kept.parameters = call.parameters;
      const fd = call.descriptor(0);
      writeSync(fd, text);
      closeSync(fd);
      call.reply({ id: 7, result: { ...result, path: null, bytes: text.length } });
    },
  };
}

const exports: [file: string, format: string[], compression: string | undefined][] = [
  ['x.tar', [], undefined],
  ['x.tar.gz', [], 'gzip'],
  ['x.tgz', [], 'gzip'],
  ['x.txz', [], 'xz'],
  ['x.tzst', [], 'zstd'],
  ['x.tbz2', [], 'bzip2'],
  ['x.tree.zst', [], 'zstd'],
  ['x.xz', ['--format=gzip'], 'gzip'],
  ['x', ['--format=zst'], 'zstd'],
  ['x.xz', ['--format=uncompressed'], 'uncompressed'],
];

for (const [file, format, compression] of exports) {
  test(`export to ${[file, ...format].join(' ')} is compressed with ${compression}`, async (t) => {
    await using directory = temporaryDirectory(t);
    const kept: { parameters?: object } = {};
    const argv = ['export-tar', ...format, 'x', directory.file(file)];
    const { status, stderr } = await ferryctl(t, { transfer: exporting('bytes', kept) }, argv);
    assert.equal(status, 0, stderr);
    assert.equal(Object(kept.parameters).compression, compression);
    assert.deepEqual(readdirSync(directory.path), [file]);
    assert.equal(readFileSync(directory.file(file), 'utf8'), 'bytes');
    assert.equal(stderr.trimEnd().split('\n').at(-1), isExportedTo('x', directory.file(file), '5B'));
  });
}

test('a failed export leaves the old file, and nothing beside it', async (t) => {
  await using directory = temporaryDirectory(t);
  writeFileSync(directory.file('x.tar'), 'old');
  const handlers: FakeHandlers = {
    transfer: {
      Export: async (call) => {
        const fd = call.descriptor(0);
        writeSync(fd, 'half');
        closeSync(fd);
        throw new VarlinkError('io.ferry.Transfer.NoSuchImage', {
          message: "There is no image 'jamy' of class machine.",
          name: 'jamy',
        });
      },
    },
    image: {
      List: async (call) =>
        call.reply({ images: [{ class: 'machine', name: 'jammy', type: 'raw', path: '/', readOnly: false }] }),
    },
  };
  const { status, stderr } = await ferryctl(t, handlers, ['export-tar', 'jamy', directory.file('x.tar')]);
  assert.equal(status, 3);
  assert.match(
    stderr,
    /Failed to export image 'jamy': There is no image 'jamy' of class machine\. Did you mean jammy\?\n$/,
  );
  assert.deepEqual(readdirSync(directory.path), ['x.tar']);
  assert.equal(readFileSync(directory.file('x.tar'), 'utf8'), 'old');
});

test('an export to a terminal is refused', async () => {
  const { status, stderr } = await runWith(fakeProcessContext({ columns: 80 }), ['export-tar', 'x']);
  assert.equal(status, 2);
  assert.equal(stderr, 'Refusing to write an image to a terminal: give a FILE, or redirect standard output.\n');
});

test('an export to standard output pushes it', async (t) => {
  await using directory = temporaryDirectory(t);
  const fd = openSync(directory.file('out'), 'a');
  t.after(() => closeSync(fd));
  const context = fakeProcessContext();
  const stdout = { ...context.stdout, descriptor: fd };
  const service = startFakeService(t, { transfer: exporting('bytes') });
  assert.equal(await run([`--address=${service.address}`, '-j', 'export-tar', 'x'], { ...context, stdout }), 0);
  assert.equal(readFileSync(directory.file('out'), 'utf8'), 'bytes');
  assert.equal(context.written.stdout, '');
});
