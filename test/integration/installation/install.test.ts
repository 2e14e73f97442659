import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { lineLike } from '../../support/like.js';
import { needs } from '../../support/needs.js';
import { projectFile } from '../../support/project.js';
import { cannotWriteToStandardOutput } from '../../support/texts/client.js';
import { inCopy } from './copy-of-host.js';

/** What each version must find in what is installed for it. */
const versions: [version: number, account: string, credential: boolean, attributes: boolean][] = [
  [252, 'u', false, false],
  [254, 'u', true, false],
  [257, 'u!', true, false],
  [262, 'u!', true, true],
];

for (const [version, account, credential, attributes] of versions) {
  test(`install.sh writes what systemd ${version} understands, and nothing else`, (t) => {
    const outcome = inCopy(
      t,
      `echo ${version} >/version; /mnt/install.sh >&2; cat /usr/lib/sysusers.d/ferry.conf /usr/lib/systemd/system/ferry.service
      find /usr/lib/systemd -name varlink-attributes.conf; getent passwd ferry-stream; ls /etc/systemd/system/sockets.target.wants`,
    );
    if (outcome === undefined) return;
    assert.equal(outcome.status, 0, outcome.stderr);
    const { stdout } = outcome;
    assert.ok(stdout.startsWith(`${account} ferry-stream - `), stdout);
    assert.equal(/^ImportCredential=/m.test(stdout), credential);
    assert.equal((stdout.match(/varlink-attributes\.conf$/gm) ?? []).length, attributes ? 2 : 0);
    assert.match(stdout, /^ferry-stream:/m);
    // All else is in it as it is written, above all what confines the service.
    const written = readFileSync(projectFile('units/ferry.service'), 'utf8').match(/^\w+=.*$/gm) ?? [];
    const lines = written.filter((line) => !/^ImportCredential=|@NODE@/.test(line));
    assert.ok(lines.length > 20);
    for (const line of lines) assert.ok(stdout.split('\n').includes(line), line);
    assert.match(stdout, /^ferry\.socket$/m);
  });
}

test('install.sh brings the trust entries of publishers with their keys, which every user can read', (t) => {
  const outcome = inCopy(
    t,
    `echo 252 >/version; umask 077; /mnt/install.sh >&2; cd /usr/lib/ferry/trust.d
    for file in *; do cmp $file /mnt/trust/$file; stat -c '%n %U %a' $file; done; stat -c '%n %U %a' .`,
  );
  if (outcome === undefined) return;
  const names = readdirSync(projectFile('trust')).filter((name) => name !== 'sources.json');
  const files = names.sort().map((name) => `${name} root 644\n`);
  assert.deepEqual([outcome.status, outcome.stdout], [0, `${files.join('')}. root 755\n`], outcome.stderr);
});

test('units for systemd 252 are such that it finds no fault with them', (t) => {
  if (!needs(t, { programs: ['systemd-analyze'] })) return;
  const outcome = inCopy(
    t,
    `systemctl.real --version | sed -n '1s/^systemd \\([0-9]*\\).*/\\1/p' >/version; /mnt/install.sh >&2
    cp /usr/bin/systemctl.real /usr/bin/systemctl
    systemd-analyze verify --man=no /usr/lib/systemd/system/ferry.service /usr/lib/systemd/system/ferry.socket 2>&1 | grep -i ferry || true`,
  );
  if (outcome === undefined) return;
  assert.deepEqual([outcome.status, outcome.stdout], [0, ''], outcome.stderr);
});

test('an installation that is interrupted leaves the host as it was', (t) => {
  const outcome = inCopy(
    t,
    `echo 252 >/version; sh /state >/before
    sed -i 's/^END_OF_NOTHING$//; 2i [ "$1" != daemon-reload ] || { kill -TERM $PPID; sleep 1; }' /usr/bin/systemctl
    if /mnt/install.sh; then exit 1; fi
    sed -i 2d /usr/bin/systemctl; sh /state >/after; diff /before /after`,
  );
  if (outcome !== undefined) assert.deepEqual([outcome.status, outcome.stdout], [0, ''], outcome.stderr);
});

