import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { run } from '../../../client/cli/run.js';
import { attempt, run as execute } from '../../support/command.js';
import { compareTrees } from '../../support/images/compare-trees.js';
import { lineLike, re } from '../../support/like.js';
import { needs } from '../../support/needs.js';
import {
  clientProgram,
  ferryHost,
  imageRootFor,
  needsProduct,
  serviceProgram,
} from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { bridgeEndedWithStatus } from '../../support/texts/client.js';
import { tooManyLinks } from '../../support/texts/common.js';
import { waitUntil } from '../../support/wait.js';
import { fakeProcessContext } from '../../unit/client/support/process-context.js';
import { runClient } from './client.js';
import { type HandmadeContainer, handmadeContainer, serviceScript } from './handmade-container.js';
import { sshHost } from './ssh-host.js';
import { curiousTree } from './trees.js';

const programs = ['unshare', 'nsenter', 'setpriv', 'chroot', 'mount', 'tar', 'setfacl', 'setfattr', 'setcap'];

function isPossible(t: TestContext): boolean {
  return needsProduct(t) && needs(t, { root: true, programs, features: ['mount', 'userns'] });
}

function processContextOf({ runtimeDirectory }: Pick<HandmadeContainer, 'runtimeDirectory'>) {
  return fakeProcessContext({
    variables: { PATH: process.env['PATH'] },
    runtimeDirectory,
    clientProgram,
    temporaryDirectory: runtimeDirectory,
    now: Date.now,
  });
}

/** Runs the client, in this process, for which the container's note is in the host's /run. */
async function ferryctl({ name, runtimeDirectory }: HandmadeContainer, parameters: readonly string[]) {
  const context = processContextOf({ runtimeDirectory });
  const status = await run([`--machine=${name}`, '--quiet', ...parameters], context);
  return { status, ...context.written };
}

async function running(t: TestContext, privateUsers: boolean, first = 'true'): Promise<HandmadeContainer> {
  const container = await handmadeContainer(t, { privateUsers, script: serviceScript(first) });
  await waitUntil(() => existsSync(container.inside('ferry/io.ferry.Transfer')));
  return container;
}

for (const privateUsers of [false, true]) {
  const kind = privateUsers ? 'a container with private users' : 'a container';

  test(`${kind}: every verb works in it`, async (t) => {
    if (!isPossible(t)) return;
    const container = await running(t, privateUsers);
    await using directory = temporaryDirectory(t);
    const bytes = Buffer.alloc(300_000, 1);
    writeFileSync(directory.file('disk.raw'), bytes);
    const good = async (...parameters: string[]) => {
      const outcome = await ferryctl(container, [...imageRootFor(parameters, '/run/images'), ...parameters]);
      assert.deepEqual([outcome.status, outcome.stderr], [0, ''], parameters.join(' '));
      return outcome.stdout;
    };
    await good('import-raw', directory.file('disk.raw'));
    assert.deepEqual(readFileSync(container.inside('images/disk.raw')), bytes);
    // What its own root makes belongs to its own root.
    assert.equal(statSync(container.inside('images/disk.raw')).uid, privateUsers ? 100_000 : 0);
    await good('export-raw', 'disk', directory.file('back.raw'));
    assert.deepEqual(readFileSync(directory.file('back.raw')), bytes);
    await good('clone-image', 'disk', 'copy');
    await good('rename-image', 'copy', 'moved');
    await good('remove-image', 'moved');
    assert.deepEqual(
      JSON.parse(await good('--json=short', 'list-images')).map(({ name }: { name: string }) => name),
      ['disk'],
    );
    assert.match(await good('list-transfers'), /^(No transfers\.\n)?$/);
    await good('-N', '--verify=no', 'pull-raw', 'file:///run/images/disk.raw', 'pulled');
    assert.deepEqual(readFileSync(container.inside('images/pulled.raw')), bytes);
  });

  test(`${kind}: a socket that leads to the host's is not followed there`, async (t) => {
    if (!isPossible(t)) return;
    await using host = await ferryHost(t);
    const path = '/run/ferry/io.ferry.Transfer';
    const missing = `No service of Ferry listens on '${path}' in the container 'handmade' (it is missing): start ferry.socket there.\n`;
    for (const [target, says] of [
      [host.socket, missing],
      [
        `/proc/1/root${host.socket}`,
        `Cannot open the socket '${path}' in the container 'handmade': ${tooManyLinks}.\n`,
      ],
      // Who looks from outside has no number of its own there.
      [`/proc/self/root${host.socket}`, missing],
    ] as const) {
      // What is in our /var/tmp is not in the container's.
      const link = `ln -s ${target} ${path}`;
      const script = `mount -t tmpfs none /var/tmp; mkdir -m 0755 /run/ferry; ${link}; touch /run/ready; exec sleep 1000`;
      const container = await handmadeContainer(t, { privateUsers, script });
      await waitUntil(() => existsSync(container.inside('ready')));
      const { status, stderr } = await ferryctl(container, ['list-images']);
      assert.deepEqual([status, stderr], [13, says]);
      await container.kill();
    }
  });
}

