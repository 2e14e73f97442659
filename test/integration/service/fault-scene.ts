import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { FaultServer } from '../../support/servers/fault-server.js';
import { makeRelease, type Release } from '../../support/servers/release.js';
import { type FerryHost, ferryHost } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';

export interface Scene {
  readonly server: FaultServer;
  readonly host: FerryHost;
  readonly release: Release;
  /** A file for the case's own use. */
  file(...names: string[]): string;
}

export const plain = ['-mN', '--verify=no'];

/** Every name below a directory, with what it is and how much is in it. */
function state(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((name) => {
      const found = statSync(join(path, name));
      return `${name} ${found.mode.toString(8)} ${found.isFile() ? found.size : '-'}`;
    })
    .sort();
}

export async function setScene(t: TestContext, imageRoot?: string): Promise<Scene> {
  const directory = temporaryDirectory(t);
  const own = directory.file('own');
  mkdirSync(own);
  const server = await FaultServer.start();
  t.after(() => server[Symbol.asyncDispose]());
  const host = await ferryHost(t, imageRoot === undefined ? {} : { imageRoot });
  return { server, host, release: makeRelease(directory.path), file: (...names) => join(own, ...names) };
}

/** That a command fails with this exit status, in one line which says all of this, and changes nothing. */
export async function assertFails(
  { host }: Scene,
  expected: number,
  parameters: readonly string[],
  says: readonly RegExp[],
  warning = '',
): Promise<void> {
  const before = state(host.imageRoot);
  const { status, stdout, stderr } = await host.ferryctl(['--quiet', ...parameters]);
  assert.equal(status, expected, stderr);
  assert.equal(stdout, '');
  assert.ok(stderr.startsWith(warning), stderr);
  assert.match(stderr.slice(warning.length), /^[^\n]+\n$/);
  assert.doesNotMatch(stderr, /\bat .*\.js:\d+|undefined|\[object|made a mistake|unexpectedly/);
  for (const fact of says) assert.match(stderr, fact);
  assert.deepEqual(state(host.imageRoot), before);
  assert.doesNotMatch(host.log(), /\bat .*\.js:\d+/);
}
