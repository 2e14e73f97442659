import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { TransferClient } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { VarlinkClient } from '../../../varlink/client/client.js';
import { attempt, type Outcome, run, shell } from '../../support/command.js';
import { type FilesystemType, filesystemNeeds, mountedFilesystem } from '../../support/filesystems.js';
import { needs } from '../../support/needs.js';
import {
  clientProgram,
  type FerryHost,
  ferryHost,
  type HostOptions,
  imageRootFor,
  needsProduct,
} from '../../support/service.js';

/** Megabytes that hold what these tests make. ext4 has blocks of 4 KiB from 512 MiB on, which room for attributes depends on. */
const sizesMiB: Readonly<Record<FilesystemType, number>> = { ext4: 600, btrfs: 256, xfs: 320 };

/** The product, with an image root and sources on one filesystem of some type. */
export class Scene {
  readonly type: FilesystemType;
  /** A directory on the filesystem, for sources and exported files. */
  readonly place: string;
  readonly host: FerryHost;

  private constructor(type: FilesystemType, place: string, host: FerryHost) {
    this.type = type;
    this.place = place;
    this.host = host;
  }

  /** Undefined, with the test skipped, where something is missing. Ends with the test. */
  static async open(
    t: TestContext,
    type: FilesystemType,
    options: Omit<HostOptions, 'imageRoot'> = {},
  ): Promise<Scene | undefined> {
    if (!needsProduct(t) || !needs(t, filesystemNeeds(type))) return undefined;
    const filesystem = mountedFilesystem(t, type, sizesMiB[type]);
    const [imageRoot, place] = [join(filesystem.path, 'images'), join(filesystem.path, 'place')];
    for (const path of [imageRoot, place]) mkdirSync(path);
    return new Scene(type, place, await ferryHost(t, { imageRoot, ...options }));
  }

  file(...names: string[]): string {
    return join(this.place, ...names);
  }

  image(...names: string[]): string {
    return join(this.host.imageRoot, ...names);
  }

  /** Runs ferryctl and demands success. Gives back what it said. */
  async succeed(...parameters: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.host.ferryctl(parameters);
    assert.equal(status, 0, `${parameters.join(' ')}: ${stderr}`);
    return stdout + stderr;
  }

  /** Runs ferryctl and demands exit status 1 and no stack trace. Gives back what it said on standard error. */
  async fail(...parameters: string[]): Promise<string> {
    const { status, stderr } = await this.host.ferryctl(parameters);
    assertFailure({ status, stderr }, parameters);
    return stderr;
  }

  /** Removes all images, whatever they are: what one case has left must not make the next one fail. */
  clearImages(): void {
    for (const name of this.host.images()) removeAnything(this.image(name));
  }

  /** Removes all sources and exported files. */
  clearPlace(): void {
    for (const name of readdirSync(this.place)) removeAnything(this.file(name));
  }

  connect(): Promise<VarlinkClient> {
    return VarlinkClient.connect(`unix:${this.host.socket}`);
  }
}

export function assertFailure({ status, stderr }: Pick<Outcome, 'status' | 'stderr'>, parameters: string[]): void {
  assert.equal(status, 1, `${parameters.join(' ')}: ${stderr}`);
  assert.doesNotMatch(stderr, /^\s+at |Internal error|made a mistake/m);
}

function removeAnything(path: string): void {
  attempt('chattr', ['-R', '-f', '-i', '-a', path]);
  if (statSync(path).ino === 256) {
    attempt('btrfs', ['property', 'set', '-f', '-ts', path, 'ro', 'false']);
    for (const below of subvolumesBelow(path)) attempt('btrfs', ['subvolume', 'delete', below]);
    attempt('btrfs', ['subvolume', 'delete', path]);
  }
  run('rm', ['-rf', path]);
}

function subvolumesBelow(path: string): string[] {
  return attempt('find', [path, '-mindepth', '1', '-inum', '256', '-type', 'd', '-depth'])
    .stdout.split('\n')
    .filter(Boolean);
}

/** A scene for each filesystem: `onEach(t, ['ext4', 'btrfs'], async (t, scene) => …)`. */
export async function onEach(
  t: TestContext,
  types: readonly FilesystemType[],
  act: (t: TestContext, scene: Scene) => Promise<void>,
): Promise<void> {
  for (const type of types) {
    // The runner names the place of this line only.
    await t.test(`${t.name}: ${type}`, async (t) => {
      const scene = await Scene.open(t, type);
      if (scene !== undefined) await act(t, scene);
    });
  }
}

