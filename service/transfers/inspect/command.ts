import { findProgram, systemPath } from '../../../common/programs.js';
import { notInstalled } from '../../sandbox/programs.js';
import type { Host } from '../host.js';

/** How long a disk may take, in seconds: one that never ends to be read, or whose partitions never appear. */
export const timeLimitSeconds = 60;

/** What runs systemd-dissect(1), or why nothing can. */
export type InspectCommand = { readonly words: readonly string[] } | { readonly problem: string };

/*
 * As root it runs in a unit of its own, not among the processes of the service: those can open no device, and it needs loop devices
 * and may mount. All else is taken from it (systemd.exec(5)). It sees kernel events of devices over netlink, so it keeps the network
 * namespace, but can make no connection.
 */
const properties = [
  // The service gives up first, and says so.
  `RuntimeMaxSec=${timeLimitSeconds + 5}s`,
  'CapabilityBoundingSet=CAP_SYS_ADMIN CAP_DAC_READ_SEARCH',
  'NoNewPrivileges=yes',
  'DevicePolicy=closed',
  'DeviceAllow=/dev/loop-control rw',
  'DeviceAllow=block-loop rw',
  'DeviceAllow=block-blkext rw',
  'DeviceAllow=/dev/mapper/control rw',
  'DeviceAllow=block-device-mapper rw',
  'ProtectSystem=strict',
  // Where it mounts.
  'ReadWritePaths=/run',
  'PrivateTmp=yes',
  'ProtectHome=read-only',
  'ProtectControlGroups=yes',
  'ProtectHostname=yes',
  'ProtectKernelLogs=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelTunables=yes',
  'RestrictAddressFamilies=AF_UNIX AF_NETLINK',
  'RestrictNamespaces=mnt',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'LockPersonality=yes',
  'MemoryDenyWriteExecute=yes',
  'SystemCallArchitectures=native',
  'SystemCallErrorNumber=EPERM',
  'SystemCallFilter=@system-service @mount',
  'LimitCORE=0',
  'MemoryMax=512M',
  'TasksMax=32',
];

function asUnit(systemdRun: string, words: readonly string[]): string[] {
  const options = ['--quiet', '--collect', '--wait', '--pipe', '--no-ask-password', '--service-type=exec'];
  return [systemdRun, ...options, ...properties.map((property) => `--property=${property}`), '--', ...words];
}

/**
 * What inspects a disk. A user's own service has only the rights of that user, which systemd-dissect gets as they are.
 *
 * @param folders where to look for programs that are not in $PATH
 */
export function inspectCommand(
  { scope, environment }: Pick<Host, 'scope' | 'environment'>,
  path: string,
  folders: string = systemPath,
): InspectCommand {
  const searchPath = `${environment['PATH'] ?? ''}:${folders}`;
  const dissect = findProgram('systemd-dissect', searchPath);
  if (dissect === undefined) return { problem: notInstalled('systemd-dissect') };
  const words = [dissect, '--json=short', '--no-pager', '--read-only', '--', path];
  if (scope === 'user') return { words };
  const systemdRun = findProgram('systemd-run', searchPath);
  return systemdRun === undefined ? { problem: notInstalled('systemd-run') } : { words: asUnit(systemdRun, words) };
}
