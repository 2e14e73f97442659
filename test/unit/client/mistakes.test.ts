import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../../../client/cli/run.js';
import { openTarget } from '../../../client/transfer/export-target.js';
import { VarlinkError } from '../../../varlink/error.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { importVerbs, optionNeedsArgument } from '../../support/texts/client.js';
import { type FakeHandlers, startFakeService } from './support/fake-service.js';
import { fakeProcessContext } from './support/process-context.js';

const missing = (name: string) => async (): Promise<never> => {
  throw new VarlinkError(`io.ferry.${name}`, { message: 'There is none' });
};
const images = ['jammy', 'base'].map((name) => ({
  class: 'machine' as const,
  name,
  type: 'raw' as const,
  path: '/',
  readOnly: false,
}));
const pulling = { type: 'pull_tar', class: 'machine', progress: { phase: 'downloading', bytesDone: 0 } } as const;
const handlers: FakeHandlers = {
  transfer: {
    Export: missing('Transfer.NoSuchImage'),
    Cancel: missing('Transfer.NoSuchTransfer'),
    List: async (call) =>
      call.reply({
        transfers: [
          { ...pulling, id: 17, local: 'jammy' },
          { ...pulling, id: 230, remote: 'http://h/x' },
        ],
      }),
  },
  image: {
    List: async (call) => call.reply({ images }),
    Remove: missing('Image.NoSuchImage'),
    Rename: missing('Image.NoSuchImage'),
    Clone: missing('Image.NoSuchImage'),
    SetReadOnly: missing('Image.NoSuchImage'),
  },
};

/** What is meant by what was typed; undefined where nothing is near. */
const table: [line: string, meant: string | undefined][] = [
  ['pul-tar http://h/x', 'pull-tar'],
  ['pull', 'pull-tar, pull-raw or pull-oci'],
  ['images', 'list-images'],
  ['RM base', 'remove-image'],
  ['import x', importVerbs],
  ['lst', 'list'],
  ['cancle 7', 'cancel'],
  ['hlep', 'help'],
  ['help list-imags', 'list-images'],
  ['frobnicate', undefined],
  ['--forse list-images', '--force'],
  ['--keep-downlaod=no list-images', '--keep-download'],
  ['-verify=no list-images', '--verify=no'],
  ['--frobnicate list-images', undefined],
  ['--class=machin list-images', 'machine'],
  ['--class=portables list-images', 'portable'],
  ['--verify=sig pull-tar http://h/x', 'signature'],
  ['--verify=cheksum pull-tar http://h/x', 'checksum'],
  ['--format=zsdt export-raw x out', 'zstd'],
  ['--format=gz export-raw x out', 'gzip'],
  ['--format=bz2 export-raw x out', 'bzip2'],
  ['--format=tar.xz export-raw x out', 'xz'],
  ['--format=rar export-raw x out', undefined],
  ['--json=prety list-images', 'pretty'],
  ['--json=xml list-images', undefined],
  ['--keep-download=yse pull-tar http://h/x', 'yes'],
  ['--force=flase pull-tar http://h/x', 'false'],
  ['--force=maybe pull-tar http://h/x', undefined],
  ['-M webb list-images', 'web'],
  ['-M other list-images', undefined],
  ['export-raw jamy out', 'jammy'],
  ['remove-image jamy', 'jammy'],
  ['rename-image bas other', 'base'],
  ['clone-image bas other', 'base'],
  ['read-only-image basse', 'base'],
  ['remove-image something', undefined],
  ['remove-image d', undefined],
  ['cancel-transfer 18', '17 (pull-tar jammy)'],
  ['cancel-transfer 23', '230 (pull-tar http://h/x)'],
  ['cancel-transfer jamy', '17 (pull-tar jammy)'],
  ['cancel-transfer 99999', undefined],
  ['cancel-transfer x', undefined],
];

/** The lines that are understood, but name what there is not. */
const namesNothing = /^(?:-M|export-raw|\w+(?:-\w+)?-image|cancel-transfer \d)/;

