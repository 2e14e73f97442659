/** What a command that failed says to programs: its exit status, and the JSON on standard output. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { clientStatuses, exitStatus, exitStatusOf, foreignStatuses } from '../../../../common/exit-statuses.js';
import { VarlinkError } from '../../../../varlink/error.js';
import type { TypeExpression } from '../../../../varlink/idl/ast.js';
import { parseInterface } from '../../../../varlink/idl/parse.js';
import { projectFile } from '../../../support/project.js';
import { failOnTwo, pull, statusOf, writtenFailure } from '../support/statuses.js';

/** A value that fits. */
function example(type: TypeExpression): unknown {
  if (type.kind === 'nullable') return null;
  return type.kind === 'int' ? 5 : 'text';
}

/** Every error of the interfaces, with something of each of its parameters. */
const declaredErrors = readdirSync(projectFile('interfaces'))
  .filter((file) => file.endsWith('.varlink'))
  .flatMap((file) => {
    const { name, members } = parseInterface(readFileSync(projectFile('interfaces', file), 'utf8'));
    return members.flatMap((member) => {
      if (member.kind !== 'error') return [];
      const fields = member.parameters.fields.map((field) => [field.name, example(field.type)] as const);
      return [{ name: `${name}.${member.name}`, parameters: Object.fromEntries(fields) }];
    });
  });
const otherErrors = [...Object.keys(foreignStatuses), 'io.ferry.Transfer.OfTheFuture']
  .filter((name) => !declaredErrors.some((declared) => declared.name === name))
  .map((name) => ({ name, parameters: {} }));

for (const { name, parameters } of [...declaredErrors, ...otherErrors]) {
  test(`${name} ends with the status of its row, and --json has its name and facts`, async (t) => {
    const [status, { written }] = await statusOf(t, {
      argv: ['--json=pretty', ...pull],
      handlers: {
        transfer: {
          Pull: async () => {
            throw new VarlinkError(name, parameters);
          },
        },
      },
    });
    assert.equal(status, exitStatus[exitStatusOf(name)], written.stderr);
    const { error } = JSON.parse(written.stdout);
    assert.equal(`${error.message}\n`, written.stderr);
    const facts = Object.fromEntries(Object.entries(parameters).filter(([key]) => key !== 'message'));
    assert.deepEqual({ ...error, message: '' }, { name, message: '', exitStatus: status, facts });
  });
}

test('too many waiting calls are a busy service', async (t) => {
  const busy = { origin: 'linux', errno: 16, errnoName: 'EBUSY' };
  const [status] = await statusOf(t, {
    argv: ['list-images'],
    handlers: {
      image: {
        List: async () => {
          throw new VarlinkError('io.systemd.System', busy);
        },
      },
    },
  });
  assert.equal(status, 5);
});

test('what is done of several things before and after the one that fails stays done, and --json has both', async (t) => {
  const [status, { written }] = await statusOf(t, {
    argv: ['--json=short', 'cancel', '1', '2', '3'],
    handlers: { transfer: { Cancel: failOnTwo } },
  });
  assert.equal(status, 7);
  const error = {
    name: 'io.ferry.Transfer.DownloadFailed',
    message: 'Failed to cancel transfer 2: no.',
    exitStatus: 7,
    facts: { url: 'http://h/x', status: 404 },
  };
  assert.deepEqual(writtenFailure(written.stdout), { error, errors: [error], done: [{ id: 1 }, { id: 3 }] });
});

test('the first of several failures gives the status, and --json lists all of them', async (t) => {
  const kinds = [
    new VarlinkError('io.ferry.Transfer.NoSuchTransfer', { message: 'no', id: 1 }),
    new VarlinkError('io.ferry.Transfer.FileSystemError', { message: 'no', path: '/x', errorName: 'EIO' }),
  ];
  const [status, { written }] = await statusOf(t, {
    argv: ['--json=short', 'cancel', '1', '2'],
    handlers: {
      transfer: {
        Cancel: async () => {
          throw kinds.shift();
        },
        List: async (call) => call.reply({ transfers: [] }),
      },
    },
  });
  assert.equal(status, 3);
  const failure = writtenFailure(written.stdout);
  assert.deepEqual(
    failure?.errors?.map((error) => [error.name, error.exitStatus]),
    [
      ['io.ferry.Transfer.NoSuchTransfer', 3],
      ['io.ferry.Transfer.FileSystemError', 15],
    ],
  );
  assert.deepEqual([failure?.error, failure?.done], [failure?.errors?.[0], []]);
});

test('an image on standard output is not followed by JSON', async (t) => {
  for (const file of [[], ['-']]) {
    const [status, { written }] = await statusOf(t, {
      argv: ['--json=short', 'export-raw', 'x', ...file],
      handlers: {
        transfer: {
          Export: async () => {
            throw new VarlinkError('io.ferry.Transfer.NoSuchImage', { message: 'no', name: 'x' });
          },
        },
      },
    });
    assert.deepEqual([status, written.stdout], [3, '']);
  }
});

test('--json counts however it is written, in a command line that is wrong too', async (t) => {
  for (const argv of [
    ['--frob', '-j'],
    ['--js=short', '--frob'],
    ['--json', 'short', '--frob'],
    ['-jm', 'frob'],
  ]) {
    const [status, { written }] = await statusOf(t, { argv });
    assert.equal(status, 2);
    assert.equal(JSON.parse(written.stdout).error.name, 'io.ferry.Client.InvalidUsage', argv.join(' '));
  }
  for (const argv of [
    ['--json=x', 'list'],
    ['--json=off', 'frob'],
    ['--', '--json=short', 'x'],
  ]) {
    const [status, { written }] = await statusOf(t, { argv });
    assert.deepEqual([status, written.stdout], [2, ''], argv.join(' '));
  }
});

test('every name of an error of the client is in use', () => {
  const sources = readdirSync(projectFile('client'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => readFileSync(projectFile('client', path), 'utf8'))
    .join('');
  assert.deepEqual(
    Object.keys(clientStatuses).filter((name) => !new RegExp(`['.]${name}'`).test(sources)),
    [],
  );
});
