import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { attempt, type Outcome } from '../support/command.js';
import { lineLike } from '../support/like.js';
import { needs } from '../support/needs.js';
import { projectFile, projectRoot } from '../support/project.js';
import { needsProduct } from '../support/service/ferry-host.js';
import { temporaryDirectory } from '../support/temporary.js';
import { cannotWriteToStandardOutput } from '../support/texts/client.js';

/*
 * install.sh in a copy of this system that is made of layers and goes away with its mounts. systemctl and systemd-sysusers are this
 * host's, behind a stub that says which version they are of, refuses what that version does not know, writes down what it is
 * told, and fails where the test says so. Starting and stopping is all theirs: nothing runs there.
 */
const scene = String.raw`
set -eu
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
root=$1/root
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
mkdir -p "$root/mnt" "$root/run/systemd/system"
mount --bind "$2" "$root/mnt"
rm -rf "$root/usr/lib/ferry" "$root/usr/lib/systemd/system/ferry.service" "$root/usr/lib/systemd/system/ferry.socket"
for program in systemctl systemd-sysusers; do mv "$root/usr/bin/$program" "$root/usr/bin/$program.real"; done
cat >"$root/usr/bin/systemctl" <<'END'
#!/bin/sh
[ "$*" != --version ] || { echo "systemd $(cat /version) (stub)"; exit 0; }
echo "systemctl $*" >>/calls
! grep -qxF "systemctl $*" /failing 2>/dev/null || exit 1
case "$*" in
*enable*) SYSTEMD_OFFLINE=1 exec systemctl.real "$@" 2>/dev/null ;;
*is-active*) [ -e /active ] ;;
*stop*)
  rm -f /active
  # Units that are not loaded are not installed to it, and the others are stopped.
  for unit; do case $unit in *.service | *.socket) [ -e "/usr/lib/systemd/system/$unit" ] || [ -e "/etc/systemd/system/$unit" ] || exit 5 ;; esac; done
  ;;
*start*) : >/active ;;
esac
END
cat >"$root/usr/bin/systemd-sysusers" <<'END'
#!/bin/sh
case $* in *--dry-run*) what=check ;; *) what=sysusers ;; esac
! grep -qxF $what /failing 2>/dev/null || exit 1
if [ "$(cat /version)" -lt 257 ] && grep -q '^u!' /usr/lib/sysusers.d/ferry.conf 2>/dev/null; then echo "Unknown modifier 'u!'" >&2; exit 1; fi
[ "$(cat /version)" -ge 257 ] || exec systemd-sysusers.real "$@"
[ $what = check ] || getent passwd ferry-stream >/dev/null || useradd --system ferry-stream
END
chmod 0755 "$root/usr/bin/systemctl" "$root/usr/bin/systemd-sysusers"
cat >"$root/state" <<'END'
cd /
find etc usr/lib/ferry* usr/lib/systemd usr/lib/sysusers.d usr/share/polkit-1 usr/share/man/man? usr/share/bash-completion \
  usr/share/zsh usr/share/fish usr/bin/ferryctl usr/bin/importctl* \
  ! -name '*-' ! -name '.pwd.lock' ! -name '*.cache' -printf '%p %y %m %l\n' 2>/dev/null | sort
find etc usr/lib/ferry usr/lib/systemd/system/*ferry* usr/lib/sysusers.d/ferry.conf ! -name '*-' -type f -exec sha256sum {} + 2>/dev/null | sort
END
printf '%s' "$3" >"$root/script"
exec chroot "$root" sh -euc '. /script'
`;

/** Runs lines of sh in such a system; undefined, with the test skipped, where none can be made. */
function inCopy(t: TestContext, script: string): Outcome | undefined {
  if (!needsProduct(t)) return undefined;
  if (!needs(t, { root: true, features: ['mount'], programs: ['systemctl', 'systemd-sysusers', 'useradd'] }))
    return undefined;
  const { path } = temporaryDirectory(t);
  const overlay =
    'mount -t tmpfs x "$0"; mkdir "$0/u" "$0/w"; mount -t overlay x -o "lowerdir=/,upperdir=$0/u,workdir=$0/w" /mnt';
  if (attempt('unshare', ['--mount', 'sh', '-euc', overlay, path]).status !== 0) {
    t.skip('needs overlay file systems');
    return undefined;
  }
  return attempt('unshare', ['--mount', 'sh', '-c', scene, 'sh', path, projectRoot, script], {
    environment: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
  });
}

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

const failing = [
  'check',
  'sysusers',
  'systemctl --quiet enable ferry.socket',
  'systemctl --quiet --global enable ferry.socket',
  'systemctl daemon-reload',
  'systemctl stop ferry.service',
  'systemctl start ferry.socket',
];

for (const before of ['no', 'an older']) {
  for (const step of failing) {
    test(`where '${step}' fails, install.sh leaves the host as it was, with ${before} Ferry on it`, (t) => {
      const older =
        before === 'no' ? '' : '/mnt/install.sh >&2; echo old >>/usr/lib/ferry/ferryctl; : >/usr/lib/ferry/older;';
      const outcome = inCopy(
        t,
        `echo 252 >/version; ${older} sh /state >/before; rm -f /calls; echo '${step}' >/failing
        if /mnt/install.sh; then echo "it did not fail"; exit 1; fi
        sh /state >/after; diff /before /after; getent passwd ferry-stream || true; ls /active 2>/dev/null || true`,
      );
      if (outcome === undefined) return;
      // A socket that cannot be started cannot be started again either.
      const isActive = before !== 'no' && step !== 'systemctl start ferry.socket';
      const rest = outcome.stdout.replace(/^ferry-stream:.*\n/m, '');
      assert.deepEqual([outcome.status, rest], [0, isActive ? '/active\n' : ''], outcome.stderr);
      assert.equal(/^ferry-stream:/m.test(outcome.stdout), before !== 'no');
      assert.match(outcome.stderr, /^install\.sh: failed; the system is as it was before$/m);
    });
  }
}

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