test('what was meant is said wherever something is near: verbs, options, values, containers, images, transfers', async (t) => {
  await using directory = temporaryDirectory(t);
  const machines = directory.file('systemd/machines');
  for (const folder of [machines, directory.file('ferry')]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(machines, 'web'), '');
  startFakeService(t, handlers, directory.file('ferry/io.ferry.Transfer'));
  for (const [line, meant] of table) {
    const context = fakeProcessContext({ runtimeDirectory: directory.path, workingDirectory: directory.path });
    const argv = line.split(' ').map((word) => (word === 'out' ? directory.file('out') : word));
    assert.equal(await run(argv, context), namesNothing.test(line) ? 3 : 2, line);
    const said = / Did you mean (.*)\?\n$/.exec(context.written.stderr)?.[1];
    assert.equal(said, meant, `${line}: ${context.written.stderr}`);
  }
});

test('an image of another class with the name is named rather than one with another name', async (t) => {
  const portable = { class: 'portable', name: 'jamm', type: 'raw', path: '/', readOnly: false } as const;
  await using directory = temporaryDirectory(t);
  mkdirSync(directory.file('ferry'));
  const list: FakeHandlers['image'] = {
    ...handlers.image,
    List: async (call) => call.reply({ images: [...images, portable] }),
  };
  startFakeService(t, { ...handlers, image: list }, directory.file('ferry/io.ferry.Transfer'));
  for (const [line, hint] of [
    ['remove-image jamm', ' There is a portable image of that name: add -P.'],
    ['-P remove-image base', ' There is a machine image of that name: add -m.'],
    ['--image-root=/x remove-image jamm', ' Did you mean jammy?'],
  ] as const) {
    const context = fakeProcessContext({ runtimeDirectory: directory.path });
    assert.equal(await run(line.split(' '), context), 3);
    const name = line.split(' ').at(-1);
    assert.equal(context.written.stderr, `Failed to remove image '${name}': There is none.${hint}\n`);
  }
});

test('a URL in the place of a file is seen, and so is a missing value', async () => {
  const context = async (...argv: string[]) => {
    const fake = fakeProcessContext();
    assert.equal(await run(argv, fake), 2);
    return fake.written.stderr;
  };
  const url = 'http://user:secret@h/x.tar';
  const shown = "'http://h/x.tar'";
  assert.equal(await context('import-tar', url), `Cannot import ${shown}: it is a URL; use pull-tar\n`);
  assert.equal(await context('import-raw', url), `Cannot import ${shown}: it is a URL; use pull-raw\n`);
  assert.equal(await context('import-fs', url, 'x'), `Cannot import ${shown}: it is a URL; use pull-tar\n`);
  await assert.rejects(openTarget(url), { message: `Cannot export to ${shown}: it is a URL; export to a file` });
  const ways = '--json=pretty, --json=short, --json=off';
  assert.equal(await context('list-images', '--json'), `${optionNeedsArgument('--json')}: ${ways}.\n`);
  assert.equal(await context('list-images', '--image-root'), `${optionNeedsArgument('--image-root')}.\n`);
});

test('an image directory that is not there is told from an empty one', async (t) => {
  await using directory = temporaryDirectory(t);
  const service = startFakeService(t, { image: { List: async (call) => call.reply({ images: [] }) } });
  for (const [path, stderr] of [
    [directory.path, ''],
    [directory.file('nope'), `The directory '${directory.file('nope')}' does not exist\n`],
  ]) {
    const context = fakeProcessContext();
    assert.equal(await run([`--address=${service.address}`, `--image-root=${path}`, 'list-images'], context), 0);
    assert.deepEqual(context.written, { stdout: 'No images.\n', stderr });
  }
});

test('a command in the place of a value is seen', async () => {
  const context = fakeProcessContext();
  assert.equal(await run(['--json', 'list-images'], context), 2);
  assert.equal(
    context.written.stderr,
    "Option --json needs an argument before the command 'list-images': --json=pretty, --json=short, --json=off.\n",
  );
});

test('paths that node could not decode are refused, with a way in for keyrings', async () => {
  for (const [option, way] of [
    ['keyring', ' Redirect standard input from it, with --keyring=/dev/stdin.'],
    ['image-root', ''],
  ]) {
    const context = fakeProcessContext();
    assert.equal(await run([`--${option}=/tmp/\ufffd`, 'pull-tar', 'http://h/x'], context), 2);
    const says = `Cannot use '/tmp/\ufffd' for --${option}=: the path is not valid UTF-8.${way}\n`;
    assert.equal(context.written.stderr, says);
  }
});
