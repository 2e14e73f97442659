import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** What a process is started from. */
export interface Program {
  readonly nodePath: string;
  readonly codeDirectory: string;
}

/** Whether everything below a directory can be read by everybody: not where the program was built with a strict umask. */
export function isOpenToAll(directory: string): boolean {
  const entries = readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => `${directory}/${name}`);
  return [`${directory}/.`, ...entries].every((path) => {
    const { mode } = statSync(path);
    const needed = (mode & constants.S_IFMT) === constants.S_IFDIR ? 0o005 : 0o004;
    return (mode & needed) === needed;
  });
}

/** Copies what can be read by few, so that it can be read by all. */
export function copyOpenly(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  chmodSync(to, 0o755);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [`${from}/${entry.name}`, `${to}/${entry.name}`];
    if (statSync(source).isDirectory()) copyOpenly(source, target);
    else {
      copyFileSync(source, target);
      chmodSync(target, 0o755);
    }
  }
}

/** Where a copy may be put, if programs can be run from there. */
const places = ['/run', '/var/tmp', '/tmp'];
/** Names of copies: the number of the service's process, and what makes it unique. */
const copyName = /^ferry-program-(\d+)-\w{6}$/;

/** Removes the copies of services that were killed. One that vanishes meanwhile, or cannot be removed, hinders nobody. */
function removeStale(place: string): void {
  for (const name of readdirSync(place)) {
    const [, pid] = copyName.exec(name) ?? [];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    const path = join(place, name);
    try {
      if (lstatSync(path).uid === process.getuid?.()) rmSync(path, { recursive: true, force: true });
    } catch {
      // Another service may be removing it.
    }
  }
}

function copyTo(place: string, { nodePath, codeDirectory }: Program): Program {
  removeStale(place);
  const directory = mkdtempSync(join(place, `ferry-program-${process.pid}-`));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  try {
    chmodSync(directory, 0o755);
    const copy = { nodePath: join(directory, 'node'), codeDirectory: join(directory, 'code') };
    copyFileSync(nodePath, copy.nodePath);
    chmodSync(copy.nodePath, 0o755);
    copyOpenly(codeDirectory, copy.codeDirectory);
    return copy;
  } catch (error) {
    // What fits only in part would keep the place full.
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

/** Whether a user can run the program. */
export type Reaches = (program: Program) => Promise<boolean>;

/**
 * A copy of a program for a user who cannot reach the program itself, as where it lies below a private home directory; undefined
 * where no place will do. It is gone when this process ends.
 */
export async function copiedProgram(program: Program, canReach: Reaches): Promise<Program | undefined> {
  for (const place of places) {
    try {
      const copy = copyTo(place, program);
      if (await canReach(copy).catch(() => false)) return copy;
      rmSync(dirname(copy.nodePath), { recursive: true, force: true });
    } catch {
      // Full, read-only, or not there: the next one may do.
    }
  }
  return undefined;
}
