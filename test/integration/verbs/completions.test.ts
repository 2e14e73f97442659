import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { needs } from '../../support/needs.js';
import { projectFile } from '../../support/project.js';
import { clientProgram, type FerryUser, ferryUser, needsProduct } from '../../support/service/ferry-host.js';
import { waitFor, waitWhile } from '../../support/wait.js';

const folder = projectFile('units', 'completions');

/** The words that a shell offers after each line. */
type Shell = (lines: readonly string[], user: FerryUser) => Promise<string[][]>;

const shells: Readonly<Record<string, Shell>> = {
  async bash(lines, user) {
    // Splits at blanks and '=' as readline does; what is quoted here is plain for the function.
    const script = `
      . "$1"
      while IFS= read -r line; do
        COMP_WORDS=() COMPREPLY=()
        for word in $line; do
          while [[ $word == *?=* || ( $word == =* && $word != = ) ]]; do
            if [[ $word == =* ]]; then COMP_WORDS+=(=); word=\${word#=}
            else COMP_WORDS+=("\${word%%=*}"); word==\${word#*=}; fi
          done
          COMP_WORDS+=("$word")
        done
        [[ $line != *' ' ]] || COMP_WORDS+=('')
        COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
        complete -p "\${COMP_WORDS[0]}" >/dev/null
        _ferryctl "\${COMP_WORDS[0]}"
        for word in "\${COMPREPLY[@]}"; do printf '%s\\n' "$word"; done
        echo
      done`;
    const words = await runShell('bash', ['-c', script, 'bash', join(folder, 'ferryctl.bash')], lines, user);
    return words.map((each) => each.map((word) => word.replaceAll('\\', '')));
  },
  async zsh(lines, user) {
    return await runShell(
      'zsh',
      ['-f', projectFile('test', 'support', 'terminal', 'completions.zsh'), folder],
      lines,
      user,
    );
  },
  async fish(lines, user) {
    const script = `
      source ${folder}/ferryctl.fish
      source ${folder}/importctl.fish
      while read --local line
        complete --do-complete $line
        echo
      end`;
    const words = await runShell('fish', ['--no-config', '-c', script], lines, user);
    // A tab and a description follow; an option with a value is repeated before it.
    return words.map((each) => each.map((word) => word.replace(/\t.*/, '').replace(/^--[a-z-]+=(?=.)/, '')));
  },
};

async function runShell(program: string, parameters: readonly string[], lines: readonly string[], user: FerryUser) {
  const child: ChildProcess = spawn(program, parameters, {
    cwd: join(user.home, 'files'),
    env: { ...user.environment, TERM: 'vt100' },
    stdio: ['pipe', 'pipe', 'pipe'],
    // A shell that waits for ever is what must not be.
    timeout: 300_000,
  });
  child.stdin?.end(lines.map((line) => `${line}\n`).join(''));
  const closed = once(child, 'close');
  const [stdout, stderr] = await Promise.all(
    [child.stdout, child.stderr].map((stream) => (stream === null ? '' : text(stream))),
  );
  const [status] = await closed;
  assert.equal(status, 0, stderr);
  // An empty line after each.
  return (stdout ?? '')
    .split(/^\n/m)
    .slice(0, lines.length)
    .map((block) => block.split('\n').filter((word) => word !== ''));
}

const verbs = [
  'pull-tar',
  'pull-raw',
  'pull-oci',
  'import-tar',
  'import-raw',
  'import-fs',
  'import-oci',
  'export-tar',
  'export-raw',
  'export-oci',
  'push-oci',
  'list-transfers',
  'cancel-transfer',
  'list-images',
  'show',
  'remove-image',
  'rename-image',
  'clone-image',
  'read-only-image',
  'clean',
  'df',
  'history',
  'trust',
  'verify',
  'help',
];

const hostile = '$(touch made)`touch made`;touch made';

/** What is typed and what has to be offered then. */
const expectations: readonly (readonly [line: string, words: readonly string[]])[] = [
  ['ferryctl ', verbs],
  ['ferryctl pull', ['pull-tar', 'pull-raw', 'pull-oci']],
  ['ferryctl pull-oci --layout=', ['tree', 'mstack']],
  ['ferryctl --quiet impor', ['import-tar', 'import-raw', 'import-fs', 'import-oci']],
  ['ferryctl help cl', ['clone-image', 'clean']],
  ['ferryctl trust ', ['list', 'show', 'add', 'check']],
  ['ferryctl trust --na', ['--name']],
  ['ferryctl --class ', ['machine', 'portable', 'sysext', 'confext']],
  ['ferryctl --class=s', ['sysext']],
  ['ferryctl pull-tar --verify=', ['no', 'checksum', 'signature']],
  ['ferryctl export-tar --format=b', ['bzip2']],
  ['ferryctl --json ', ['pretty', 'short', 'off']],
  ['ferryctl --keep-download=', ['yes', 'no']],
  ['ferryctl pull-tar --k', ['--keyring', '--keep-download']],
  ['ferryctl list-transfers --k', []],
  ['ferryctl --user remove-image ', ['disk', 'tiny', 'two words', hostile, 'ext']],
  ['ferryctl --user show d', ['disk']],
  ['ferryctl --user -S remove-image ', ['ext']],
  ['ferryctl --user remove-image tiny --class sysext e', ['ext']],
  ['ferryctl --user clone-image t', ['tiny', 'two words']],
  ['ferryctl --user clone-image tiny ', []],
  ['ferryctl --user export-raw ', ['disk', 'ext']],
  ['ferryctl --user export-tar -m ', ['tiny', 'two words', hostile]],
  ['ferryctl --user export-oci -m ', ['tiny', 'two words', hostile]],
  ['ferryctl --user --host=nowhere remove-image ', []],
  ['ferryctl read-only-image tiny ', ['yes', 'no']],
  ['ferryctl import-tar ', ['a.tar.xz', 'b.tgz', 'sub']],
  ['ferryctl import-raw ', ['a.tar.xz', 'c.qcow2', 'd.raw', 'sub']],
  ['ferryctl import-fs ', ['sub']],
  ['ferryctl export-tar tiny ', ['a.tar.xz', 'b.tgz', 'c.qcow2', 'd.raw', 'e.txt', 'sub']],
  ['ferryctl --machine=.', ['.host']],
];