/** An older Ferry with a file of its own, so that what is put back can be told from what is new. */
const anOlderOne =
  'echo 252 >/version; /mnt/install.sh >&2; echo old >>/usr/lib/ferry/ferryctl; : >/usr/lib/ferry/older';

test('an upgrade that has no room to keep the old programs leaves them as they were', (t) => {
  const outcome = inCopy(
    t,
    `${anOlderOne}; sh /state >/before; mount -t tmpfs -o size=64k tmpfs /tmp
    if /mnt/install.sh; then echo "it did not fail"; exit 1; fi
    sh /state | diff /before -; ls -A /tmp`,
  );
  if (outcome === undefined) return;
  assert.deepEqual([outcome.status, outcome.stdout], [0, ''], outcome.stderr);
  assert.match(outcome.stderr, /No space left on device/);
  assert.match(outcome.stderr, /^install\.sh: failed; the system is as it was before$/m);
});

test('what cannot be put back after a failed upgrade is kept, and said where', (t) => {
  const outcome = inCopy(
    t,
    `${anOlderOne}; mount -t tmpfs tmpfs /tmp; mkdir /fake; cp /usr/lib/ferry/ferryctl /ferryctl.old
    printf '#!/bin/sh\\ncase "$2" in */tree/usr/lib/ferry) exit 1 ;; esac\\nexec /usr/bin/cp "$@"\\n' >/fake/cp; chmod 755 /fake/cp
    echo 'systemctl daemon-reload' >/failing
    if PATH=/fake:$PATH /mnt/install.sh; then echo "it did not fail"; exit 1; fi
    ls /tmp/*/tree/usr/lib/ferry/older; cmp /ferryctl.old /tmp/*/tree/usr/lib/ferry/ferryctl`,
  );
  if (outcome === undefined) return;
  assert.equal(outcome.status, 0, outcome.stderr);
  const said = /^install\.sh: failed, and not all could be put back: what was there before is in (\S+)$/m;
  assert.equal(`${outcome.stderr.match(said)?.[1]}/usr/lib/ferry/older\n`, outcome.stdout, outcome.stderr);
});

test('install.sh --uninstall finishes what a first run has left, and has nothing to do after that', (t) => {
  const outcome = inCopy(
    t,
    `echo 252 >/version; useradd --system ferry-stream; sh /state >/before; /mnt/install.sh >&2
    rm -f /usr/lib/systemd/system/ferry.service /usr/lib/systemd/system/ferry.socket
    /mnt/install.sh --uninstall >&2; sh /state | diff /before -
    /mnt/install.sh --uninstall >&2; sh /state | diff /before -; ls /active 2>/dev/null || true
    echo 'systemctl --quiet stop ferry.socket ferry.service' >/failing
    if /mnt/install.sh --uninstall >&2; then echo "a unit that cannot be stopped is no failure"; fi`,
  );
  if (outcome !== undefined) assert.deepEqual([outcome.status, outcome.stdout], [0, ''], outcome.stderr);
});

test('an installed program says so when its output is closed', (t) => {
  const outcome = inCopy(
    t,
    `echo 252 >/version; /mnt/install.sh >&2
    for name in ferryctl ferryd; do if /usr/lib/ferry/$name --help >&-; then echo "$name succeeded"; fi; done
    ferryctl --version; ferryctl --help >/dev/null`,
  );
  if (outcome === undefined) return;
  assert.equal(outcome.status, 0, outcome.stderr);
  assert.match(outcome.stdout, /^ferry [0-9.]+\n$/);
  assert.match(outcome.stderr, lineLike`^${cannotWriteToStandardOutput}: it is closed$`);
});

test('the README names the oldest systemd that is tested here', () => {
  assert.match(
    readFileSync(projectFile('README.md'), 'utf8'),
    new RegExp(`the oldest systemd is ${versions[0]?.[0]} `),
  );
});
