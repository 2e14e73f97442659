import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parseReference } from '../../../../../service/formats/oci/reference.js';
import { placesOf } from '../../../../../service/http/registry/database.js';
import { projectFile } from '../../../../support/project.js';
import { type TemporaryDirectory, temporaryDirectory } from '../../../../support/temporary.js';
import { isLarger, isNotJson, isNotRegular, noJsonObject } from '../../../../support/texts/formats.js';

type Entries = Record<string, unknown>;

function places(directories: readonly string[], reference: string): string[] {
  return placesOf(parseReference(reference), directories).map(
    ({ base, repository, tag }) => `${base}${repository}${tag === undefined ? '' : `:${tag}`}`,
  );
}

function write(directory: string, entries: Entries): string {
  mkdirSync(directory, { recursive: true });
  for (const [name, entry] of Object.entries(entries))
    writeFileSync(`${directory}/${name}.oci-registry`, typeof entry === 'string' ? entry : JSON.stringify(entry));
  return directory;
}

const digest = `sha256:${'0'.repeat(64)}`;

describe('The entries that Ferry brings', () => {
  const shipped = [projectFile('oci-registry')];
  const rows: [reference: string, place: string][] = [
    ['debian', 'https://registry-1.docker.io/v2/library/debian:latest'],
    ['ubuntu:24.04', 'https://registry-1.docker.io/v2/library/ubuntu:24.04'],
    ['some/image', 'https://registry-1.docker.io/v2/some/image:latest'],
    ['docker.io/alpine', 'https://registry-1.docker.io/v2/library/alpine:latest'],
    ['docker.io/a/b:c', 'https://registry-1.docker.io/v2/a/b:c'],
    ['archlinux', 'https://registry-1.docker.io/v2/library/archlinux:latest'],
    ['fedora', 'https://registry.fedoraproject.org/v2/fedora:latest'],
    ['fedora-minimal:44', 'https://registry.fedoraproject.org/v2/fedora-minimal:44'],
    ['fedora/fedora-toolbox', 'https://registry.fedoraproject.org/v2/fedora-toolbox:latest'],
    ['hub.nspawn.org/debian', 'https://hub.nspawn.org/v2/debian:latest'],
    ['nspawn/debian', 'https://hub.nspawn.org/v2/debian:latest'],
    [`quay.example/a@${digest}`, 'https://quay.example/v2/a'],
  ];
  for (const [reference, place] of rows) {
    test(`${reference.slice(0, 40)} is ${place}`, () => assert.deepEqual(places(shipped, reference), [place]));
  }
});

test('Only registries on loopback may speak http without an entry that says so', () => {
  for (const host of ['localhost:5000', '127.0.0.1:5000', '127.1.2.3', '[::1]:5000', 'a.localhost:1'])
    assert.deepEqual(places([], `${host}/a`), [`https://${host}/v2/a:latest`, `http://${host}/v2/a:latest`]);
  for (const host of ['localhost.example', '127.0.0.1.example', '10.0.0.1:5000', '[::2]'])
    assert.deepEqual(places([], `${host}/a`), [`https://${host}/v2/a:latest`]);
});

test('Entries are found by registry, by image, by a short name, and by default', async (t) => {
  await using directory = temporaryDirectory(t);
  const entries: Entries = {
    'registry.h.example%3a5000': { defaultProtocol: 'http', unknown: [1] },
    'image.a%2fb': { overrideImage: 'c/d', defaultRegistry: 'r.example', defaultTag: 'stable' },
    'registry.short': { overrideRegistry: 'long.example' },
    default: { overrideRegistry: 'd.example', shortImagePrefix: 'p/' },
  };
  const at = [write(directory.path, entries)];
  assert.deepEqual(places(at, 'h.example:5000/x'), ['http://h.example:5000/v2/x:latest']);
  assert.deepEqual(places(at, 'h.example/x'), ['https://h.example/v2/x:latest']);
  assert.deepEqual(places(at, 'a/b'), ['https://r.example/v2/c/d:stable']);
  assert.deepEqual(places(at, 'a/b:t'), ['https://r.example/v2/c/d:t']);
  assert.deepEqual(places(at, `a/b@${digest}`), ['https://r.example/v2/c/d']);
  assert.deepEqual(places(at, 'short/x/y'), ['https://long.example/v2/x/y:latest']);
  assert.deepEqual(places(at, 'x'), ['https://d.example/v2/p/x:latest']);
  assert.deepEqual(places(at, 'x/y'), ['https://d.example/v2/x/y:latest']);
});

