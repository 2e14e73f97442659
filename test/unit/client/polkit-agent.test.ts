import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { needs } from '../../support/needs.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { needsTerminal, readable, runOnTerminal } from '../../support/terminal/terminal.js';
import { startFakeService } from './support/fake-service.js';

const program = fileURLToPath(new URL('../../../client/main.js', import.meta.url));
const user = '12345';

/** Stands in for pkttyagent(1): notes what it is started with, is ready after a while, and ends when it is told to. */
const agent = `#!/bin/sh
log=$(dirname "$0")/log
terminal=no
[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && terminal=yes
{
  echo "started: $*, on a terminal: $terminal"
  tr '\\0' ' ' </proc/$PPID/cmdline | grep -q 'client/main\\.js' && echo "by the client itself"
} >>"$log"
trap 'echo ended >>"$log"; exit 0' TERM
sleep 0.3
echo ready >>"$log"
exec 3>&-
while :; do sleep 0.05; done
`;

interface Asked {
  readonly log: string;
  readonly status: number | null;
  readonly shown: string;
}

interface Options {
  readonly root?: boolean;
  readonly agent?: boolean;
}

/** Runs the client as an ordinary user on a terminal, with an agent in its PATH. */
async function ask(t: TestContext, parameters: readonly string[], options: Options = {}): Promise<Asked> {
  const directory = temporaryDirectory(t);
  chmodSync(directory.path, 0o777);
  const log = directory.file('log');
  if (options.agent !== false) writeFileSync(directory.file('pkttyagent'), agent, { mode: 0o755 });
  const note = (text: string) => writeFileSync(log, `${text}\n`, { flag: 'a' });
  writeFileSync(log, '', { mode: 0o666 });
  chmodSync(log, 0o666);
  const { address, path } = startFakeService(t, {
    transfer: {
      Cancel: async (call) => {
        note(`called, interactive: ${call.parameters.allowInteractiveAuthentication}`);
        call.reply({});
      },
      List: async (call) => call.reply({ transfers: [] }),
    },
  });
  chmodSync(path, 0o666);
  const identity = options.root === true ? [] : ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups'];
  const command = [...identity, process.execPath, program, `--address=${address}`, ...parameters];
  // Only what is in this directory and the shell's own is found.
  const environment = { PATH: `${directory.path}:${options.agent === false ? '/nonexistent' : '/usr/bin:/bin'}` };
  const terminal = runOnTerminal(t, identity.length > 0 ? ['/usr/bin/setpriv', ...command.slice(1)] : command, {
    environment,
  });
  const status = await terminal.ended();
  return { log: readFileSync(log, 'utf8'), status, shown: readable(terminal.transcript()) };
}

function isPossible(t: TestContext): boolean {
  return needsTerminal(t) && needs(t, { root: true, programs: ['ps'], files: ['/usr/bin/setpriv'] });
}

test('before a call that needs rights an agent is started, and ended after it', async (t) => {
  if (!isPossible(t)) return;
  const { log, status, shown } = await ask(t, ['cancel-transfer', '1']);
  assert.deepEqual(log.split('\n'), [
    'started: --notify-fd=3 --fallback, on a terminal: yes',
    'by the client itself',
    'ready',
    'called, interactive: true',
    'ended',
    '',
  ]);
  assert.equal(shown, 'Transfer 1 cancelled.\n');
  assert.equal(status, 0);
});

const without: [what: string, parameters: string[], options: Options, log: string][] = [
  ['with --no-ask-password', ['--no-ask-password', 'cancel-transfer', '1'], {}, 'called, interactive: false\n'],
  ['for root', ['cancel-transfer', '1'], { root: true }, 'called, interactive: true\n'],
  ['where it is not installed', ['cancel-transfer', '1'], { agent: false }, 'called, interactive: true\n'],
  ['for what anyone may do', ['list-transfers', '--no-pager'], {}, ''],
];

for (const [what, parameters, options, log] of without) {
  test(`no agent is started ${what}`, async (t) => {
    if (!isPossible(t)) return;
    const asked = await ask(t, parameters, options);
    assert.equal(asked.status, 0, asked.shown);
    assert.equal(asked.log, log);
  });
}
