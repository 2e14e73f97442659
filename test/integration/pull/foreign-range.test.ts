import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { run } from '../../support/command.js';
import { needs } from '../../support/needs.js';
import { foreignCount, foreignFirst, namespaceResource } from '../../support/servers/namespace-resource.js';
import { needsNginx, nginx } from '../../support/servers/nginx.js';
import { ferryHost, ferryUser, needsProduct } from '../../support/service/ferry-host.js';
import { waitFor, waitWhile } from '../../support/wait.js';

/** A user that no password file knows, and so without ids in /etc/subuid. */
const stranger = 54321;

function ready(t: TestContext): boolean {
  return (
    needsProduct(t) &&
    needsNginx(t) &&
    needs(t, { root: true, programs: ['nsenter', 'unshare', 'setpriv'], features: ['userns'] })
  );
}

/** Paths of a tree whose owner or group is not of the foreign UID range. */
function strangersIn(tree: string): string[] {
  const isOther = (id: string) => Number(id) < foreignFirst || Number(id) >= foreignFirst + foreignCount;
  const lines = run('find', [tree, '-printf', '%U %G %P\\n']).split('\n').filter(Boolean);
  return lines.filter((line) => line.split(' ').slice(0, 2).some(isOther));
}

/** What `find` tells of each entry, with owners as in the container. */
function listing(tree: string, first = 0): string[] {
  const lines = run('find', [tree, '-printf', '%U %G %m %y %s %l %P\\n']).split('\n').filter(Boolean);
  return lines
    .map((line) => {
      const [user, group, mode, type, size, ...rest] = line.split(' ');
      const sizeOf = type === 'd' ? '' : size;
      return [Number(user) - first, Number(group) - first, mode, type, sizeOf, ...rest].join(' ');
    })
    .sort();
}

/** A tree with what an owner can go wrong in. */
function makeTree(path: string): void {
  mkdirSync(join(path, 'etc/secret'), { recursive: true });
  mkdirSync(join(path, 'usr/bin'), { recursive: true });
  writeFileSync(join(path, 'etc/os-release'), 'ID=test\n');
  writeFileSync(join(path, 'etc/shadow'), 'root:*\n');
  writeFileSync(join(path, 'etc/secret/key'), 'secret\n');
  writeFileSync(join(path, 'usr/bin/passwd'), 'program\n');
  writeFileSync(join(path, 'usr/bin/ping'), 'program\n');
  run('ln', ['-s', 'passwd', join(path, 'usr/bin/chpasswd')]);
  run('ln', [join(path, 'usr/bin/ping'), join(path, 'usr/bin/ping6')]);
  run('mkfifo', [join(path, 'etc/pipe')]);
  run('chown', ['0:42', join(path, 'etc/shadow')]);
  run('chown', ['33:34', join(path, 'etc/secret')]);
  run('chown', ['-h', '7:8', join(path, 'usr/bin/chpasswd')]);
  run('chown', ['65534:65535', join(path, 'etc/pipe')]);
  run('chmod', ['0640', join(path, 'etc/shadow')]);
  run('chmod', ['0700', join(path, 'etc/secret')]);
  run('chmod', ['4755', join(path, 'usr/bin/passwd')]);
  run('setcap', ['cap_net_raw+ep', join(path, 'usr/bin/ping')]);
  run('setfacl', ['-m', 'u:5:rw,g:6:r', join(path, 'etc/os-release')]);
  run('setfacl', ['-d', '-m', 'u:9:rwx', join(path, 'etc')]);
  run('chmod', ['0755', path]);
}

/** What `getfattr` and `getfacl` tell of the files that have such things, with owners as in the container. */
function attributes(tree: string, first = 0): string[] {
  const acl = run('getfacl', ['--numeric', '--absolute-names', '--recursive', '--skip-base', tree]);
  const shifted = acl.replaceAll(/(user|group):(\d+)/g, (_all, kind, id) => `${kind}:${Number(id) - first}`);
  const capabilities = run('getcap', ['-n', '-r', tree]).replaceAll(`[rootid=${first}]`, '').replaceAll(/ +/g, ' ');
  return `${shifted.replaceAll(/^# (owner|group): (\d+)$/gm, '')}${capabilities.replaceAll(/ $/gm, '')}`
    .replaceAll(tree, '')
    .split('\n')
    .filter(Boolean);
}

