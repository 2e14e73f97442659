import type { Mutant } from './mutant.js';

const units = 'unit/units';
const install = 'integration/installation/';

/** How the service is installed and confined, and what people are told and where their words go. */
export const hosts: readonly Mutant[] = [
  {
    what: 'the service may gain privileges',
    search: 'NoNewPrivileges=yes\n',
    replacement: '',
    test: units,
  },
  {
    what: 'the service may load modules into the kernel',
    search: 'CapabilityBoundingSet=CAP_SETUID CAP_SETGID CAP_KILL',
    replacement: 'CapabilityBoundingSet=CAP_SYS_MODULE CAP_SETUID CAP_SETGID CAP_KILL',
    test: units,
  },
  {
    what: 'the service may call anything',
    search: 'SystemCallFilter=@system-service @mount seccomp\n',
    replacement: '',
    test: units,
  },
  {
    what: "the socket of a user's service is open to all",
    search: 'SocketMode=0600\nDirectoryMode=0700',
    replacement: 'SocketMode=0666\nDirectoryMode=0755',
    test: units,
  },
  {
    what: 'whoever sits before the host exports without being asked',
    search:
      'to export a disk image.</message>\n                <defaults>\n                        <allow_any>auth_admin</allow_any>\n                        <allow_inactive>auth_admin</allow_inactive>\n                        <allow_active>auth_admin_keep<',
    replacement:
      'to export a disk image.</message>\n                <defaults>\n                        <allow_any>auth_admin</allow_any>\n                        <allow_inactive>auth_admin</allow_inactive>\n                        <allow_active>yes<',
    test: units,
  },
  {
    what: 'units are installed without what confines the service',
    search: `adapted=$(adaptations)`,
    replacement: `adapted="/^NoNew/d;$(adaptations)"`,
    test: install,
    only: 'install.sh writes what systemd 262',
  },
  {
    what: 'the socket of users stays enabled when Ferry is removed',
    search: '"$destination/etc/systemd/system/$wanted" "$destination/etc/systemd/user/$wanted"',
    replacement: '"$destination/etc/systemd/system/$wanted"',
    test: install,
    only: 'nothing enabled, on a running system',
  },
  {
    what: 'the socket of the system stays enabled when Ferry is removed',
    search: '"$destination/etc/systemd/system/$wanted" "$destination/etc/systemd/user/$wanted"',
    replacement: '"$destination/etc/systemd/user/$wanted"',
    test: install,
    only: 'nothing enabled, on a running system',
  },
  {
    what: 'an installation that fails leaves what it has changed',
    search: "trap 'undo $?' EXIT",
    replacement: 'trap : EXIT',
    test: install,
    only: "where 'systemctl daemon-reload' fails",
  },
  {
    what: 'clean does its work on this host, whatever -H says',
    search: 'const connection = await session.connectForChange();\n    const { leftovers }',
    replacement:
      'Object.assign(session, { settings: { ...settings, host: undefined } });\n    const connection = await session.connectForChange();\n    const { leftovers }',
    test: 'unit/client/every-verb',
    only: 'clean: -H goes to the host',
  },
  {
    what: 'more than all of the bytes have come',
    search: 'return Math.min(1, Math.max(0, Number(bytesDone) / Number(bytesTotal)));',
    replacement: 'return Math.max(0, Number(bytesDone) / Number(bytesTotal));',
    test: 'unit/client/terminal/progress/progress',
  },
  {
    what: 'what is reported soon after the last report is lost',
    search: 'else this.#waiting ??= setTimeout(() => this.#finishLate(), left).unref();',
    replacement: '',
    test: 'unit/service/processes/ipc/progress',
  },
  {
    what: 'the password in a URL is shown',
    search: '[^/\\\\?#]*@(?!sha',
    replacement: '[^/\\\\?#:]*@(?!sha',
    test: 'unit/common/url',
  },
];