test('a container of a host behind ssh is reached through the one on the other', async (t) => {
  if (!isPossible(t) || !needs(t, { programs: ['sshd', 'ssh', 'ssh-keygen'] })) return;
  const container = await running(t, true);
  const ssh = await sshHost(t, 'plain');
  const name = `ferry-test-${process.pid}`;
  // There is no other /run for a program that runs by itself.
  const note = `/run/systemd/machines/${name}`;
  mkdirSync('/run/systemd/machines', { recursive: true });
  t.after(() => rmSync(note));
  writeFileSync(note, `CLASS=container\nLEADER=${container.leader}\n`);
  const place = [`--host=${ssh.name}/${name}`, '--image-root=/run/images'];
  const { environment } = ssh;
  const bytes = Buffer.alloc(300_000, 1);
  const imported = await runClient([...place, 'import-raw', '-', 'disk'], { environment, input: bytes });
  assert.equal(imported.status, 0, imported.stderr);
  assert.equal(statSync(container.inside('images/disk.raw')).uid, 100_000);
  const exported = await runClient([...place, 'export-raw', 'disk'], { environment });
  assert.deepEqual(exported.stdout, bytes, exported.stderr);
  assert.deepEqual(new Set(ssh.commands()), new Set([`--machine=${name} bridge`]));
  await container.kill();
  const late = await runClient([`--host=${ssh.name}/${name}`, 'list'], { environment });
  assert.match(late.stderr, new RegExp(`^The container '${name}' has ended\\.$`, 'm'));
  assert.match(late.stderr, lineLike`^${bridgeEndedWithStatus(re(/'.*'/))} 13\.$`);
});

test('the service of a user in a container is reached as that user', async (t) => {
  if (!isPossible(t)) return;
  for (const privateUsers of [false, true]) {
    // The user's service takes calls of nobody else but root.
    const become = 'setpriv --reuid=1234 --regid=1234 --clear-groups';
    const script = `mkdir -p -m 0755 /run/user; mkdir -p -m 0700 /run/user/1234/ferry /run/user/1234/home
      cp /etc/passwd /run/passwd; echo 'someone:x:1234:1234::/run/user/1234/home:/bin/sh' >>/run/passwd
      mount --bind /run/passwd /etc/passwd; chown -R 1234:1234 /run/user/1234
      export HOME=/run/user/1234/home XDG_RUNTIME_DIR=/run/user/1234
      exec ${become} ${process.execPath} ${serviceProgram} --user --listen=/run/user/1234/ferry/io.ferry.Transfer`;
    const container = await handmadeContainer(t, { privateUsers, script });
    await waitUntil(() => existsSync(container.inside('user/1234/ferry/io.ferry.Transfer')));
    await using directory = temporaryDirectory(t);
    writeFileSync(directory.file('disk.raw'), Buffer.alloc(6, 1));
    const theirs = { ...container, name: 'someone@handmade' };
    const imported = await ferryctl(theirs, ['--user', 'import-raw', directory.file('disk.raw')]);
    assert.deepEqual([imported.status, imported.stderr], [0, '']);
    const image = container.inside('user/1234/home/.local/state/machines/disk.raw');
    assert.equal(statSync(image).uid, privateUsers ? 101_234 : 1234);
    await container.kill();
  }
});

test('a directory is packed on its way into a container: its descriptor does not go there', async (t) => {
  if (!isPossible(t)) return;
  const container = await running(t, false);
  await using directory = temporaryDirectory(t);
  curiousTree(directory.file('source'));
  const imported = await ferryctl(container, [
    '--image-root=/run/images',
    'import-fs',
    directory.file('source'),
    'tree',
  ]);
  assert.deepEqual([imported.status, imported.stderr], [0, '']);
  assert.deepEqual(compareTrees(directory.file('source'), container.inside('images/tree'), { holes: true }), []);
});

test('what is no socket, or not there, is named', async (t) => {
  if (!isPossible(t)) return;
  const container = await handmadeContainer(t, {
    script: 'mkdir /run/ferry; echo >/run/ferry/io.ferry.Transfer; exec sleep 1000',
  });
  await waitUntil(() => existsSync(container.inside('ferry/io.ferry.Transfer')));
  const absent = (path: string, problem: string) =>
    `No service of Ferry listens on '${path}' in the container 'handmade' (${problem}): start ferry.socket there.\n`;
  assert.equal(
    (await ferryctl(container, ['list'])).stderr,
    absent('/run/ferry/io.ferry.Transfer', 'it is not a socket'),
  );
  assert.equal(
    (await ferryctl(container, ['--user', 'list'])).stderr,
    absent('/run/user/0/ferry/io.ferry.Transfer', 'it is missing'),
  );
  const other = { ...container, name: 'nobody-here@handmade' };
  assert.equal(
    (await ferryctl(other, ['list'])).stderr,
    "Cannot find user 'nobody-here' in the container 'handmade'.\n",
  );
});

