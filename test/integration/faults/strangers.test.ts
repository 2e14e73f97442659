import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { run } from '../../support/command.js';
import { FaultServer } from '../../support/servers/fault-server.js';
import { callAs } from '../../support/service/calls.js';
import { type FerryHost, ferryHost } from '../../support/service/ferry-host.js';
import { needsService } from '../../support/service/stage.js';
import { tally } from '../../support/tally.js';
import { type TemporaryDirectory, temporaryDirectory } from '../../support/temporary.js';

/** Sets a window title, colours, forges a line, turns the direction of text, and does some of it in one byte (C1). */
const evil = '\u001b]0;owned\u0007\u001b[31m\r\u009b1m\u202e\u200f\u2066\u2028\u0000end';
/** What file names may hold of it. */
const evilName = evil.replaceAll('\u0000', '');
/** What HTTP lets through: latin1, no line ends. */
const evilHeader = '\u009b31m\u009d0;owned\u009c end';
const steering = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
const passwords = /s3cret|hunter2/;
const keys = /t0ken/;

interface Scene {
  readonly server: FaultServer;
  readonly directory: TemporaryDirectory;
}

interface Case {
  readonly what: string;
  /** What follows `ferryctl`. */
  readonly parameters: (scene: Scene) => string[];
  /** What people read of it. */
  readonly says: RegExp;
}

const plain = ['--verify=no', '--class=machine'];

/** An archive with one entry of that name, which GNU tar makes by renaming. */
function archive({ directory }: Scene, name: string, type: 'file' | 'climbing' = 'file'): Buffer {
  mkdirSync(directory.file('tree'), { recursive: true });
  const path = type === 'climbing' ? `../${name}` : name;
  writeFileSync(directory.file('tree', 'victim'), 'x');
  const transform = `--transform=s\u0001victim\u0001${path}\u0001`;
  run('tar', ['-C', directory.file('tree'), '-P', transform, '-cf', directory.file('x.tar'), 'victim']);
  return readFileSync(directory.file('x.tar'));
}

