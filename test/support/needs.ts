import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { findProgram } from './programs.js';

/** What a kernel or its configuration may lack, containers above all. */
export type Feature = 'loop' | 'mount' | 'userns' | 'btrfs' | 'ext4' | 'xfs' | 'localhost' | 'ptrace';

/** What a test cannot do without. */
export interface Needs {
  /** Whether it has to run as user 0. */
  root?: boolean;
  /** Names of programs, looked for in PATH and the administration folders. */
  programs?: readonly string[];
  /** Paths of files or folders. */
  files?: readonly string[];
  features?: readonly Feature[];
}

/**
 * Whether this place has what a test needs; where it lacks something, the test is skipped with the reason:
 * `if (!needs(t, { root: true, programs: ['nginx'] })) return;`
 */
export function needs(t: TestContext, needed: Needs): boolean {
  const reason = lacking(needed);
  if (reason !== undefined) t.skip(reason);
  return reason === undefined;
}

/** What is lacking here, all of it in one line; undefined when nothing is. */
export function lacking({ root = false, programs = [], files = [], features = [] }: Needs): string | undefined {
  const reasons = [
    ...(root && process.getuid?.() !== 0 ? ['root'] : []),
    ...programs.filter((name) => findProgram(name) === undefined).map((name) => `the program ${name}`),
    ...files.filter((path) => !existsSync(path)).map((path) => `the file ${path}`),
    ...features.filter((feature) => !has(feature)).map((feature) => featureNames[feature]),
  ];
  return reasons.length === 0 ? undefined : `needs ${reasons.join(', ')}`;
}

const featureNames: Readonly<Record<Feature, string>> = {
  loop: 'loop devices (/dev/loop-control)',
  mount: 'the right to mount',
  userns: 'user namespaces',
  btrfs: 'a kernel with btrfs',
  ext4: 'a kernel with ext4',
  xfs: 'a kernel with xfs',
  localhost: 'the name localhost (/etc/hosts)',
  ptrace: "the right to look into others' processes (CAP_SYS_PTRACE)",
};

const probes: Readonly<Record<Feature, () => boolean>> = {
  loop: () => existsSync('/dev/loop-control'),
  mount: () => succeeds('unshare', '--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt'),
  userns: () => succeeds('unshare', '--user', '--map-root-user', 'true'),
  btrfs: () => knowsFilesystem('btrfs'),
  ext4: () => knowsFilesystem('ext4'),
  xfs: () => knowsFilesystem('xfs'),
  localhost: () => succeeds('getent', 'hosts', 'localhost'),
  ptrace: () => hasCapability(19),
};

const known = new Map<Feature, boolean>();

function has(feature: Feature): boolean {
  const answer = known.get(feature) ?? probes[feature]();
  known.set(feature, answer);
  return answer;
}

function succeeds(program: string, ...parameters: string[]): boolean {
  return spawnSync(program, parameters, { stdio: 'ignore' }).status === 0;
}

/** capabilities(7); the numbers are those of linux/capability.h. */
function hasCapability(number: number): boolean {
  const [, effective = '0'] = /^CapEff:\s+(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return ((BigInt(`0x${effective}`) >> BigInt(number)) & 1n) === 1n;
}

/** A filesystem that is a module is listed only once it has been loaded, which a mount does by itself. */
function knowsFilesystem(type: string): boolean {
  const listed = readFileSync('/proc/filesystems', 'utf8').split(/\s+/).includes(type);
  return listed || succeeds('modprobe', '--dry-run', '--quiet', type);
}
