import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { changeFileFlags, FileFlag } from '../../linux/attributes.js';
import './programs.js';

/** A directory that goes away, with whatever is in it. */
export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
  /** A path in the directory. */
  file(...names: string[]): string;
}

/** Not /tmp: that may be a tmpfs, which has no room for images and no `user.*` attributes on older kernels. */
const parent = '/var/tmp';
const prefix = 'ferry-test';
let staleRemoved = false;

/**
 * Makes an empty directory that anybody may enter, below /var/tmp. It is removed at the end of its scope, or of the
 * test `t`, even when it holds immutable files, subvolumes or mounts; what a killed test has left is removed by the
 * next one: `await using directory = temporaryDirectory(t);`
 */
export function temporaryDirectory(t?: TestContext): TemporaryDirectory {
  if (!staleRemoved) removeStaleDirectories();
  staleRemoved = true;
  const path = mkdtempSync(join(parent, `${prefix}-${ownName()}-`));
  chmodSync(path, 0o755);
  const dispose = async () => removeTree(path);
  t?.after(dispose);
  return { path, file: (...names) => join(path, ...names), [Symbol.asyncDispose]: dispose };
}

/** This process and its start time, in few characters: what is shown on a line may hold only so many. */
function ownName(): string {
  return [process.pid, startTime(process.pid) ?? 0].map((number) => number.toString(36)).join('.');
}

/** Removes what test processes have left that were killed. Their directories are named by process and start time. */
export function removeStaleDirectories(): void {
  for (const name of readdirSync(parent)) {
    const [pid, started] =
      /^ferry-test-(\w+\.\w+)-/
        .exec(name)?.[1]
        ?.split('.')
        .map((word) => Number.parseInt(word, 36)) ?? [];
    if (pid === undefined || startTime(pid) === started) continue;
    if (lstatSync(join(parent, name), { throwIfNoEntry: false })?.uid === process.getuid?.())
      removeTree(join(parent, name));
  }
}

/** When a process was started, in clock ticks since boot; undefined if there is no such process. proc_pid_stat(5), field 22. */
function startTime(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return undefined;
  }
}

/**
 * Removes a tree with everything that resists: mounts, immutable files, read-only subvolumes, closed directories.
 * @throws Error when a mount cannot be undone; nothing is deleted then, for it may show what is not ours.
 */
export function removeTree(path: string): void {
  for (const mount of mountsBelow(path).reverse()) {
    if (!tryTo('umount', mount)) tryTo('umount', '--lazy', mount);
  }
  const left = mountsBelow(path);
  if (left.length > 0) throw new Error(`Cannot unmount ${left.join(', ')}, so ${path} stays`);
  for (const loosen of [() => undefined, unlockFiles, unlockSubvolumes, removeAsNamespaceRoot]) {
    loosen(path);
    if (tryTo('rm', '-rf', path)) return;
  }
  throw new Error(`Cannot remove ${path}`);
}

/** The mount points at and below a directory, outer ones first. proc_pid_mountinfo(5): field 5, octal escapes. */
function mountsBelow(path: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'latin1')
    .split('\n')
    .map((line) => (line.split(' ')[4] ?? '').replace(/\\([0-7]{3})/g, fromOctal))
    .filter((point) => point === path || point.startsWith(`${path}/`));
}

function fromOctal(_escape: string, code: string): string {
  return String.fromCharCode(Number.parseInt(code, 8));
}

/** Whether a program could be run and succeeded. */
function tryTo(program: string, ...parameters: string[]): boolean {
  return spawnSync(program, parameters, { stdio: 'ignore' }).status === 0;
}

function unlockFiles(path: string): void {
  for (const found of [path, ...filesBelow(path)]) clearFlags(found);
  tryTo('chmod', '-R', 'u+rwX', path);
}

/** Node's own recursive readdir follows links from version 22 on, and never ends where two lead upward. */
function filesBelow(path: string): string[] {
  const found: string[] = [];
  for (const directories = [path]; ; ) {
    const directory = directories.pop();
    if (directory === undefined) return found;
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const below = join(directory, entry.name);
      if (entry.isDirectory()) directories.push(below);
      if (entry.isFile() || entry.isDirectory()) found.push(below);
    }
  }
}

/** Not by chattr(1), which minimal systems lack: the product makes directories immutable there too. */
function clearFlags(path: string): void {
  try {
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      changeFileFlags(descriptor, 0, FileFlag.immutable | FileFlag.appendOnly);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // It resists, or the filesystem has no flags: then rm(1) tells.
  }
}

/** The root of every subvolume has inode number 256. */
function unlockSubvolumes(path: string): void {
  const found = spawnSync('find', [path, '-inum', '256', '-type', 'd'], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter(Boolean);
  for (const subvolume of found) tryTo('btrfs', 'property', 'set', '-f', '-ts', subvolume, 'ro', 'false');
  unlockFiles(path);
  for (const subvolume of found.reverse()) tryTo('btrfs', 'subvolume', 'delete', subvolume);
}

/** An ordinary user's tree may belong to ids of /etc/subuid, which only a namespace over them can remove. */
function removeAsNamespaceRoot(path: string): void {
  if (process.getuid?.() !== 0) tryTo('unshare', '--user', '--map-auto', '--map-root-user', 'rm', '-rf', path);
}

/** Where things are kept that are dear to make and serve all runs, such as packed images. Not removed by anything here. */
export function cacheDirectory(): string {
  const user = process.getuid?.();
  const path = join(parent, user === 0 ? 'ferry-test' : `ferry-test-user-${user}`);
  return ownDirectory(path);
}

/**
 * Makes a directory with a fixed name in a place where anybody may make one.
 * @throws Error where it is not this user's, who would run or serve what somebody else has put there
 */
export function ownDirectory(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o755 });
  const { uid, mode } = lstatSync(path);
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0 || (mode & 0o170000) !== 0o040000)
    throw new Error(`Cannot use ${path}: others may write there; remove it`);
  return path;
}