for (const [what, live] of [
  ['on a running system', ''],
  ['in an image where nothing runs', 'rmdir /run/systemd/system;'],
] as const) {
  test(`install.sh --uninstall leaves nothing, and nothing enabled, ${what}`, (t) => {
    const outcome = inCopy(
      t,
      `echo 252 >/version; useradd --system ferry-stream; ${live} sh /state >/before; /mnt/install.sh >&2
      test -L /etc/systemd/system/sockets.target.wants/ferry.socket; test -L /etc/systemd/user/sockets.target.wants/ferry.socket
      /mnt/install.sh --uninstall >&2
      find /etc /usr/lib /usr/bin /usr/share -xdev -name '*ferry*' ! -path '*/doc/*' ! -path '*/systemd/import*'
      export SYSTEMD_OFFLINE=1; if systemctl.real --quiet is-enabled ferry.socket 2>/dev/null || systemctl.real --quiet --global is-enabled ferry.socket 2>/dev/null; then echo enabled; fi`,
    );
    if (outcome !== undefined) assert.deepEqual([outcome.status, outcome.stdout], [0, ''], outcome.stderr);
  });
}

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

test('--restore-importd finishes where some of its units are gone', (t) => {
  const outcome = inCopy(
    t,
    `echo 252 >/version; /mnt/install.sh >&2; : >/usr/lib/systemd/system/systemd-importd.socket
    sh /state >/before; /mnt/install.sh --replace-importd >&2; rm -f /etc/systemd/system/ferry-importd-aside.socket /calls
    /mnt/install.sh --restore-importd >&2; sh /state | diff /before -; tail -n 1 /calls`,
  );
  if (outcome === undefined) return;
  const started = 'systemctl start systemd-importd.socket ferry.socket\n';
  assert.deepEqual([outcome.status, outcome.stdout], [0, started], outcome.stderr);
});

test('where replacing importctl or importd fails, the host stays as it was', (t) => {
  const outcome = inCopy(
    t,
    `echo 252 >/version; /mnt/install.sh >&2
    [ -e /usr/bin/importctl ] || { echo theirs >/usr/bin/importctl; chmod 755 /usr/bin/importctl; }
    : >/usr/lib/systemd/system/systemd-importd.socket; sh /state >/before
    echo 'systemctl start systemd-importd.socket ferry.socket' >/failing
    if /mnt/install.sh --replace-importd; then exit 1; fi
    sh /state | diff /before -
    mkdir /fake; printf '#!/bin/sh\nexit 1\n' >/fake/chmod; /usr/bin/chmod 755 /fake/chmod
    if PATH=/fake:$PATH /mnt/install.sh --replace-importctl; then exit 1; fi
    sh /state | diff /before -; dpkg-divert --list '*importctl*' || true`,
  );
  if (outcome !== undefined) assert.deepEqual([outcome.status, outcome.stdout], [0, ''], outcome.stderr);
});

for (const [what, command, without] of [
  ['dpkg-divert', 'dpkg-divert', ''],
  ['mv, where there is no dpkg-divert,', 'mv', 'rm -f /usr/bin/dpkg-divert;'],
] as const) {
  test(`where ${what} cannot set importctl aside, it stays as it is`, (t) => {
    const outcome = inCopy(
      t,
      `echo 252 >/version; /mnt/install.sh >&2; rm -f /usr/bin/importctl; echo theirs >/usr/bin/importctl; ${without}
      sh /state >/before; mkdir /fake; real=$(command -v ${command} || echo false)
      printf '#!/bin/sh\ncase $* in *importctl.systemd*) exit 2 ;; esac\nexec %s "$@"\n' $real >/fake/${command}; chmod 755 /fake/*
      if PATH=/fake:$PATH /mnt/install.sh --replace-importctl; then echo "it did not fail"; exit 1; fi
      sh /state | diff /before -; cat /usr/bin/importctl`,
    );
    if (outcome !== undefined) assert.deepEqual([outcome.status, outcome.stdout], [0, 'theirs\n'], outcome.stderr);
  });
}

test('replacing importctl again, and in vain, leaves it replaced', (t) => {
  const outcome = inCopy(
    t,
    `echo 252 >/version; /mnt/install.sh >&2; rm -f /usr/bin/importctl; echo theirs >/usr/bin/importctl
    /mnt/install.sh --replace-importctl; sh /state >/before
    mkdir /fake; printf '#!/bin/sh\nexit 1\n' >/fake/chmod; /usr/bin/chmod 755 /fake/chmod
    if PATH=/fake:$PATH /mnt/install.sh --replace-importctl; then echo "it did not fail"; exit 1; fi
    sh /state | diff /before -; readlink /usr/bin/importctl
    /mnt/install.sh --restore-importctl; cat /usr/bin/importctl; find /usr -name '*importctl*.systemd'`,
  );
  if (outcome === undefined) return;
  assert.deepEqual([outcome.status, outcome.stdout], [0, '../lib/ferry/importctl\ntheirs\n'], outcome.stderr);
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
    new RegExp(`systemd that is tested is ${versions[0]?.[0]} `),
  );
});