/** A place of the user, and a tree and its archive. */
async function place(t: TestContext, environment: Record<string, string>) {
  const user = ferryUser(t, { user: stranger, environment });
  const source = join(user.home, 'source');
  makeTree(source);
  const archive = join(user.home, 'tree.tar');
  run('tar', ['--xattrs', '--xattrs-include=*', '--acls', '-C', source, '-cf', archive, '.']);
  const good = async (...words: string[]) => {
    const { status, stdout, stderr } = await user.ferryctl(words);
    assert.equal(status, 0, `${words.join(' ')}: ${stderr}`);
    return stdout + stderr;
  };
  return { user, source, archive, good, tree: (name: string) => join(user.imageRoot, name) };
}

/** As importctl --user leaves a tree: its root may be entered by nobody else. */
function makeAsImportctl(source: string, target: string): void {
  run('cp', ['-a', source, target]);
  const ids = run('find', [target, '-printf', '%U %G %P\\n']).split('\n').filter(Boolean);
  for (const line of ids) {
    const [user, group, ...path] = line.split(' ');
    run('chown', [
      '-h',
      `${Number(user) + foreignFirst}:${Number(group) + foreignFirst}`,
      join(target, path.join(' ')),
    ]);
  }
  run('chmod', ['4755', join(target, 'usr/bin/passwd')]);
  const acl = (...words: string[]) => run('setfacl', words);
  acl(
    '--set',
    `u::rw,u:${foreignFirst + 5}:rw,g::r,g:${foreignFirst + 6}:r,o::r,m::rw`,
    join(target, 'etc/os-release'),
  );
  acl('-k', join(target, 'etc'));
  acl('-d', '-m', `u:${foreignFirst + 9}:rwx`, join(target, 'etc'));
  run('setcap', ['-n', String(foreignFirst), 'cap_net_raw+ep', join(target, 'usr/bin/ping')]);
  run('chmod', ['0700', target]);
}

test('with systemd-nsresourced the trees of an ordinary user belong to the foreign UID range', async (t) => {
  if (!ready(t)) return;
  await using service = await namespaceResource(t);
  const { user, source, archive, good, tree } = await place(t, { FERRY_NAMESPACE_RESOURCE: service.socket });
  const check = (name: string, like = source) => {
    assert.deepEqual(strangersIn(tree(name)), []);
    assert.deepEqual(listing(tree(name), foreignFirst), listing(like));
    assert.deepEqual(attributes(tree(name), foreignFirst), attributes(like));
  };
  await t.test('import-tar', async () => {
    assert.doesNotMatch(await good('import-tar', archive, 'one'), /Cannot store/);
    check('one');
  });
  await t.test('clone and rename', async () => {
    await good('clone-image', 'one', 'two');
    check('two');
    await good('rename-image', 'two', 'three');
    check('three');
    assert.ok(!existsSync(tree('two')));
  });
  await t.test('export-tar', async () => {
    const exported = join(user.home, 'run', 'exported.tar');
    const unpacked = join(user.home, 'unpacked');
    await good('export-tar', 'three', exported);
    mkdirSync(unpacked);
    run('tar', ['--xattrs', '--xattrs-include=*', '--acls', '--numeric-owner', '-C', unpacked, '-xpf', exported]);
    const withoutPipe = (lines: string[]) => lines.filter((line) => !line.endsWith('etc/pipe'));
    assert.deepEqual(withoutPipe(listing(unpacked)), withoutPipe(listing(source)));
    assert.deepEqual(attributes(unpacked), attributes(source));
  });
  await t.test('import-fs of what the user has', async () => {
    const own = join(user.home, 'own');
    run('cp', ['-r', '--no-preserve=all', source, own]);
    run('chown', ['-hR', `${stranger}:${stranger}`, own]);
    await good('import-fs', own, 'own');
    run('chown', ['-hR', '0:0', own]);
    check('own', own);
  });
  await t.test('a tree of importctl', async () => {
    makeAsImportctl(source, tree('foreign'));
    await good('clone-image', 'foreign', 'copied');
    run('chmod', ['0700', source]);
    check('copied');
    run('chmod', ['0755', source]);
    const [shown] = JSON.parse(await good('show', '--json=short', 'foreign'));
    assert.deepEqual([shown.owners, shown.release, shown.size.unreadable], ['foreign', ['ID=test'], 0]);
    await good('export-tar', 'foreign', join(user.home, 'run', 'foreign.tar'));
    await good('rename-image', 'foreign', 'renamed');
    await good('remove-image', 'renamed', 'copied');
    assert.ok(!existsSync(tree('renamed')));
  });
  await t.test('--force replaces a tree', async () => {
    await good('import-tar', '--force', archive, 'one');
    check('one');
  });
  await t.test('what it takes is counted whole', async () => {
    const [one] = JSON.parse(await good('show', '--json=short', 'one'));
    assert.deepEqual([one.owners, one.size.unreadable], ['foreign', 0]);
    assert.match(await good('show', 'three'), /^ *Owners: foreign UID range$/m);
    assert.match(await good('df'), /machine image +3 /);
  });
  await t.test('a download is kept, copied and verified', async () => {
    const served = join(user.home, 'served');
    mkdirSync(served);
    run('cp', [archive, join(served, 'tree.tar')]);
    writeFileSync(join(served, 'SHA256SUMS'), run('sha256sum', [archive]).replace(/ .*/, '  tree.tar'));
    await using server = await nginx(t, served);
    const url = `${server.url}/tree.tar`;
    await good('pull-tar', '--verify=checksum', '--keep-download=yes', url, 'debian');
    check('debian');
    const kept = readdirSync(user.imageRoot).filter((name) => /^\.tar-.*(?<!\.proofs)$/.test(name));
    assert.deepEqual(
      kept.flatMap((name) => strangersIn(tree(name))),
      [],
    );
    assert.equal(kept.length, 1);
    await good('verify', 'debian');
    assert.match(await good('pull-tar', '--verify=checksum', url, 'again'), /cache/i);
    await good('remove-image', 'debian', 'again');
    await good('clean');
  });
  await t.test('remove', async () => {
    await good('remove-image', 'one', 'three', 'own');
    assert.deepEqual(readdirSync(user.imageRoot), []);
  });
  assert.equal(statSync(user.imageRoot).uid, stranger);
});

