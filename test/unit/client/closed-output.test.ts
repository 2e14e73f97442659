import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { like } from '../../support/like.js';
import { clientProgram, needsProduct, serviceProgram } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { cannotWriteToStandardOutput } from '../../support/texts/client.js';
import { fileSystemFull } from '../../support/texts/common.js';
import { type FakeHandlers, somePlan as plan, someResult as result, startFakeService } from './support/fake-service.js';

const done = async (call: { reply(answer: object): void }) => call.reply({});
const handlers: FakeHandlers = {
  transfer: {
    List: async (call) => call.reply({ transfers: [] }),
    Cancel: done,
    Pull: async (call) => call.reply({ result }),
    Import: async (call) => call.reply({ result }),
    Export: async (call) => call.reply({ result }),
    Plan: async (call) => call.reply(plan),
  },
  image: {
    List: async (call) => call.reply({ images: [] }),
    Clean: async (call) => call.reply({ leftovers: [] }),
    Remove: done,
    Rename: done,
    Clone: done,
    SetReadOnly: done,
  },
};

/** Every way to have something on standard output. */
const writing = [
  '--help',
  'help clean',
  '--version',
  '--class=help',
  'list-transfers',
  'list-transfers -j',

  'list-images',
  'list-images -j',
  'clean',
  'cancel-transfer -j 1',
  'pull-tar -j http://h/x',
  'pull-raw --dry-run http://h/x',
  'pull-raw --dry-run -j http://h/x',
  'import-raw -j /dev/null x',
  'import-fs -j / x',
  'export-raw -j x DIRECTORY/x',
  'remove-image -j x',
  'rename-image -j x y',
  'clone-image -j x y',
  'read-only-image -j x',
];

const full = `${cannotWriteToStandardOutput}: ${fileSystemFull}\n`;
const closed = `${cannotWriteToStandardOutput}: it is closed\n`;

/** In a shell, with redirections; standard error goes where we can read it unless these say otherwise. */
async function inShell(line: string, redirections: string) {
  const child = spawn('sh', ['-c', `${line} ${redirections}`], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { status, stderr };
}

test('no command succeeds where what it has to say cannot be written', async (t) => {
  if (!needsProduct(t)) return;
  const { address } = startFakeService(t, handlers);
  const { path } = temporaryDirectory(t);
  for (const line of writing) {
    const command = `${clientProgram} -q --address=${address} ${line.replace('DIRECTORY', path)}`;
    for (const [redirections, expected, says] of [
      ['>/dev/full', 8, full],
      ['>&-', 15, closed],
    ] as const) {
      const { status, stderr } = await inShell(command, redirections);
      assert.deepEqual(
        [status, stderr.split('\n').slice(-2).join('\n')],
        [expected, says],
        `${line} ${redirections}: ${stderr}`,
      );
    }
  }
});

test('where messages cannot be written, the exit status is that of the command', async (t) => {
  if (!needsProduct(t)) return;
  const { address } = startFakeService(t, handlers);
  for (const redirections of ['2>/dev/full', '2>&-', '2>/dev/full >/dev/null']) {
    assert.equal((await inShell(`${clientProgram} --address=${address} pull-tar http://h/x`, redirections)).status, 0);
    assert.equal((await inShell(`${clientProgram} --address=${address} frobnicate`, redirections)).status, 2);
  }
});

test('an export to a closed standard output fails', async (t) => {
  if (!needsProduct(t)) return;
  const { status } = await inShell(`${clientProgram} --address=/nonexistent export-raw x`, '>&-');
  assert.equal(status, 13);
});

test('the service does not say that it has shown what it could not', async (t) => {
  if (!needsProduct(t)) return;
  for (const option of ['--help', '--version']) {
    for (const redirection of ['>/dev/full', '>&-']) {
      const { status, stderr } = await inShell(`${serviceProgram} ${option}`, redirection);
      assert.equal(status, 1);
      assert.match(stderr, like`^ferryd: ${cannotWriteToStandardOutput}: (ENOSPC|EBADF): [^\n]*\n$`);
    }
  }
});