/** Streams of a client: a descriptor, or nothing in particular. */
export interface ClientStreams {
  stdin?: number;
  stdout?: number;
  environment?: Readonly<Record<string, string>>;
  cwd?: string;
}

/** Runs ferryctl with descriptors of the test as its standard streams. */
export async function runWithStreams(scene: Scene, parameters: string[], streams: ClientStreams): Promise<Outcome> {
  const all = [
    clientProgram,
    `--address=unix:${scene.host.socket}`,
    ...imageRootFor(parameters, scene.host.imageRoot),
    ...parameters,
  ];
  const child = spawn(process.execPath, all, {
    stdio: [streams.stdin ?? 'ignore', streams.stdout ?? 'pipe', 'pipe'],
    cwd: streams.cwd ?? '/',
    env: { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', ...streams.environment },
  });
  const read = (stream: Readable | null) => (stream === null ? Promise.resolve('') : text(stream));
  const [stdout, stderr, [status]] = await Promise.all([read(child.stdout), read(child.stderr), once(child, 'exit')]);
  return { status, stdout, stderr };
}

/** Runs a shell line with `ferryctl` as `"$@"`, so that it can stand in a pipeline: `cat x | "$@" import-raw - name`. */
export function inShell(scene: Scene, script: string, cwd = scene.place): Outcome {
  const client = [process.execPath, clientProgram, `--address=unix:${scene.host.socket}`];
  return attempt('bash', ['-c', script, 'bash', ...client, `--image-root=${scene.host.imageRoot}`], { cwd });
}

/** Opens a file for as long as the scope lasts. */
export function opened(path: string, flags: string | number): { fd: number } & Disposable {
  const fd = openSync(path, flags);
  return { fd, [Symbol.dispose]: () => closeSync(fd) };
}

// ---- What is imported and exported ---------------------------------------------------------------------------------

/** Makes a small tree with owners, modes, attributes, ACLs, links, holes and devices in a new directory. Needs root. */
export function makeTree(path: string): string {
  mkdirSync(path, { recursive: true });
  shell(
    `cd "$1"
    mkdir -p etc usr/bin usr/lib empty
    printf 'ID=small\\n' >usr/lib/os-release && ln -s ../usr/lib/os-release etc/os-release
    printf tool >usr/bin/tool && chown 12:34 usr/bin/tool && chmod 6755 usr/bin/tool
    ln usr/bin/tool usr/bin/tool-again
    truncate -s 1M holes && printf middle | dd of=holes bs=1 seek=524288 conv=notrunc status=none
    printf text >acl && setfacl -m u:1234:rw,g:2345:r acl
    mkdir acl-directory && setfacl -m d:u:1234:rwx acl-directory
    printf text >attributes && setfattr -n user.note -v words attributes
    mkdir closed && printf text >closed/file && chmod 000 closed
    ln -s nowhere dangling && chown -h 70000:80000 dangling
    mkfifo fifo && mknod null c 1 3
    find . -depth -print0 | xargs -0 touch -h -d '2023-03-04 05:06:07.123456789 UTC'`,
    [path],
  );
  return path;
}

const everything = ['--acls', '--xattrs', '--xattrs-include=*', '--numeric-owner', '--sparse', '--format=posix'];

/** Packs a tree with GNU tar. */
export function packWithTar(tree: string, archive: string, ...members: string[]): string {
  run('tar', [
    '--create',
    ...everything,
    '--sort=name',
    '-C',
    tree,
    '-f',
    archive,
    ...(members.length > 0 ? members : ['.']),
  ]);
  return archive;
}

/** The programs that compress, by the suffix that files get. */
export const compressors: Readonly<Record<string, readonly string[]>> = {
  '': ['cat'],
  '.gz': ['gzip', '-c'],
  '.xz': ['xz', '-c', '-1'],
  '.zst': ['zstd', '-q', '-c'],
  '.bz2': ['bzip2', '-c'],
};

/** Compresses a file beside itself; the path of the result. */
export function compress(path: string, suffix: string): string {
  const program = compressors[suffix] ?? [];
  if (suffix !== '') shell('from=$1 to=$2; shift 2; "$@" <"$from" >"$to"', [path, path + suffix, ...program]);
  return path + suffix;
}

/** Makes a disk with data here and there, most of it holes, whose size is no multiple of anything. */
export function makeDisk(path: string): string {
  shell(
    `printf start >"$1"; truncate -s 5243905 "$1"
    head -c 300000 /dev/urandom | dd of="$1" bs=1M seek=2 conv=notrunc status=none
    printf end | dd of="$1" bs=1 seek=5243902 conv=notrunc status=none`,
    [path],
  );
  return path;
}

/** A form that a disk can be in, made from a raw one. */
export interface DiskForm {
  suffix: string;
  make(raw: string, path: string): void;
}

function qcow2(...options: string[]): DiskForm['make'] {
  return (raw, path) => void run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', ...options, raw, path]);
}

export const diskForms: readonly DiskForm[] = [
  ...Object.keys(compressors).map((suffix) => ({
    suffix: `.raw${suffix}`,
    make: (raw: string, path: string) => {
      run('cp', ['--sparse=always', raw, path.slice(0, path.length - suffix.length)]);
      compress(path.slice(0, path.length - suffix.length), suffix);
    },
  })),
  { suffix: '.v2.qcow2', make: qcow2('-o', 'compat=0.10') },
  { suffix: '.v3.qcow2', make: qcow2('-c', '-o', 'compat=1.1,cluster_size=4k') },
  { suffix: '.zstd.qcow2', make: qcow2('-c', '-o', 'compat=1.1,compression_type=zstd') },
];

/** SHA-256 of a file. */
export function digestOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** Bytes that a file takes on its disk. */
export function allocated(path: string): number {
  return statSync(path).blocks * 512;
}

/** Whether all data of a file lies in blocks that another one has as well (filefrag(8)). */
export function sharesAllBlocks(path: string): boolean {
  run('sync', ['-f', path]);
  const extents = run('filefrag', ['-v', path])
    .split('\n')
    .filter((line) => /^\s+\d+:/.test(line));
  return extents.length > 0 && extents.every((line) => line.includes('shared'));
}

/** What is in a directory that tells of a transfer under way or badly ended. */
export function leftovers(directory: string): string[] {
  return readdirSync(directory).filter((name) => name.startsWith('.#'));
}

// ---- The upgraded connection ---------------------------------------------------------------------------------------

/** How a sender ends: says the truth, says something else, or says nothing. */
export type Ending = 'truth' | 'lie' | 'silence';

/** Imports bytes over an upgraded connection; the error's name, or null when all went well. */
export async function importStream(
  scene: Scene,
  parameters: object,
  bytes: Buffer,
  ending: Ending,
): Promise<string | null> {
  using calls = await scene.connect();
  const sender = await scene.connect();
  const { reply, stream } = await new TransferClient(sender).importUpgrade({
    class: 'machine',
    imageRoot: scene.host.imageRoot,
    ...parameters,
  } as Parameters<TransferClient['importUpgrade']>[0]);
  const transfers = new TransferClient(calls);
  const id = reply.id ?? 0;
  stream.on('error', () => undefined);
  stream.end(bytes);
  stream.resume();
  if (ending !== 'silence') {
    const sha256 = createHash('sha256')
      .update(ending === 'truth' ? bytes : 'something else')
      .digest('hex');
    await transfers.finish({ id, bytes: bytes.length, sha256 });
  }
  try {
    for await (const _ of transfers.watchMore({ id }));
    return null;
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  } finally {
    stream.destroy();
  }
}

/** Exports over an upgraded connection: what came, and what the service says that it sent. */
export async function exportStream(
  scene: Scene,
  parameters: object,
): Promise<{ bytes: Buffer; said: { bytes: number; sha256: string } }> {
  using calls = await scene.connect();
  const receiver = await scene.connect();
  const { reply, stream } = await new TransferClient(receiver).exportUpgrade({
    class: 'machine',
    imageRoot: scene.host.imageRoot,
    ...parameters,
  } as Parameters<TransferClient['exportUpgrade']>[0]);
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  let result = null;
  for await (const watched of new TransferClient(calls).watchMore({ id: reply.id ?? 0 }))
    result = watched.result ?? result;
  return { bytes, said: { bytes: Number(result?.bytes), sha256: result?.sha256 ?? '' } };
}

export function write(path: string, content: string | Buffer): string {
  writeFileSync(path, content);
  return path;
}
