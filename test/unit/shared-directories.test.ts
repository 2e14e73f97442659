import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type TestContext, test } from 'node:test';
import { checkDirectory, userAddress } from '../../client/connect/address.js';
import { HostRoute } from '../../client/connect/host.js';
import { parseHost } from '../../client/connect/places.js';
import { openTarget } from '../../client/transfer/export-target.js';
import { setAttribute } from '../../linux/attributes.js';
import { runtimeDirectory } from '../../service/daemon/runtime-directory.js';
import { claimSocket } from '../../service/daemon/socket.js';
import { openPartial, partialName } from '../../service/images/pristine/partial.js';
import { ownAttribute } from '../../service/images/pristine/record.js';
import { attempt } from '../support/command.js';
import { needs } from '../support/needs.js';
import { projectFile } from '../support/project.js';
import { clientProgram, needsProduct, serviceProgram } from '../support/service/ferry-host.js';
import { ownDirectory, temporaryDirectory } from '../support/temporary.js';
import { belongsToUser, modeGivesOthersRights, removeItOrSetRuntimeDirectory } from '../support/texts/client.js';
import { cannotUseDirectory, othersMayWrite } from '../support/texts/transfers.js';
import { fakeProcessContext } from './client/support/process-context.js';

// What anybody may have put under a name that is known beforehand, in /tmp or wherever else many may write.

const own = process.getuid?.() ?? 0;
const stranger = 4711;

/** A directory as /tmp is. */
function sharedDirectory(t: TestContext): string {
  const { path } = temporaryDirectory(t);
  chmodSync(path, 0o1777);
  return path;
}

/** A directory of somebody else's, as /run/user/4711 is to root who came by su(1). */
function strangersDirectory(t: TestContext, mode = 0o700): string {
  const { path } = temporaryDirectory(t);
  chownSync(path, stranger, stranger);
  chmodSync(path, mode);
  return path;
}

test('no program keeps or looks for code in a directory that any user can make first', (t) => {
  if (!needsProduct(t)) return;
  const shared = sharedDirectory(t);
  for (const program of [clientProgram, serviceProgram]) {
    const { status } = attempt(process.execPath, [program, '--version'], {
      environment: { TMPDIR: shared, NODE_COMPILE_CACHE: undefined },
    });
    assert.equal(status, 0);
    assert.doesNotMatch(readFileSync(program, 'utf8'), /CompileCache\b/);
  }
  assert.deepEqual(readdirSync(shared), []);
});