const cases: Case[] = [
  {
    what: 'a name of an image',
    parameters: ({ server }) => ['pull-raw', ...plain, server.serve('/x.raw', 'x'), evilName],
    says: /\\x1b\]0;owned\\x07/,
  },
  {
    what: 'a name of an image to export',
    parameters: ({ directory }) => ['export-raw', evilName, directory.file('out')],
    says: /\\x1b\]0;owned\\x07/,
  },
  {
    what: 'a path to import',
    parameters: ({ directory }) => ['import-raw', directory.file(evilName), 'x'],
    says: /\\x1b\]0;owned\\x07/,
  },
  {
    what: 'a path to export to',
    parameters: ({ directory }) => ['export-raw', 'there', directory.file(evilName, 'below')],
    says: /\\x1b\]0;owned\\x07/,
  },
  {
    what: 'a class and an unknown option',
    parameters: () => ['list-images', `--class=${evilName}`],
    says: /\\x1b\]0;owned\\x07/,
  },
  { what: 'a verb', parameters: () => [evilName], says: /\\x1b\]0;owned\\x07/ },
  {
    what: 'a URL that is none',
    parameters: () => ['pull-raw', ...plain, `http://joe:s3cret@[${evilName}/x.raw?key=t0ken`, 'x'],
    says: /URL/,
  },
  {
    what: 'a URL of something else',
    parameters: () => ['pull-raw', ...plain, `gopher://joe:s3cret@host/${evilName}?key=t0ken`, 'x'],
    says: /gopher/,
  },
  {
    what: 'a URL with a name, a password and a key, that is not there',
    parameters: ({ server }) => [
      'pull-raw',
      ...plain,
      `${server.url('/missing.raw').replace('//', '//joe:s3cret@')}?key=t0ken`,
      'x',
    ],
    says: /404/,
  },
  {
    what: 'what the server says of its status',
    parameters: ({ server }) => [
      'pull-raw',
      ...plain,
      server.serve('/x.raw', '', { hook: (_request, response) => response.writeHead(403, evilHeader).end(evil) }),
      'x',
    ],
    says: /403/,
  },
  {
    what: 'where the server leads to',
    parameters: ({ server }) => [
      'pull-raw',
      ...plain,
      server.serve('/x.raw', '', { redirect: `gopher://joe:hunter2@host/${evilHeader}?key=t0ken` }),
      'x',
    ],
    says: /redirect/,
  },
  {
    what: 'a key that the server leads to, where nothing is',
    parameters: ({ server }) => [
      'pull-raw',
      ...plain,
      server.serve('/x.raw', '', { redirect: `${server.url('/elsewhere.raw')}?key=t0ken` }),
      'x',
    ],
    says: /404/,
  },
  {
    what: 'a key in a URL that is written in another way than it is asked for',
    parameters: ({ server }) => [
      'pull-raw',
      ...plain,
      `${server.serve('/x.raw', 'x', { status: 403 }).replace('/x.raw', '/a/../x.raw')}?key=t0ken`,
      'x',
    ],
    says: /403/,
  },
  {
    what: 'a key in the name of a copy that is not what the checksums say',
    parameters: ({ server }) => {
      server.serve('/kept.raw.sha256', '0'.repeat(64));
      return ['pull-raw', '--verify=checksum', '--class=machine', `${server.url('/kept.raw')}?key=t0ken`, 'x'];
    },
    says: /The copy in .* cannot be shown to be what the checksums say now/,
  },
  {
    what: 'what the server calls the state and the kind of a file that is cut off',
    parameters: ({ server }) => [
      'pull-tar',
      ...plain,
      server.serve('/x.tar', 'no archive', { headers: { 'Content-Type': evilHeader, ETag: `"${evilHeader}"` } }),
      'x',
    ],
    says: /archive|tar/,
  },
  {
    what: 'a name in an archive',
    parameters: (scene) => [
      'pull-tar',
      ...plain,
      scene.server.serve('/x.tar', archive(scene, evilName, 'climbing')),
      'x',
    ],
    says: /\\x1b\]0;owned\\x07/,
  },
  {
    what: 'a checksum file',
    parameters: ({ server }) => {
      server.serve('/x.raw.sha256', `${'0'.repeat(64)}  ${evil}\n`);
      return ['pull-raw', '--verify=checksum', '--class=machine', server.serve('/x.raw', 'x'), 'x'];
    },
    says: /x\.raw/,
  },
];

async function assertHarmless(host: FerryHost, { what, parameters, says }: Case, scene: Scene): Promise<void> {
  const { status, stdout, stderr } = await host.ferryctl(parameters(scene));
  assert.notEqual(status, 0, what);
  assert.match(stderr, says, what);
  for (const text of [stdout, stderr, host.log()]) {
    assert.doesNotMatch(text, steering, what);
    assert.doesNotMatch(text, passwords, what);
  }
  // Who asked may see the key again that he gave.
  assert.doesNotMatch(host.log(), keys, what);
}

test('what strangers write steers no terminal and no journal, and what is secret is in neither', async (t) => {
  if (!needsService(t, 'tar', 'socat')) return;
  const directory = temporaryDirectory(t);
  const host = await ferryHost(t);
  writeFileSync(`${host.imageRoot}/there.raw`, 'x');
  await using server = await FaultServer.start();
  const kept = server.serve('/kept.raw', 'x', { etags: ['"kept"'] });
  assert.equal((await host.ferryctl(['pull-raw', ...plain, `${kept}?key=t0ken`, '-'])).status, 0);
  assert.doesNotMatch(host.log(), keys, 'the name of a copy that was kept');
  for (const each of cases) await assertHarmless(host, each, { server, directory });
  for (const method of ['io.ferry.Transfer.List', 'io.systemd.Import.ListTransfers']) {
    const seen = JSON.stringify(callAs(65534, host.socket, method, {}, true));
    assert.doesNotMatch(seen, passwords);
    assert.doesNotMatch(seen, keys);
    assert.doesNotMatch(seen, steering);
  }
  tally('hostile inputs', cases.length);
});