test('The first directory that has an entry decides, and an empty object undoes it', async (t) => {
  await using directory = temporaryDirectory(t);
  const first = write(directory.file('first'), { 'registry.a.example': {} });
  const second = write(directory.file('second'), { 'registry.a.example': { overrideRegistry: 'b.example' } });
  assert.deepEqual(places([first, second], 'a.example/x'), ['https://a.example/v2/x:latest']);
  assert.deepEqual(places([second, first], 'a.example/x'), ['https://b.example/v2/x:latest']);
  assert.deepEqual(places([directory.file('none'), second], 'a.example/x'), ['https://b.example/v2/x:latest']);
});

test('Mirrors come before their registry, in order', async (t) => {
  await using directory = temporaryDirectory(t);
  const mirrors = ['m.example', 'http://n.example:5000/hub/x', 'localhost:5000'];
  const at = [write(directory.path, { 'registry.a.example': { mirrors } })];
  assert.deepEqual(places(at, 'a.example/b:c'), [
    'https://m.example/v2/b:c',
    'http://n.example:5000/v2/hub/x/b:c',
    'https://localhost:5000/v2/b:c',
    'http://localhost:5000/v2/b:c',
    'https://a.example/v2/b:c',
  ]);
});

const bad: [what: string, entry: unknown, reason: (directory: string) => string][] = [
  ['no JSON', '{', () => isNotJson('').slice(0, -1)],
  ['a list', [], () => noJsonObject],
  ['a number', { defaultTag: 5 }, () => 'defaultTag is not a text'],
  ['file:', { defaultProtocol: 'file' }, () => "defaultProtocol is 'file': use https or http"],
  ['a mirror that is not text', { mirrors: [1] }, () => 'mirrors is not a list of up to 16 texts'],
  [
    'a URL',
    { overrideRegistry: 'https://b.example' },
    () => "it leads to 'https://https://b.example/v2/x', where no image can be",
  ],
  ['a login', { mirrors: ['u:p@m.example'] }, () => "it leads to 'https://u:p@m.example/v2/x', where no image can be"],
  ['a way out', { overrideImage: '../x' }, () => "it leads to 'https://a.example/v2/../x', where no image can be"],
  ['65 KiB', ' '.repeat(65 * 1024 + 1), () => isLarger(65_536)],
];
for (const [what, entry, reason] of bad) {
  test(`An entry with ${what} is refused by its path`, async (t) => {
    await using directory = temporaryDirectory(t);
    const at = [write(directory.path, { 'registry.a.example': entry })];
    const path = directory.file('registry.a.example.oci-registry');
    assert.throws(
      () => places(at, 'a.example/x'),
      (error: Error) => error.message.startsWith(`Cannot use the registry entry '${path}': ${reason(directory.path)}`),
    );
  });
}

test('An entry that is a pipe or a directory holds nobody up', async (t) => {
  await using directory: TemporaryDirectory = temporaryDirectory(t);
  const path = directory.file('registry.a.example.oci-registry');
  execFileSync('mkfifo', [path]);
  const message = `Cannot use the registry entry '${path}': ${isNotRegular}`;
  assert.throws(() => places([directory.path], 'a.example/x'), { message });
});

test('Without an entry for it, an image without a registry is nowhere', () => {
  assert.throws(() => places([], 'x'), { message: "Cannot tell which registry 'x' is in: write REGISTRY/x" });
});