test('a socket in a container that nobody listens on is named', async (t) => {
  if (!isPossible(t)) return;
  const dead = `require('net').createServer().listen('/run/ferry/io.ferry.Transfer', () => process.kill(process.pid, 9))`;
  const script = `mkdir -m 0755 /run/ferry; ${process.execPath} -e "${dead}"; touch /run/ready; exec sleep 1000`;
  for (const [privateUsers, says] of [
    [false, "Cannot connect to the service in 'handmade': nobody listens there."],
    // What the pump itself says goes to the terminal before.
    [true, "Cannot reach Ferry in 'handmade': its pump ended with status 13."],
  ] as const) {
    const container = await handmadeContainer(t, { privateUsers, script });
    await waitUntil(() => existsSync(container.inside('ready')));
    assert.deepEqual(await ferryctl(container, ['list']), { status: 13, stdout: '', stderr: `${says}\n` });
    await container.kill();
  }
});

test('a container that has ended is not mistaken for what has its number now', async (t) => {
  if (!isPossible(t)) return;
  const container = await handmadeContainer(t, { script: 'exec sleep 1000' });
  const wrong = ['CLASS=container', `LEADER=${process.pid}`, 'LEADER_PIDFDID=1'];
  container.note(wrong);
  assert.equal((await ferryctl(container, ['list'])).stderr, "The container 'handmade' has ended.\n");
  container.note(['CLASS=container', `LEADER=${container.leader}`]);
  await container.kill();
  assert.equal((await ferryctl(container, ['list'])).stderr, "The container 'handmade' has ended.\n");
});

test('the end of a container ends what is under way in it, and leaves no file', async (t) => {
  if (!isPossible(t)) return;
  for (const privateUsers of [false, true]) {
    const container = await running(t, privateUsers, 'yes | head -c 600000000 >/run/images/big.raw');
    await using directory = temporaryDirectory(t);
    const exporting = ferryctl(container, ['--image-root=/run/images', 'export-raw', 'big', directory.file('big.raw')]);
    await waitUntil(() => readdirSync(directory.path).some((name) => statSync(join(directory.path, name)).size > 0));
    await container.kill();
    const { status, stderr } = await exporting;
    assert.equal(status, 13);
    assert.match(
      stderr,
      /^Failed to export image 'big': the service (ended in the middle of it; see the journal there \('journalctl --unit=ferry\.service'\)|closed the connection before it answered; see its log)\.$/m,
    );
    assert.deepEqual(readdirSync(directory.path), []);
  }
});

test('transfers in a container are watched from the host', async (t) => {
  if (!isPossible(t)) return;
  const container = await running(t, true);
  await using directory = temporaryDirectory(t);
  execute('mkfifo', [directory.file('pipe')]);
  const importing = ferryctl(container, ['--image-root=/run/images', 'import-raw', directory.file('pipe'), 'held']);
  const pipe = await open(directory.file('pipe'), 'w');
  await pipe.write(Buffer.alloc(300_000, 1));
  const context = processContextOf(container);
  const watching = run([`--machine=${container.name}`, 'list-transfers', '--watch', '--json=short'], context);
  await waitUntil(() => /"id":1,.*"local":"held".*"bytesDone":[1-9]/.test(context.written.stdout));
  await pipe.close();
  assert.equal((await importing).status, 0);
  await waitUntil(() => /"id":1,.*"phase":"finished".*"bytes":300000/.test(context.written.stdout));
  context.interrupt();
  assert.deepEqual([await watching, context.written.stderr], [0, '']);
});

test('without the program that makes us another user there, it is named', (t) => {
  if (!isPossible(t)) return;
  const dead = `require('net').createServer().listen('/run/ferry/io.ferry.Transfer', () => process.exit())`;
  const script = `mount --bind /dev/null "$(command -v setpriv)"; mount -t tmpfs none /run; mkdir /run/ferry
    "$1" -e "$3"; exec "$1" "$2" --machine=nobody@.host list`;
  const { status, stderr } = attempt('unshare', [
    '--mount',
    '/bin/sh',
    '-c',
    script,
    'sh',
    process.execPath,
    clientProgram,
    dead,
  ]);
  assert.deepEqual(
    [status, stderr],
    [13, "Cannot enter 'nobody@.host': the program setpriv (of util-linux) is missing.\n"],
  );
});
