import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { run } from '../../../client/cli/run.js';
import { scopesOf, verbTable } from '../../../client/cli/verbs.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { fakeProcessContext } from './support/process-context.js';

/** What follows each verb that speaks to a service. A verb that is missing here fails the first test. */
const parameters: Readonly<Record<string, (file: string) => string[]>> = {
  'pull-tar': () => ['http://127.0.0.1:1/x.tar', 'x'],
  'pull-raw': () => ['http://127.0.0.1:1/x.raw', 'x'],
  'pull-oci': () => ['127.0.0.1:1/x', 'x'],
  'import-tar': (file) => [`${file}/x.tar`, 'x'],
  'import-raw': (file) => [`${file}/x.raw`, 'x'],
  'import-fs': (file) => [`${file}/tree`, 'x'],
  'import-oci': (file) => [`${file}/x.tar`, 'x'],
  'export-tar': (file) => ['x', `${file}/out.tar`],
  'export-raw': (file) => ['x', `${file}/out.raw`],
  'export-oci': (file) => ['x', `${file}/out.oci`],
  'push-oci': () => ['x', '127.0.0.1:1/x'],
  'list-transfers': () => [],
  'cancel-transfer': () => ['1'],
  'list-images': () => [],
  verify: () => ['x'],
  show: () => ['x'],
  'remove-image': () => ['x'],
  'rename-image': () => ['x', 'y'],
  'clone-image': () => ['x', 'y'],
  'read-only-image': () => ['x'],
  clean: () => [],
  df: () => [],
  history: () => [],
  trust: () => ['list'],
  bridge: () => [],
};

/** It answers anything that is typed, on this host. */
const withoutService = ['complete', 'help'];

/** A place where no service is, and where an ssh says with what it was called. */
function place(t: TestContext) {
  const directory = temporaryDirectory(t);
  for (const name of ['run', 'user', 'tree']) mkdirSync(directory.file(name), { mode: 0o700 });
  for (const name of ['x.tar', 'x.raw']) writeFileSync(directory.file(name), 'x'.repeat(1000));
  writeFileSync(
    directory.file('ssh'),
    `#!/bin/sh\necho "$*" >>${directory.file('calls')}\n[ "$1" = -G ] || exit 255\n`,
  );
  chmodSync(directory.file('ssh'), 0o755);
  const context = fakeProcessContext({
    variables: {
      PATH: process.env['PATH'],
      SYSTEMD_SSH: directory.file('ssh'),
      XDG_RUNTIME_DIR: directory.file('user'),
    },
    userId: 12345,
    workingDirectory: directory.path,
    runtimeDirectory: directory.file('run'),
    temporaryDirectory: directory.path,
  });
  const calls = () => (existsSync(directory.file('calls')) ? readFileSync(directory.file('calls'), 'utf8') : '');
  return { directory, context, calls };
}

test('every verb is tried here', () => {
  const names = verbTable.map(({ name }) => name).filter((name) => !withoutService.includes(name));
  assert.deepEqual(Object.keys(parameters).sort(), names.sort());
});

/** The class, where a verb takes one. */
function classOf(verb: string): string[] {
  const description = verbTable.find(({ name }) => name === verb);
  return description !== undefined && scopesOf(description).has('class') ? ['-m'] : [];
}

for (const [verb, parametersOf] of Object.entries(parameters)) {
  test(`${verb}: -H goes to the host`, async (t) => {
    if (verb === 'bridge') return;
    const { directory, context, calls } = place(t);
    const status = await run(['-H', 'there', ...classOf(verb), verb, ...parametersOf(directory.path)], context);
    assert.equal(status, 13, context.written.stderr);
    assert.match(calls(), /\bthere\b.*\bbridge\b/, context.written.stderr);
    assert.match(context.written.stderr, /\bthere\b/);
  });

  test(`${verb}: -M goes into the container`, async (t) => {
    const { directory, context, calls } = place(t);
    const status = await run(['-M', 'no-such-box', ...classOf(verb), verb, ...parametersOf(directory.path)], context);
    assert.equal(status, 3);
    assert.match(context.written.stderr, /no-such-box/);
    assert.equal(calls(), '');
  });

  test(`${verb}: --system does not go to the user's own service`, async (t) => {
    const { directory, context } = place(t);
    const status = await run(['--system', ...classOf(verb), verb, ...parametersOf(directory.path)], context);
    assert.equal(status, 13);
    assert.match(context.written.stderr, /No service listens on '.*\/run\/.*'/);
  });
}
