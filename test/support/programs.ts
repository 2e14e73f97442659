import { env } from 'node:process';
import { findProgram as findIn } from '../../common/programs.js';

/** Where administration programs are: an ordinary user's PATH lacks these on Debian, but may run most of what is there. */
const administration = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Puts the administration folders at the end of this process's PATH, for itself and all that it starts. */
export function widenPath(): void {
  const present = (env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin').split(':');
  env['PATH'] = [...present, ...administration.filter((folder) => !present.includes(folder))].join(':');
}

widenPath();

/** The path of the first executable file of this name in PATH, or undefined. */
export function findProgram(name: string): string | undefined {
  return findIn(name, env['PATH']);
}
