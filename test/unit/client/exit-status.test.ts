import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { exitStatus } from '../../../common/exit-statuses.js';
import { VarlinkError } from '../../../varlink/error.js';
import { projectFile } from '../../support/project.js';
import { somePlan as plan, someResult as result } from './support/fake-service.js';
import { type Case, fail, failOnTwo, pull, statusOf, writtenFailure } from './support/statuses.js';

const cases: readonly Case[] = [
  { what: 'help', status: 0, argv: ['--help'] },
  { what: 'help of a verb', status: 0, argv: ['help', 'clean'] },
  { what: 'the version', status: 0, argv: ['--version'] },
  { what: 'the values of an option', status: 0, argv: ['--verify=help'] },
  { what: 'no such verb', status: 2, error: 'io.ferry.Client.InvalidUsage', argv: ['frob'] },
  { what: 'no such option', status: 2, error: 'io.ferry.Client.InvalidUsage', argv: ['--frob', 'list-images'] },
  { what: 'a bad value', status: 2, error: 'io.ferry.Client.InvalidUsage', argv: ['--class=x', 'list-images'] },
  { what: 'too few arguments', status: 2, error: 'io.ferry.Client.InvalidUsage', argv: ['pull-tar'] },
  { what: 'a bad name', status: 14, error: 'io.ferry.Client.InvalidName', argv: ['remove-image', 'a/b'] },
  { what: 'a bad URL', status: 14, error: 'io.ferry.Client.InvalidUrl', argv: ['pull-raw', 'gopher://h/x'] },
  {
    what: 'no service',
    status: 13,
    error: 'io.ferry.Client.Unreachable',
    argv: ['--address=unix:/nonexistent/socket', 'list-images'],
  },
  {
    what: 'an empty list',
    status: 0,
    argv: ['list'],
    handlers: { transfer: { List: async (call) => call.reply({ transfers: [] }) } },
  },
  { what: 'a pull', status: 0, argv: pull, handlers: { transfer: { Pull: async (call) => call.reply({ result }) } } },
  {
    what: 'a pull that fails',
    status: 7,
    error: 'io.ferry.Transfer.DownloadFailed',
    argv: pull,
    handlers: { transfer: { Pull: fail } },
  },
  {
    what: 'a pull that Ctrl-C leaves running',
    status: 18,
    error: 'io.ferry.Client.Detached',
    argv: pull,
    interrupt: true,
    handlers: {
      transfer: {
        Pull: async (call) => {
          call.continues({ id: 7 });
          await new Promise((resolve) => call.closed.addEventListener('abort', resolve));
        },
      },
    },
  },
  {
    what: 'a dry run',
    status: 0,
    argv: ['--dry-run', ...pull],
    handlers: { transfer: { Plan: async (call) => call.reply(plan) } },
  },
  {
    what: 'a dry run of a pull that would fail',
    status: 4,
    argv: ['--dry-run', ...pull],
    handlers: {
      transfer: { Plan: async (call) => call.reply({ ...plan, obstacles: [{ error: 'ImageExists', message: 'no' }] }) },
    },
  },
  {
    what: 'a watch that Ctrl-C ends',
    status: 0,
    argv: ['list', '--watch'],
    interrupt: true,
    handlers: { transfer: { List: async (call) => call.reply({ transfers: [] }) } },
  },
  {
    what: 'one of several transfers cannot be cancelled',
    status: 7,
    error: 'io.ferry.Transfer.DownloadFailed',
    argv: ['cancel', '1', '2', '3'],
    handlers: { transfer: { Cancel: failOnTwo } },
  },
  {
    what: 'one of several images cannot be removed',
    status: 7,
    error: 'io.ferry.Transfer.DownloadFailed',
    argv: ['remove-image', '1', '2', '3'],
    handlers: { image: { Remove: failOnTwo } },
  },
  {
    what: 'an import of what is not there',
    status: 3,
    error: 'io.ferry.Client.NotFound',
    argv: ['import-tar', '/nonexistent/x'],
  },
  {
    what: 'an export to where nothing can be written',
    status: 3,
    error: 'io.ferry.Client.NotFound',
    argv: ['export-tar', 'x', '/nonexistent/x/y'],
  },
  {
    what: 'a service that breaks the protocol',
    status: 13,
    error: 'io.ferry.Client.ProtocolError',
    argv: ['list-images'],
    handlers: {
      image: {
        List: async () => {
          throw new VarlinkError('io.ferry.Image.NoSuchImage', { message: 'no' });
        },
      },
    },
  },
];

for (const each of cases) {
  test(`exit status ${each.status}: ${each.what}`, async (t) => {
    const [status, { written }] = await statusOf(t, each);
    assert.equal(status, each.status, written.stderr);
    // Whoever reads no more than messages is told of every failure.
    if (status !== 0) assert.notEqual(written.stderr, '');
  });

  test(`--json names the error: ${each.what}`, async (t) => {
    const [status, { written }] = await statusOf(t, { ...each, argv: ['--json=short', ...each.argv] });
    assert.equal(status, each.status, written.stderr);
    const failure = writtenFailure(written.stdout);
    assert.equal(failure?.error.name, each.error);
    if (failure !== undefined) assert.ok(written.stderr.includes(failure.error.message), written.stderr);
    if (failure !== undefined) assert.equal(failure.error.exitStatus, status);
  });

  test(`as importctl there is one status of a failure, and no JSON: ${each.what}`, async (t) => {
    const [status, { written }] = await statusOf(
      t,
      { ...each, argv: ['--json=short', '-m', ...each.argv] },
      'importctl',
    );
    if (each.status !== 0) assert.equal(status, 1, written.stderr);
    assert.equal(writtenFailure(written.stdout), undefined);
  });
}

test('the manual page lists the statuses that there are, and no others', () => {
  const page = readFileSync(projectFile('units', 'man', 'ferryctl.1'), 'utf8');
  const section = /^\.SH EXIT STATUS\n([\s\S]*?)^\.SH /m.exec(page)?.[1] ?? '';
  const listed = [...section.matchAll(/^(?:\\f\[?B\]?)?(\d+)(?:\\f\[?R\]?)?$/gm)].map(([, status]) => Number(status));
  assert.deepEqual(listed, Object.values(exitStatus));
});
