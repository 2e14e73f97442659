import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { run } from '../../support/command.js';
import { compareTrees } from '../../support/images/compare-trees.js';
import { filesystemNeeds, mountedFilesystem } from '../../support/images/filesystems.js';
import { archiveNames, signedDirectory } from '../../support/images/fixtures.js';
import { needs } from '../../support/needs.js';
import { needsNginx, nginx } from '../../support/servers/nginx.js';
import { ferryHost, needsProduct } from '../../support/service/ferry-host.js';

const curiosities = 'opt/curiosities';

for (const type of ['ext4', 'btrfs'] as const) {
  test(`a Debian root tree pulled onto ${type} is what GNU tar extracts`, async (t) => {
    if (!needsProduct(t) || !needsNginx(t) || !needs(t, filesystemNeeds(type))) return;
    if (!needs(t, { programs: ['tar', 'getfattr'] })) return;
    const directory = signedDirectory(t);
    if (directory === undefined) return;
    await using server = await nginx(t, directory.path);
    await using filesystem = mountedFilesystem(t, type, 4096);
    const expected = join(filesystem.path, 'expected');
    extract(join(directory.path, 'debian.tar'), expected);
    const imageRoot = join(filesystem.path, 'images');
    mkdirSync(imageRoot);
    await using host = await ferryHost(t, { imageRoot });
    for (const name of archiveNames) {
      await t.test(name, async () => {
        const pulled = await host.ferryctl(['pull-tar', '-mN', '--verify=checksum', `${server.url}/${name}`]);
        assert.equal(pulled.status, 0, pulled.stderr);
        const found = join(imageRoot, 'debian');
        assert.deepEqual(compareTrees(expected, found, { holes: true }), []);
        // Asked of a program that shares no code with the comparison above.
        assert.equal(attributes(found), attributes(expected));
        assert.deepEqual(host.images(), ['debian']);
        run('rm', ['-rf', found]);
      });
    }
  });
}

test('a pulled tree keeps what the archive says of every kind of file', async (t) => {
  if (!needsProduct(t) || !needsNginx(t) || !needs(t, { root: true, programs: ['getfattr', 'getfacl', 'getcap'] }))
    return;
  const directory = signedDirectory(t);
  if (directory === undefined) return;
  await using server = await nginx(t, directory.path);
  await using host = await ferryHost(t);
  const pulled = await host.ferryctl(['pull-tar', '-mN', '--verify=checksum', `${server.url}/debian.tar.zst`]);
  assert.equal(pulled.status, 0, pulled.stderr);
  const found = join(host.imageRoot, 'debian', curiosities);
  const stat = (name: string, format: string) => run('stat', ['-c', format, join(found, name)]).trim();
  const table: [name: string, format: string, expected: string][] = [
    ['setuid', '%a', '4711'],
    ['setgid', '%a', '2775'],
    ['sticky', '%a', '1777'],
    ['closed', '%a', '0'],
    ['closed-directory/file', '%s', '5'],
    ['owned', '%u:%g', '4000000000:3000000000'],
    ['before-1970', '%.9Y', '-315521754.876543211'],
    ['after-2038', '%.9Y', '4102542245.987654321'],
    ['character', '%F %t,%T', 'character special file 1,3'],
    ['block', '%F %t,%T', 'block special file 7,c8'],
    ['fifo', '%F', 'fifo'],
    ['linked', '%h', '3'],
    ['absolute', '%N', `'${join(found, 'absolute')}' -> '/etc/passwd'`],
    ['n'.repeat(255), '%s', '5'],
  ];
  for (const [name, format, expected] of table) assert.equal(stat(name, format), expected, name);
  assert.match(
    run('getcap', [join(found, 'capability')]),
    /cap_sys_admin,cap_net_raw\+?=?e?p|cap_net_raw,cap_sys_admin[=+]ep/,
  );
  assert.match(run('getfacl', ['-n', '-p', join(found, 'acl-directory')]), /^default:user:1234:rwx$/m);
  assert.match(
    run('getfattr', ['-h', '-d', '-m', '-', '-e', 'hex', join(found, 'attributes')]),
    /^user\.binary=0x00ff0a3d00$/m,
  );
});

describe('the fixture', () => {
  test('has what it is meant to show', (t) => {
    const directory = signedDirectory(t);
    if (directory === undefined) return;
    const listing = run('tar', [
      '--list',
      '--verbose',
      '--numeric-owner',
      '--file',
      join(directory.path, 'debian.tar'),
    ]);
    for (const pattern of [/^-rws/m, /^c/m, /^b/m, /^p/m, /^h/m, /^l/m, /^[a-z-]+\+? 4000000000\/3000000000 /m])
      assert.match(listing, pattern);
  });
});

function extract(archive: string, target: string): void {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target);
  const parameters = [
    '--extract',
    '--numeric-owner',
    '--same-permissions',
    '--same-owner',
    '--acls',
    '--xattrs',
    '--xattrs-include=*',
  ];
  run('tar', [...parameters, '--directory', target, '--file', archive]);
}

/** Every extended attribute below a directory, by getfattr(1), less the record of where the tree came from. */
function attributes(path: string): string {
  const files = run('getfattr', ['-R', '-h', '-d', '-m', '-', '-e', 'hex', '.'], { cwd: path }).split('\n\n');
  const others = files.map((lines) => lines.replace(/^trusted\.ferry\.provenance=.*\n?/m, ''));
  return others.filter((lines) => lines.trim().includes('\n')).join('\n\n');
}
