import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inCopy } from './copy-of-host.js';

const failing = [
  'check',
  'sysusers',
  'systemctl --quiet enable ferry.socket',
  'systemctl --quiet --global enable ferry.socket',
  'systemctl daemon-reload',
  'systemctl stop ferry.service',
  'systemctl restart ferry.socket',
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
      const rest = outcome.stdout.replace(/^ferry-stream:.*\n/m, '');
      assert.deepEqual([outcome.status, rest], [0, before === 'no' ? '' : '/active\n'], outcome.stderr);
      assert.equal(/^ferry-stream:/m.test(outcome.stdout), before !== 'no');
      assert.match(outcome.stderr, /^install\.sh: failed; the system is as it was before$/m);
    });
  }
}

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
