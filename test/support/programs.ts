import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';

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
  return (env['PATH'] ?? '')
    .split(':')
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
