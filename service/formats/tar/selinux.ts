import { existsSync } from 'node:fs';

/** Whether SELinux is on: only then do its labels mean anything here, and setting them may be refused otherwise. */
export function seLinuxActive(): boolean {
  return existsSync('/sys/fs/selinux/enforce');
}
