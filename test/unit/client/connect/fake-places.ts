import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from '../../../../client/cli/run.js';
import { type TemporaryDirectory, temporaryDirectory } from '../../../support/temporary.js';
import { startFakeService } from '../support/fake-service.js';
import { type FakeProcessContext, fakeProcessContext } from '../support/process-context.js';

const fakeDaemon = fileURLToPath(new URL('../support/fake-daemon.js', import.meta.url));
export const ownUser = process.getuid?.() ?? 0;

interface Place {
  readonly directory: TemporaryDirectory;
  readonly context: FakeProcessContext;
}

/** Directories for both scopes, and a service that fares as the mode says. */
export function place(t: TestContext, mode: string, options: { userId?: number; program?: string } = {}): Place {
  const directory = temporaryDirectory(t);
  for (const name of ['run', 'user', 'tmp']) mkdirSync(directory.file(name), { mode: 0o700 });
  const context = fakeProcessContext({
    variables: {
      PATH: process.env['PATH'],
      FAKE_DAEMON: mode,
      XDG_RUNTIME_DIR: directory.file('user'),
      HOME: '/home/someone',
    },
    userId: options.userId ?? ownUser,
    runtimeDirectory: directory.file('run'),
    temporaryDirectory: directory.file('tmp'),
    serviceProgram: options.program ?? fakeDaemon,
    now: Date.now,
  });
  return { directory, context };
}

export async function list({ context }: Place, ...options: string[]) {
  const status = await run([...options, 'list', '--no-pager'], context);
  return { status, ...context.written };
}

export const listed = { status: 0, stdout: 'No transfers.\n', stderr: '' };
export const emptyList = {
  transfer: { List: async (call: { reply(value: { transfers: [] }): void }) => call.reply({ transfers: [] }) },
};

/** As place(), for somebody who is not root. */
export function placeOfUser(t: TestContext): Place {
  const userId = ownUser === 0 ? 4711 : ownUser;
  const here = place(t, 'ready', { userId });
  mkdirSync(here.directory.file('user', 'ferry'), { mode: 0o700 });
  for (const names of [['user'], ['user', 'ferry']]) chownSync(here.directory.file(...names), userId, -1);
  return here;
}

/** Leaves the socket of a system's service in the place, whether or not somebody listens on it. */
export function systemSocket(t: TestContext, here: Place, listens: boolean): void {
  mkdirSync(here.directory.file('run', 'ferry'));
  const path = here.directory.file('run', 'ferry', 'io.ferry.Transfer');
  if (listens) startFakeService(t, emptyList, path);
  else writeFileSync(path, '');
}