test('no source names a file below /tmp or /var/tmp', () => {
  const folders = ['service', 'client', 'varlink', 'tools', 'units'];
  const paths = folders.flatMap((folder) =>
    readdirSync(projectFile(folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
  );
  const naming = paths
    .filter((path) => /\.(ts|sh|service|socket|conf)$/.test(path))
    .filter((path) =>
      /['"`= ]\/(var\/)?tmp\b/.test(readFileSync(projectFile(path), 'utf8').replace(/^\s*(\/\/|\/?\*|#).*$/gm, '')),
    );
  // They make a directory there that only the user can enter, or a file without a name.
  assert.deepEqual(naming.sort(), [
    'client/cli/process.ts',
    'service/daemon/runtime-directory.ts',
    'service/sandbox/reach.ts',
    'service/transfers/unnamed-file.ts',
  ]);
});

test('the client keeps neither socket nor log in a runtime directory of somebody else', (t) => {
  if (!needs(t, { root: true })) return;
  const places = { userId: own, runtimeDirectory: '/run', temporaryDirectory: '/tmp' };
  const foreign = strangersDirectory(t);
  const address = userAddress({ ...places, environment: { runtimeDirectory: foreign } });
  assert.throws(() => checkDirectory(address, own), {
    message: `Cannot use '${foreign}': ${belongsToUser(stranger)} 0; set $XDG_RUNTIME_DIR to a directory of your own`,
  });
  const shared = sharedDirectory(t);
  mkdirSync(`${shared}/ferry`);
  const trap = userAddress({ ...places, environment: { runtimeDirectory: shared } });
  checkDirectory(trap, own);
  chmodSync(`${shared}/ferry`, 0o775);
  assert.throws(() => checkDirectory(trap, own), {
    message: `Cannot use '${shared}/ferry': ${modeGivesOthersRights(775)}; ${removeItOrSetRuntimeDirectory}`,
  });
  chmodSync(shared, 0o777);
  assert.throws(() => checkDirectory(trap, own), /its mode is 0777/);
});

test("ssh's control socket is not in a runtime directory of somebody else", (t) => {
  if (!needs(t, { root: true })) return;
  const directory = temporaryDirectory(t);
  writeFileSync(directory.file('ssh'), '#!/bin/sh\n', { mode: 0o755 });
  for (const [runtime, used] of [
    [strangersDirectory(t), false],
    [temporaryDirectory(t).path, true],
  ] as const) {
    mkdirSync(directory.file('tmp'), { recursive: true });
    const env = { PATH: process.env['PATH'], SYSTEMD_SSH: directory.file('ssh'), XDG_RUNTIME_DIR: runtime };
    const route = new HostRoute(
      parseHost('host'),
      undefined,
      fakeProcessContext({ variables: env, userId: own, temporaryDirectory: directory.file('tmp') }),
    );
    void route.open().then((stream) => stream.on('error', () => {}));
    assert.deepEqual([readdirSync(runtime).length, readdirSync(directory.file('tmp')).length], used ? [1, 0] : [0, 1]);
    route.close();
  }
});

test('the service keeps neither lock nor notes where somebody else may write', async (t) => {
  if (!needs(t, { root: true })) return;
  const [foreign, shared] = [strangersDirectory(t), sharedDirectory(t)];
  const ofStranger = (path: string) => cannotUseDirectory(path, `${belongsToUser(stranger)} 0`);
  assert.throws(() => runtimeDirectory('user', { XDG_RUNTIME_DIR: foreign }, own), { message: ofStranger(foreign) });
  await assert.rejects(claimSocket(`${foreign}/socket`, 'user'), { message: ofStranger(foreign) });
  symlinkSync(`${foreign}/victim`, `${shared}/socket.lock`);
  await assert.rejects(claimSocket(`${shared}/socket`, 'system'), {
    message: cannotUseDirectory(shared, othersMayWrite(1777)),
  });
  assert.deepEqual([readdirSync(foreign), readdirSync(shared)], [[], ['socket.lock']]);
  const claim = await claimSocket(temporaryDirectory(t).file('socket'), 'system');
  assert.ok('lock' in claim);
  claim.lock[Symbol.dispose]();
});

test('a lock that is a symbolic link is not followed', async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(directory.file('victim'), 'kept');
  symlinkSync(directory.file('victim'), directory.file('socket.lock'));
  await assert.rejects(claimSocket(directory.file('socket'), 'user'), { code: 'ELOOP' });
  assert.equal(readFileSync(directory.file('victim'), 'utf8'), 'kept');
});

test('a partial download that is not our own, or that others may write to, is not gone on with', (t) => {
  if (!needs(t, { root: true })) return;
  const root = sharedDirectory(t);
  const url = 'http://host.invalid/x.raw';
  const path = `${root}/${partialName(url)}`;
  const record = { url, validator: '"1"', total: 9, offset: 4 };
  writeFileSync(path, 'done', { mode: 0o644 });
  setAttribute(path, ownAttribute('partial'), Buffer.from(JSON.stringify(record)));
  const taken = () => {
    const partial = openPartial(root, url);
    return partial?.record.offset ?? null;
  };
  chmodSync(path, 0o666);
  assert.equal(taken(), null);
  chmodSync(path, 0o644);
  chownSync(path, stranger, stranger);
  assert.equal(taken(), null);
  chownSync(path, own, own);
  assert.equal(taken(), 4);
});

test('an export does not follow a link that somebody else made in a shared directory', async (t) => {
  if (!needs(t, { root: true })) return;
  const directory = temporaryDirectory(t);
  writeFileSync(directory.file('victim'), 'kept');
  const shared = sharedDirectory(t);
  const trap = `${shared}/disk.raw`;
  symlinkSync(directory.file('victim'), trap);
  {
    await using target = await openTarget(trap);
    assert.equal(target.path, `'${directory.file('victim')}'`);
  }
  attempt('chown', ['-h', `${stranger}`, trap]);
  symlinkSync(trap, directory.file('link'));
  for (const [file, link] of [
    [trap, trap],
    [directory.file('link'), trap],
  ] as const) {
    await assert.rejects(openTarget(file), {
      message: `Cannot export to '${link}': it is a symbolic link that user ${stranger} made in a shared directory`,
    });
  }
  assert.equal(readFileSync(directory.file('victim'), 'utf8'), 'kept');
  assert.ok(lstatSync(trap).isSymbolicLink());
});

test('the tests use no directory with a fixed name that somebody else has made', (t) => {
  if (!needs(t, { root: true })) return;
  const script = projectFile('test', 'support', 'mirror.sh');
  const usable = (path: string) => attempt('bash', ['-c', '. "$0"; own_directory "$1"', script, path]).status === 0;
  const shared = sharedDirectory(t);
  assert.equal(ownDirectory(`${shared}/new`), `${shared}/new`);
  assert.ok(usable(`${shared}/new`));
  chmodSync(`${shared}/new`, 0o777);
  symlinkSync('new', `${shared}/link`);
  mkdirSync(`${shared}/theirs`);
  chownSync(`${shared}/theirs`, stranger, stranger);
  for (const name of ['new', 'link', 'theirs']) {
    assert.throws(() => ownDirectory(`${shared}/${name}`), {
      message: `Cannot use ${shared}/${name}: others may write there; remove it`,
    });
    assert.equal(usable(`${shared}/${name}`), false);
  }
});
