import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { run } from '../../../client/cli/run.js';
import { VarlinkError } from '../../../varlink/error.js';
import { projectFile } from '../../support/project.js';
import { type FakeHandlers, somePlan as plan, someResult as result, startFakeService } from './support/fake-service.js';
import { type FakeProcessContext, fakeProcessContext } from './support/process-context.js';

/** What can become of a command, as the manual page lists it. */
interface Case {
  readonly what: string;
  readonly status: 0 | 1;
  readonly argv: readonly string[];
  readonly handlers?: FakeHandlers;
  /** Pressed once the service has been called. */
  readonly interrupt?: true;
}

const fail = async (): Promise<never> => {
  throw new VarlinkError('io.ferry.Transfer.DownloadFailed', { message: 'no' });
};
/** The second of several things fails. */
const failOnTwo = async (call: { parameters: { id?: unknown; name?: unknown }; reply(answer: object): void }) => {
  if (String(call.parameters.id ?? call.parameters.name) === '2') await fail();
  call.reply({});
};
const pull = ['pull-tar', 'http://h/x'];

const cases: readonly Case[] = [
  { what: 'help', status: 0, argv: ['--help'] },
  { what: 'help of a verb', status: 0, argv: ['help', 'clean'] },
  { what: 'the version', status: 0, argv: ['--version'] },
  { what: 'the values of an option', status: 0, argv: ['--verify=help'] },
  { what: 'no such verb', status: 1, argv: ['frob'] },
  { what: 'no such option', status: 1, argv: ['--frob', 'list-images'] },
  { what: 'a bad value', status: 1, argv: ['--class=x', 'list-images'] },
  { what: 'too few arguments', status: 1, argv: ['pull-tar'] },
  { what: 'no service', status: 1, argv: ['--address=unix:/nonexistent/socket', 'list-images'] },
  {
    what: 'an empty list',
    status: 0,
    argv: ['list'],
    handlers: { transfer: { List: async (call) => call.reply({ transfers: [] }) } },
  },
  { what: 'a pull', status: 0, argv: pull, handlers: { transfer: { Pull: async (call) => call.reply({ result }) } } },
  { what: 'a pull that fails', status: 1, argv: pull, handlers: { transfer: { Pull: fail } } },
  {
    what: 'a pull that Ctrl-C leaves running',
    status: 1,
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
    status: 1,
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
    status: 1,
    argv: ['cancel', '1', '2', '3'],
    handlers: { transfer: { Cancel: failOnTwo } },
  },
  {
    what: 'one of several images cannot be removed',
    status: 1,
    argv: ['remove-image', '1', '2', '3'],
    handlers: { image: { Remove: failOnTwo } },
  },
  { what: 'an import of what is not there', status: 1, argv: ['import-tar', '/nonexistent/x'] },
  { what: 'an export to where nothing can be written', status: 1, argv: ['export-tar', 'x', '/nonexistent/x/y'] },
];

async function statusOf(
  t: TestContext,
  { argv, handlers = {}, interrupt }: Case,
): Promise<[number, FakeProcessContext]> {
  const context = fakeProcessContext();
  const { address } = startFakeService(t, handlers);
  const place = argv.some((word) => word.startsWith('--address')) ? [] : [`--address=${address}`];
  const running = run([...place, ...argv], context);
  const timer = setInterval(() => interrupt && context.interrupt(), 50);
  try {
    return [await running, context];
  } finally {
    clearInterval(timer);
  }
}

for (const each of cases) {
  test(`exit status ${each.status}: ${each.what}`, async (t) => {
    const [status, { written }] = await statusOf(t, each);
    assert.equal(status, each.status, written.stderr);
    // Whoever reads no more than messages is told of every failure.
    if (status !== 0) assert.notEqual(written.stderr, '');
  });
}

test('the manual page lists the statuses that there are, and no others', () => {
  const page = readFileSync(projectFile('units', 'man', 'ferryctl.1.md'), 'utf8');
  const section = /^## Exit status\n([\s\S]*?)^## /m.exec(page)?.[1] ?? '';
  const listed = [...section.matchAll(/^### (\d+)$/gm)].map(([, status]) => Number(status));
  assert.deepEqual(listed, [...new Set(cases.map(({ status }) => status))].sort());
});

test('what is done of several things before and after the one that fails stays done', async (t) => {
  const [status, { written }] = await statusOf(t, {
    what: '',
    status: 1,
    argv: ['--json=short', 'cancel', '1', '2', '3'],
    handlers: { transfer: { Cancel: failOnTwo } },
  });
  assert.deepEqual([status, written.stdout], [1, '[{"id":1},{"id":3}]\n']);
});
