/** What every command writes with --json, held to the schemas of docs/json.md. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { verbTable } from '../../../client/cli/verbs.js';
import { trustActions } from '../../../client/trust/actions.js';
import { documentedSchemas, schemaProblems } from '../../support/json-schema.js';
import { needs } from '../../support/needs.js';
import { UploadRegistry } from '../../support/registry/upload-registry.js';
import { GateServer } from '../../support/servers/gate-server.js';
import { makeRelease } from '../../support/servers/release.js';
import { clientProgram, ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { waitFor, waitUntil } from '../../support/wait.js';
import { heldBlob, setOciScene, smallImage } from '../oci/scene.js';

const schemas = documentedSchemas();

/** Validates the documents, one a line. */
function check(name: string, output: string): void {
  const schema = schemas.get(name);
  assert.ok(schema, `docs/json.md has no schema of ${name}`);
  const documents = output.trimEnd().split('\n');
  assert.notEqual(documents[0], '', `${name} has written nothing`);
  for (const document of documents) assert.deepEqual(schemaProblems(JSON.parse(document), schema), [], name);
}

test('docs/json.md has a schema of every command', () => {
  const shown = verbTable.filter(({ group }) => group !== 'Internal').map(({ name }) => name);
  // What trust writes is tested with it.
  const names = shown.flatMap((name) => (name === 'trust' ? trustActions.map((action) => `trust-${action}`) : [name]));
  assert.deepEqual(
    [...schemas.keys()].sort(),
    [...names, '--dry-run', '--dry-run-oci', '--introspect-cli', 'failure', 'list-transfers-watch'].sort(),
  );
});

test('a schema finds what is wrong', () => {
  const schema = schemas.get('list-images') ?? {};
  const image = { class: 'machine', name: 'x', type: 'raw', path: '/x', ro: true, crtime: 0, mtime: 0, usage: null };
  assert.deepEqual(schemaProblems([{ ...image, limit: null }], schema), []);
  assert.deepEqual(schemaProblems([{ ...image, class: 'x', usage: 'y', more: 1 }], schema), [
    '$[0].limit is missing',
    '$[0].class is "x"',
    '$[0].usage is string, not integer,null',
    '$[0].more is not documented',
  ]);
});

test('every command writes what docs/json.md says', async (t) => {
  // Only root makes trees read-only.
  if (!needsProduct(t) || !needs(t, { root: true })) return;
  const directory = temporaryDirectory(t);
  const { path, tree } = makeRelease(directory.path);
  const server = await GateServer.start(t);
  const host = await ferryHost(t);
  const bytes = Buffer.alloc(1 << 20, 'x');
  const url = server.serve('/held.raw', bytes, 1000);
  const watching = spawn(process.execPath, [
    clientProgram,
    `--address=unix:${host.socket}`,
    'list-transfers',
    '--watch',
    '--json=short',
  ]);
  t.after(() => watching.kill('SIGKILL'));
  const watched = collect(watching.stdout);
  const pulling = host.ferryctl(['-j', '-N', '--verify=no', 'pull-raw', url]);
  await once(watching.stdout, 'data');
  const write = async (name: string, ...argv: string[]) => {
    const { status, stdout, stderr } = await host.ferryctl(['--json=short', ...argv]);
    assert.equal(status, 0, `${argv.join(' ')}: ${stderr}`);
    check(name, stdout);
  };
  await write('--introspect-cli', '--introspect-cli');
  await write('list-transfers', 'list-transfers');
  await write('--dry-run', '--dry-run', '--verify=no', 'pull-raw', url, 'other');
  server.open('/held.raw');
  check('pull-raw', (await pulling).stdout);
  await write('import-tar', 'import-tar', join(path, 'tiny.tar'));
  await write('import-raw', 'import-raw', join(path, 'tiny.raw'), 'disk');
  await write('import-fs', 'import-fs', tree, 'copy');
  await write('export-tar', 'export-tar', 'copy', join(path, 'out.tar'));
  await write('export-raw', 'export-raw', 'disk', join(path, 'out.raw'));
  await write('export-oci', 'export-oci', 'copy', join(path, 'out.oci'));
  await write('import-oci', 'import-oci', join(path, 'out.oci'), 'packed');
  await write('list-images', 'list-images');
  await write('show', 'show', 'copy', 'disk');
  await write('rename-image', 'rename-image', 'copy', 'renamed');
  await write('clone-image', 'clone-image', 'renamed', 'cloned');
  await write('read-only-image', 'read-only-image', 'cloned');
  await write('remove-image', 'remove-image', 'cloned', 'renamed');
  const held = server.serve('/tree.tar', bytes, 1000);
  const cancelled = host.ferryctl(['-j', '-N', '--verify=no', 'pull-tar', held]);
  const id = await firstTransfer(async () => (await host.ferryctl(['-j', 'list-transfers'])).stdout);
  await write('cancel-transfer', 'cancel-transfer', String(id));
  check('failure', (await cancelled).stdout);
  assert.equal((await cancelled).status, 10);
  writeFileSync(join(host.imageRoot, '.#ferry-raw-0123456789abcdef'), 'left');
  await write('df', 'df');
  await write('clean', '--dry-run', 'clean');
  await write('history', 'history');
  watching.kill('SIGINT');
  const [status] = await once(watching, 'exit');
  assert.equal(status, 0);
  check('list-transfers-watch', await watched);
  assert.match(await watched, /"phase":"finished".*"result":\{/);
});

test('pull-oci writes what docs/json.md says', async (t) => {
  if (!needsProduct(t)) return;
  const { host, registry, layers } = await setOciScene(t);
  const { image, top } = smallImage();
  const reference = `${registry.push('small', image, '1')}:1`;
  const held = heldBlob(top.bytes);
  registry.blob('small', top, held.faults);
  const plan = await host.ferryctl(['--json=short', '--dry-run', 'pull-oci', reference]);
  check('--dry-run-oci', plan.stdout);
  const pulling = host.ferryctl(['--json=short', 'pull-oci', '--layout=tree', reference]);
  await waitUntil(() => layers().length > 0);
  const listed = await waitFor(async () => {
    const { stdout } = await host.ferryctl(['--json=short', 'list-transfers']);
    return /"layers":\{"done":1,"total":2,/.test(stdout) ? stdout : undefined;
  });
  check('list-transfers', listed);
  held.open();
  check('pull-oci', (await pulling).stdout);
  await using taker = await UploadRegistry.start();
  for (const more of [[], ['--dry-run']]) {
    const pushed = await host.ferryctl(['--json=short', ...more, 'push-oci', 'small', `${taker.host}/small`]);
    assert.equal(pushed.status, 0, pushed.stderr);
    check('push-oci', pushed.stdout);
  }
  const { stdout } = await host.ferryctl(['--json=short', 'history']);
  check('history', stdout);
  assert.equal(JSON.parse(stdout).filter(({ operation }: { operation: string }) => operation === 'push').length, 1);
});

async function collect(stream: Readable): Promise<string> {
  return await text(stream);
}

async function firstTransfer(list: () => Promise<string>): Promise<number> {
  return waitFor<number>(async () => JSON.parse((await list()) || '[]')[0]?.id);
}
