import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { projectFile } from '../support/project.js';

/*
 * What confines the service, and who may reach it, line for line: nothing else fails where one of these is gone. A line that is
 * taken out, added or changed has to be so here as well.
 */

/** What a unit is started by, and what makes it what it is: other tests start it. */
const running =
  /^(Type|ExecStart|KillMode|WatchdogSec|TimeoutStopSec|FileDescriptorName|Symlinks|ListenStream|Service|Sockets)=/;

/** Each file's settings of services and sockets, without those of running. */
const settings: Readonly<Record<string, readonly string[]>> = {
  'ferry.service': [
    'RuntimeDirectory=ferry',
    'RuntimeDirectoryPreserve=yes',
    'StateDirectory=ferry',
    'StateDirectoryMode=0700',
    'ImportCredential=ferry.headers',
    'ImportCredential=ferry.registry-auth',
    'CapabilityBoundingSet=CAP_CHOWN CAP_FOWNER CAP_FSETID CAP_MKNOD CAP_SETFCAP CAP_SYS_ADMIN CAP_SETPCAP CAP_DAC_OVERRIDE CAP_LINUX_IMMUTABLE',
    'CapabilityBoundingSet=CAP_SETUID CAP_SETGID CAP_KILL CAP_SYS_CHROOT',
    'LockPersonality=yes',
    'NoNewPrivileges=yes',
    'DevicePolicy=closed',
    'DeviceAllow=block-* m',
    'DeviceAllow=char-* m',
    'ProtectClock=yes',
    'ProtectControlGroups=yes',
    'ProtectHostname=yes',
    'ProtectKernelLogs=yes',
    'ProtectKernelModules=yes',
    'ProtectKernelTunables=yes',
    'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6',
    'RestrictNamespaces=net mnt pid',
    'RestrictRealtime=yes',
    'SystemCallArchitectures=native',
    'SystemCallErrorNumber=EPERM',
    'SystemCallFilter=@system-service @mount seccomp',
  ],
  'ferry.socket': ['SocketMode=0666', 'DirectoryMode=0755', 'RemoveOnStop=yes'],
  'user/ferry.service': [],
  'user/ferry.socket': ['SocketMode=0600', 'DirectoryMode=0700', 'RemoveOnStop=yes'],
  'importd/aside.conf': [],
  'importd/aside.socket': ['SocketMode=0600', 'DirectoryMode=0755', 'RemoveOnStop=yes'],
  'importd/service.conf': [],
  'importd/socket.conf': [],
};

for (const [file, expected] of Object.entries(settings)) {
  test(`${file} confines and admits as it is meant to, line for line`, () => {
    const text = readFileSync(projectFile('units', file), 'utf8');
    const [, ...sections] = text.split(/^(?=\[)/m);
    const own = sections.filter((section) => /^\[(Service|Socket)\]/.test(section)).join('');
    const lines = own.match(/^\w+=.*$/gm) ?? [];
    assert.deepEqual(
      lines.filter((line) => !running.test(line)),
      expected,
    );
  });
}

test('polkit asks for an administrator, whatever it is that somebody wants', () => {
  const policy = readFileSync(projectFile('units/io.ferry.policy'), 'utf8');
  const actions = [...policy.matchAll(/<action id="(.*?)">(.*?)<\/action>/gs)];
  assert.ok(actions.length > 0);
  for (const [, id = '', body = ''] of actions) {
    const answers = [...body.matchAll(/<(allow_\w+)>(.*?)</g)].map(([, who, answer]) => [who, answer]);
    assert.deepEqual(
      Object.fromEntries(answers),
      { allow_any: 'auth_admin', allow_inactive: 'auth_admin', allow_active: 'auth_admin_keep' },
      id,
    );
  }
});

test('downloads run as an account that nobody can log in to', () => {
  const line = readFileSync(projectFile('units/ferry-stream.sysusers.conf'), 'utf8');
  assert.equal(line, 'u! ferry-stream - "Ferry downloads"\n');
});
