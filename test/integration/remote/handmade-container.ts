import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { endChild } from '../../support/servers/ports.js';
import { serviceProgram } from '../../support/service/ferry-host.js';
import { untilGone } from '../../support/service/workers.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { waitFor, waitUntil, waitWhile } from '../../support/wait.js';

/** What a container is to a host, made of namespaces by hand: a first process with its own root, and a note about it. */
export interface HandmadeContainer {
  readonly name: string;
  /** Stands for the host's /run: where it is noted that there is this container. */
  readonly runtimeDirectory: string;
  /** The first process in the container, by its number here. */
  readonly leader: number;
  /** A path in the container's /run, as it is seen from here. */
  inside(path: string): string;
  /** Ends it and all that is in it. */
  kill(): Promise<void>;
  /** Writes what is noted about it. */
  note(lines: readonly string[]): void;
}

export interface ContainerOptions {
  /** Whether its users are others than ours: its root is our user 100000. */
  readonly privateUsers?: boolean;
  /** A shell script that runs in it as its root, after its /run was made; its last command should stay. */
  readonly script: string;
}

/** Runs a command in a container and then Ferry until it ends. */
export const serviceScript = (first: string): string => `mkdir -m 0755 /run/ferry /run/images
${first}
exec env FERRY_STATE_DIRECTORY=/run/state ${process.execPath} ${serviceProgram} --system --listen=/run/ferry/io.ferry.Transfer`;

const firstUser = 100_000;

/** Its root is ours, but for /run, which is its own and empty but for the test's directory. */
const setup = `set -e
mount --make-rprivate /
mount --rbind / "$1"
mount -t tmpfs -o mode=0755 none "$1/run"
mkdir "$1/run/program"
mount --rbind "$2" "$1/run/program"
mount -t proc proc "$1/proc"
cd "$1"
pivot_root . .
umount -l .
exec chroot . /bin/sh -c "$3"`;

export async function handmadeContainer(t: TestContext, options: ContainerOptions): Promise<HandmadeContainer> {
  const directory = temporaryDirectory(t).path;
  const root = join(directory, 'root');
  const runtimeDirectory = join(directory, 'run');
  mkdirSync(root);
  mkdirSync(join(runtimeDirectory, 'systemd/machines'), { recursive: true });
  const users = options.privateUsers === true ? await userNamespace(t) : [];
  const words = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '/bin/sh', '-c', setup, 'sh'];
  const log = join(directory, 'container.log');
  const parameters = [...users, ...words, root, directory, `exec >/run/log 2>&1\n${options.script}`];
  const outer = spawn('setpriv', ['--pdeathsig', 'KILL', ...parameters], { stdio: ['ignore', 'ignore', 'inherit'] });
  t.after(() => endChild(outer, 'SIGKILL'));
  const leader = await firstChild(outer);
  // The kernel ends the leader once unshare(1) is gone.
  const kill = async () => {
    await endChild(outer, 'SIGKILL');
    await untilGone([leader]);
  };
  const container = {
    name: 'handmade',
    runtimeDirectory,
    leader,
    inside: (path: string) => `/proc/${leader}/root/run/${path}`,
    kill,
    note: (lines: readonly string[]) =>
      writeFileSync(join(runtimeDirectory, 'systemd/machines/handmade'), `${lines.join('\n')}\n`),
  };
  container.note(['# This is private data. Do not parse.', 'NAME=handmade', 'CLASS=container', `LEADER=${leader}`]);
  await waitUntil(() => {
    if (outer.exitCode !== null) throw new Error(`the container ended: ${existsSync(log) ? readFileSync(log) : ''}`);
    return existsSync(container.inside('log'));
  }, 20);
  return container;
}

/** The words that lead into a new namespace in which we are root, but whose root is not ours. */
async function userNamespace(t: TestContext): Promise<string[]> {
  const holder = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', '--user', 'sleep', 'infinity'], {
    stdio: 'ignore',
  });
  t.after(() => endChild(holder, 'SIGKILL'));
  const own = spawnSync('readlink', ['/proc/self/ns/user'], { encoding: 'utf8' }).stdout;
  const link = () => spawnSync('readlink', [`/proc/${holder.pid}/ns/user`], { encoding: 'utf8' }).stdout;
  await waitWhile(() => link() === own || link() === '');
  for (const map of ['uid_map', 'gid_map']) writeFileSync(`/proc/${holder.pid}/${map}`, `0 ${firstUser} 65536\n`);
  return ['nsenter', `--user=/proc/${holder.pid}/ns/user`, '--setuid', '0', '--setgid', '0', '--'];
}

/** The process that unshare(1) forks: the first one of its own process namespace. */
async function firstChild(parent: ChildProcess): Promise<number> {
  const path = `/proc/${parent.pid}/task/${parent.pid}/children`;
  return waitFor(() => {
    if (parent.exitCode !== null) throw new Error('the container could not be made');
    const [child] = readFileSync(path, 'utf8').split(' ').filter(Boolean);
    return child !== undefined && isInside(Number(child)) ? Number(child) : undefined;
  });
}

/** Whether it is in its own root already. */
function isInside(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/root/run`).includes('program');
  } catch {
    return false;
  }
}