test('a tree that was made without the range is exported, cloned, replaced and removed as before', async (t) => {
  if (!ready(t)) return;
  await using service = await namespaceResource(t);
  const { user, archive, good, tree } = await place(t, { FERRY_NAMESPACE_RESOURCE: '' });
  for (const name of ['old', 'replaced']) await good('import-tar', archive, name);
  assert.equal(statSync(join(tree('old'), 'etc/secret')).uid, stranger);
  await waitWhile(() => user.services().length > 0);
  const environment = { FERRY_NAMESPACE_RESOURCE: service.socket };
  const later = async (...words: string[]) => {
    const { status, stdout, stderr } = await user.ferryctl(words, { environment });
    assert.equal(status, 0, `${words.join(' ')}: ${stderr}`);
    return stdout;
  };
  const [shown] = JSON.parse(await later('show', '--json=short', 'old'));
  assert.equal(shown.owners, 'host');
  await later('clone-image', 'old', 'copied');
  assert.equal(statSync(join(tree('copied'), 'etc/secret')).uid, stranger);
  await later('export-tar', 'old', join(user.home, 'run', 'old.tar'));
  await later('import-tar', '--force', archive, 'replaced');
  assert.deepEqual(strangersIn(tree('replaced')), []);
  await later('remove-image', 'old', 'copied', 'replaced');
  assert.deepEqual(readdirSync(user.imageRoot), []);
});

test('the log says whom trees belong to, and why', async (t) => {
  if (!ready(t)) return;
  await using service = await namespaceResource(t);
  await using withoutRules = await namespaceResource(t, { refuse: 'no rules' });
  await using old = await namespaceResource(t, { refuse: 'too old' });
  await using withoutGroups = await namespaceResource(t, { refuse: 'groups' });
  await using silent = await namespaceResource(t, { refuse: 'silent' });
  const logOf = async (socket: string): Promise<string> => {
    const environment = { FERRY_NAMESPACE_RESOURCE: socket, SYSTEMD_LOG_LEVEL: 'info' };
    await using host = await ferryHost(t, { user: stranger, environment });
    return await waitFor(() => /^.*(Trees belong|Owners of files).*$/m.exec(host.log())?.[0]);
  };
  assert.match(await logOf(service.socket), /^(.*: )?Trees belong to the foreign UID range \(systemd-nsresourced\)$/);
  for (const [socket, reason] of [
    ['', 'systemd-nsresourced is not to be used ($FERRY_NAMESPACE_RESOURCE)'],
    [join(service.socket, 'none'), 'systemd-nsresourced is not there'],
    [withoutRules.socket, 'systemd-nsresourced cannot work here: it needs a kernel with BPF LSM'],
    [silent.socket, 'systemd-nsresourced does not answer'],
    [old.socket, 'systemd-nsresourced is too old: it cannot map the foreign UID range'],
  ] as const) {
    const line = await logOf(socket);
    assert.ok(line.endsWith(`for you; ${reason}`), line);
  }
  const line = await logOf(withoutGroups.socket);
  assert.match(
    line,
    /for you; files cannot be given to the range that systemd-nsresourced maps: chown: .*Invalid argument$/,
  );
});