function makePlace(user: FerryUser): void {
  const put = (...path: string[]) => writeFileSync(join(user.home, ...path), '');
  const make = (...path: string[]) => mkdirSync(join(user.home, ...path), { recursive: true });
  for (const name of ['tiny', 'two words', hostile, '.tar-hidden']) make('state', 'machines', name);
  make('state', 'extensions');
  make('files', 'sub');
  put('state', 'machines', 'disk.raw');
  put('state', 'extensions', 'ext.sysext.raw');
  for (const name of ['a.tar.xz', 'b.tgz', 'c.qcow2', 'd.raw', 'e.txt']) put('files', name);
  make('bin');
  for (const name of ['ferryctl', 'importctl']) {
    const program = join(user.home, 'bin', name);
    writeFileSync(program, `#!/bin/sh\nFERRY_CALLED_AS=${name} exec ${process.execPath} ${clientProgram} "$@"\n`);
    chmodSync(program, 0o755);
  }
}

function userWithShells(t: import('node:test').TestContext): FerryUser | undefined {
  if (!needsProduct(t) || !needs(t, { programs: Object.keys(shells) })) return undefined;
  const user = ferryUser(t);
  makePlace(user);
  return {
    ...user,
    environment: { ...user.environment, PATH: `${join(user.home, 'bin')}:${user.environment['PATH']}` },
  };
}

function sorted(words: Iterable<string>): string[] {
  return [...new Set([...words].map((word) => word.replace(/[=/]$/, '')))].sort();
}

for (const [name, offers] of Object.entries(shells)) {
  test(`${name} offers commands, options, values, images and files, and starts nothing for it`, async (t) => {
    const user = userWithShells(t);
    if (user === undefined) return;
    const offered = await offers(
      expectations.map(([line]) => line),
      user,
    );
    for (const [index, [line, words]] of expectations.entries()) {
      assert.deepEqual(sorted(offered[index] ?? ['nothing at all']), sorted(words), line);
    }
    assert.deepEqual(user.services(), []);
    assert.ok(!readdirSync(join(user.home, 'files')).includes('made'));
  });

  test(`${name} offers the transfers of a service that runs`, async (t) => {
    const user = userWithShells(t);
    if (user === undefined) return;
    const sender = spawn(process.execPath, [clientProgram, '--user', 'import-tar', '-', 'slow'], {
      env: user.environment,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    t.after(() => sender.kill());
    await waitWhile(async () => !(await user.ferryctl(['list-transfers', '-j'])).stdout.includes('"id"'), 50);
    const lines = ['ferryctl --user cancel-transfer ', 'ferryctl --user cancel '];
    // Nothing is offered of a service that needs longer than a second to answer.
    const offered = await waitFor(async () => {
      const all = await offers(lines, user);
      return all.every((words) => words.length > 0) ? all : undefined;
    });
    assert.deepEqual(offered, [['1'], ['1']]);
  });

  test(`${name} gets no answer from a service that does not answer, and goes on`, async (t) => {
    const user = userWithShells(t);
    if (user === undefined) return;
    let connections = 0;
    mkdirSync(join(user.home, 'run', 'ferry'), { mode: 0o700 });
    const server = createServer((socket) => {
      connections += 1;
      socket.on('error', () => {});
    });
    server.listen(join(user.home, 'run', 'ferry', 'io.ferry.Transfer'));
    t.after(() => server.close());
    assert.deepEqual(await offers(['ferryctl --user cancel-transfer ', 'ferryctl cle'], user), [[], ['clean']]);
    assert.ok(connections > 0);
  });
}

test('the service that systemd would start for a connection is not connected to', async (t) => {
  const user = userWithShells(t);
  if (user === undefined) return;
  let connections = 0;
  for (const name of ['ferry', 'systemd']) mkdirSync(join(user.home, 'run', name), { mode: 0o700 });
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  server.listen(join(user.home, 'run', 'ferry', 'io.ferry.Transfer'));
  t.after(() => server.close());
  const manager = join(user.home, 'bin', 'systemctl');
  const say = (...states: string[]) => {
    writeFileSync(manager, `#!/bin/sh\nprintf '%s\\n' ${states.join(' ')}\nexit 3\n`);
    chmodSync(manager, 0o755);
  };
  const ask = async () => await user.ferryctl(['complete', 'transfers'], { environment: user.environment });
  say('active', 'inactive');
  assert.deepEqual(await ask(), { status: 0, stdout: '', stderr: '' });
  assert.equal(connections, 0);
  say('active', 'active');
  // The manager is given half a second.
  await waitWhile(async () => {
    await ask();
    return connections === 0;
  });
  assert.equal(connections, 1);
});

test('called as importctl, the same is offered', async (t) => {
  const user = userWithShells(t);
  if (user === undefined) return;
  const lines = ['importctl --user remove-image d', 'importctl pull'];
  const expected = [['disk'], ['pull-oci', 'pull-raw', 'pull-tar']];
  for (const name of ['zsh', 'fish']) {
    assert.deepEqual((await shells[name]?.(lines, user))?.map(sorted), expected, name);
  }
});
