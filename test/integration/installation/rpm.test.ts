import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../../support/command.js';
import { needs } from '../../support/needs.js';
import { inCopy } from './copy-of-host.js';
import { makePackages } from './made-packages.js';

/** What the service is told in the place of systemd-importd, and nothing in /usr/bin, which RPM cannot keep aside. */
const inPlaceOfImportd = [
  '/usr/lib/systemd/system/ferry-importd-aside.socket',
  '/usr/lib/systemd/system/ferry.service.d',
  '/usr/lib/systemd/system/ferry.service.d/importd.conf',
  '/usr/lib/systemd/system/systemd-importd.service.d',
  '/usr/lib/systemd/system/systemd-importd.service.d/ferry.conf',
  '/usr/lib/systemd/system/systemd-importd.socket.d',
  '/usr/lib/systemd/system/systemd-importd.socket.d/ferry.conf',
];

test('the RPM packages hold what the Debian ones do, and demand what they need', (t) => {
  const packages = makePackages(t, 'rpm');
  const debian = makePackages(t, 'deb');
  if (packages === undefined || debian === undefined) return;
  const { ferry = '', 'ferry-importd': importd = '' } = packages;
  const own = (paths: string[]) =>
    paths.filter((path) => path.startsWith('/usr/lib/ferry/') && !path.endsWith('/')).sort();
  const listed = run('dpkg-deb', ['--contents', debian['ferry'] ?? '']).matchAll(/ \.(\/\S*)(?: -> \S+)?$/gm);
  const directories = run('rpm', ['-qp', '--qf', '[%{FILEMODES:perms} %{FILENAMES}\\n]', ferry])
    .split('\n')
    .filter((line) => !line.startsWith('d'))
    .map((line) => line.split(' ')[1] ?? '');
  assert.deepEqual(own(directories), own([...listed].map(([, path]) => path ?? '')));
  assert.ok(own(directories).length > 40);
  assert.deepEqual(run('rpm', ['-qpl', importd]).trim().split('\n'), inPlaceOfImportd);
  const demands = (path: string) => run('rpm', ['-qpR', path]).split('\n');
  for (const each of ['/usr/bin/node', 'systemd >= 252', 'libzstd.so.1()(64bit)'])
    assert.ok(demands(ferry).includes(each), each);
  assert.ok(demands(importd).includes('systemd-container >= 257'));
});

/** A transaction of rpm, and then what its scripts told systemctl. */
const transaction = (words: string) =>
  `: >/calls; rpm --dbpath /rpmdb --nodeps ${words} >&2; echo 'rpm ${words}'; cat /calls`;
const bothSockets = 'systemd-importd.socket ferry.socket';

test('RPM packages are installed, run, are upgraded and removed, and tell systemd what to do', (t) => {
  if (!needs(t, { programs: ['rpm', 'rpmbuild'] })) return;
  // Made there, for that system does not see what else is mounted here.
  const make = (output: string, version: string) =>
    `SOURCE_DATE_EPOCH=1700000000 node build/tools/package/main.js --output=${output} --version=${version} rpm >&2`;
  const outcome = inCopy(
    t,
    `echo 257 >/version; cd /mnt; ${make('/first', '1.0.0')}; ${make('/next', '1.0.1')}
    cd /; userdel ferry-stream 2>/dev/null || true; rm -f /usr/bin/ferryctl; mkdir -p /rpmdb /var/lib/machines/kept
    ${transaction('-i /first/ferry-1*.rpm')}
    getent passwd ferry-stream | cut -d: -f1
    echo content >/file; timeout 300 ferryctl import-raw -m --image-root=/images /file image >&2; cat /images/image.raw
    ${transaction('-U /next/ferry-1*.rpm')}
    rpm --dbpath /rpmdb -q --qf '%{VERSION}\n' ferry
    ${transaction('-i /next/ferry-importd-1*.rpm')}
    ${transaction('-e ferry-importd')}
    ${transaction('-e ferry')}
    find /usr /etc/systemd -name '*ferry*' ! -path '/usr/share/doc/*' ! -path '*/node_modules/*'; ls -d /var/lib/machines/kept`,
  );
  if (outcome === undefined) return;
  assert.equal(outcome.status, 0, outcome.stderr);
  assert.deepEqual(outcome.stdout.trim().split('\n'), [
    'rpm -i /first/ferry-1*.rpm',
    'systemctl --quiet --global enable ferry.socket',
    'systemctl --quiet enable ferry.socket',
    'systemctl daemon-reload',
    'systemctl start ferry.socket',
    'ferry-stream',
    'content',
    // A running service ends by itself, and what was disabled stays so.
    'rpm -U /next/ferry-1*.rpm',
    'systemctl daemon-reload',
    'systemctl start ferry.socket',
    'systemctl daemon-reload',
    '1.0.1',
    'rpm -i /next/ferry-importd-1*.rpm',
    'systemctl daemon-reload',
    `systemctl --quiet stop ${bothSockets} systemd-importd.service ferry.service`,
    `systemctl start ${bothSockets}`,
    'rpm -e ferry-importd',
    `systemctl --quiet stop ${bothSockets} systemd-importd.service ferry-importd-aside.socket ferry.service`,
    'systemctl daemon-reload',
    `systemctl start ${bothSockets}`,
    'rpm -e ferry',
    'systemctl --quiet --global disable ferry.socket',
    'systemctl --quiet disable --now ferry.socket',
    'systemctl --quiet stop ferry.service',
    'systemctl daemon-reload',
    '/var/lib/machines/kept',
  ]);
});
