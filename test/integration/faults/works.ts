import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { isTemporaryName, temporaryName } from '../../../service/images/install/holder.js';
import { run, shell } from '../../support/command.js';
import { type FilesystemType, mountedFilesystem } from '../../support/images/filesystems.js';
import { place, startService } from '../../support/service/daemons.js';
import { type Stage, setStage } from '../../support/service/stage.js';
import { removeTree, temporaryDirectory } from '../../support/temporary.js';
import { waitWhile } from '../../support/wait.js';
import { Injector, type SeenCall } from './injection.js';

/** A filesystem with an image root, images old and new to fill it with, and a service whose workers can be met with faults. */
export interface Scene {
  readonly stage: Stage;
  readonly injector: Injector;
  readonly root: string;
  /** A file on the filesystem of the images, outside their directory. */
  file(...names: string[]): string;
}

/** What replaces the image `x` by a new one. */
export interface Work {
  readonly what: string;
  readonly verb: 'pull' | 'import';
  /** What the image is called in its directory. */
  readonly fileName: 'x' | 'x.raw' | 'x.mstack';
  /** Whether layers of container images are there from the beginning. */
  readonly layersStay?: boolean;
  run(scene: Scene): Promise<unknown>;
}

/** Calls that take room or change something, as lines of strace(1). */
export const changing =
  /^(mkdirat|mknodat|symlinkat|linkat|unlinkat|p?write(64)?|ftruncate|fallocate|copy_file_range|fsync|syncfs|fsetxattr|renameat2|f?chmod(at)?|fchown(at)?|utimensat)\(|^openat.*O_CREAT|^ioctl.*(CLONE|SUBVOL|SNAP|SETFLAGS)/;

const kib = 1024;

/** A disk of 192 KiB: data, a hole, data. */
function disk(content: string): Buffer {
  const bytes = Buffer.alloc(192 * kib);
  bytes.fill(content, 0, 40 * kib);
  bytes.fill(content, 150 * kib);
  return bytes;
}

/** A tree with one of everything that takes a call of its own to make. */
const makeTree = `mkdir -p "$1/etc" "$1/usr/bin"; cd "$1"
printf %s "$2" >etc/version; printf %70000s "$2" >usr/bin/tool; chmod 4755 usr/bin/tool
ln usr/bin/tool usr/bin/alias; ln -s usr/bin bin; mkfifo etc/fifo; setfattr -n user.mark -v "$2" etc/version
chown 1:2 etc/version; touch -d @1000000000 etc/version usr/bin/tool etc usr/bin usr .`;

/** Makes what the works carry: `new.raw`, `new/`, `new.tar`, and the same of the old image. */
export function makeContents(file: Scene['file'], type: FilesystemType): void {
  for (const content of ['old', 'new']) {
    writeFileSync(file(`${content}.raw`), disk(content));
    if (type === 'btrfs') run('btrfs', ['-q', 'subvolume', 'create', file(content)]);
    shell(makeTree, [file(content), content]);
    run('tar', ['-C', file(content), '--sort=name', '--xattrs', '--format=posix', '-cf', file(`${content}.tar`), '.']);
  }
  shell('mkdir -p "$1/rw/data"; cp -a "$2" "$1/layer@0"', [file('old.mstack'), file('old')]);
}

export async function setScene(t: TestContext, type: FilesystemType): Promise<Scene> {
  const filesystem = mountedFilesystem(t, type, 128);
  const file = (...names: string[]) => join(filesystem.path, ...names);
  makeContents(file, type);
  const root = file('images');
  mkdirSync(root);
  const injector = new Injector(temporaryDirectory(t).file('injector'));
  const stage = await setStage(t, { imageRoot: root, environment: injector.environment });
  return { stage, injector, root, file };
}

/** Puts the old image back; what earlier transfers left stays, for the next start of a service to remove. */
export function reset({ root, file }: Pick<Scene, 'root' | 'file'>, { fileName, layersStay = false }: Work): void {
  for (const name of readdirSync(root)) {
    const stays = isTemporaryName(name) || (layersStay && name.startsWith('.oci-'));
    if (!stays) removeTree(join(root, name));
  }
  run('cp', ['-a', file(sources[fileName]), join(root, fileName)]);
}

const sources = { x: 'old', 'x.raw': 'old.raw', 'x.mstack': 'old.mstack' } as const;

/** Everything that an image is, in one digest: names, types, modes, owners, times, contents, links. */
export function digestOf(path: string): string {
  const hash = createHash('sha256');
  const add = (name: string, at: string): void => {
    const { mode, uid, gid, size, mtimeMs, nlink } = lstatSync(at);
    const isDirectory = (mode & 0o170000) === 0o040000;
    const isLinkToLayer = path.endsWith('.mstack') && (mode & 0o170000) === 0o120000;
    // The time of a disk image is that of its download.
    const time = (at === path && !isDirectory) || isLinkToLayer ? null : mtimeMs;
    hash.update(JSON.stringify([name, mode, uid, gid, isDirectory ? null : [size, time, nlink]]));
    if (isDirectory) for (const child of readdirSync(at).sort()) add(`${name}/${child}`, join(at, child));
    else if ((mode & 0o170000) === 0o120000) hash.update(readlinkSync(at));
    else if ((mode & 0o170000) === 0o100000) hash.update(readFileSync(at));
  };
  add('.', path);
  return hash.digest('hex');
}

function pull(format: 'raw' | 'tar', keepDownload: boolean): Work {
  return {
    what: `pull-${format}${keepDownload ? '' : ' --keep-download=no'}`,
    verb: 'pull',
    fileName: format === 'raw' ? 'x.raw' : 'x',
    run: ({ stage, file }) => {
      const url = stage.server.serve(`/new.${format}`, readFileSync(file(`new.${format}`)));
      return stage.transfers.pull(stage.pull(url, 'x', { format, keepDownload, force: true }));
    },
  };
}

function imported(format: 'raw' | 'tar' | 'directory', source: string): Work {
  return {
    what: `import of ${source}`,
    verb: 'import',
    fileName: format === 'raw' ? 'x.raw' : 'x',
    run: async ({ stage, root, file }) => {
      const descriptor = openSync(file(source), 'r');
      try {
        const wish = { format, class: 'machine', name: 'x', force: true, imageRoot: root, fileDescriptor: 0 } as const;
        return await stage.transfers.import(wish, { descriptors: [descriptor] });
      } finally {
        closeSync(descriptor);
      }
    },
  };
}

/** A pull whose download is kept with what it was verified by. */
const verified: Work = {
  what: 'pull-raw --verify=checksum',
  verb: 'pull',
  fileName: 'x.raw',
  run: ({ stage, file }) => {
    const bytes = readFileSync(file('new.raw'));
    const url = stage.server.serve('/new.raw', bytes);
    stage.server.serve('/new.raw.sha256', Buffer.from(createHash('sha256').update(bytes).digest('hex')));
    return stage.transfers.pull(
      stage.pull(url, 'x', { format: 'raw', keepDownload: true, force: true, verify: 'checksum' }),
    );
  },
};

export const works = {
  verified,
  pullRaw: pull('raw', true),
  pullRawOnly: pull('raw', false),
  pullTar: pull('tar', true),
  pullTarOnly: pull('tar', false),
  importRaw: imported('raw', 'new.raw'),
  importTar: imported('tar', 'new.tar'),
  importTree: imported('directory', 'new'),
};

/** What became of a work that met a fault. */
export interface Outcome {
  /** The message of the error that the caller got, with `ROOT` for the image root; null: it succeeded. */
  readonly message: string | null;
  readonly image: 'old' | 'new' | 'neither';
  /** How many temporary names it left. */
  readonly left: number;
  /** What the service logged meanwhile, with `ROOT` for the image root. */
  readonly log: string;
  /** The line of strace(1) about the call that failed or was not survived. */
  readonly met: string;
}

/** Repeats a work with faults. */
export class Sweep {
  readonly #scene: Scene;
  readonly #work: Work;
  readonly #images: { old: string; new: string };
  /** What the placement process does to image directory and image, call by call. */
  readonly calls: readonly SeenCall[];

  private constructor(scene: Scene, work: Work, images: { old: string; new: string }, calls: readonly SeenCall[]) {
    this.#scene = scene;
    this.#work = work;
    this.#images = images;
    this.calls = calls;
  }

  /** Does the work once without a fault. */
  static async begin(scene: Scene, work: Work): Promise<Sweep> {
    if (work.layersStay) await work.run(scene);
    reset(scene, work);
    const path = join(scene.root, work.fileName);
    const old = digestOf(path);
    scene.injector.watch('placement');
    await work.run(scene);
    await scene.injector.untilWritten('placement');
    const calls = scene.injector.seen('placement').filter(({ line }) => line.includes(scene.root));
    return new Sweep(scene, work, { old, new: digestOf(path) }, calls);
  }

  /** Does the work with one fault: `error=ENOSPC` or `signal=SIGKILL` at a call, with `+` at all from there on. */
  async meet(call: SeenCall, what: string, times: '' | '+' = ''): Promise<Outcome> {
    const { stage, root, injector } = this.#scene;
    reset(this.#scene, this.#work);
    const [logged, left] = [stage.host.log().length, this.#temporaries()];
    injector.inject('placement', call, what, times);
    const shown = (text: string) => text.replaceAll(root, 'ROOT').replace(/[0-9a-f]{16}/g, 'DIGITS');
    const error: unknown = await this.#work.run(this.#scene).then(
      () => null,
      (reason) => reason,
    );
    await injector.untilWritten('placement');
    return {
      message: error instanceof Error ? shown(error.message) : null,
      image: this.#image(),
      left: this.#temporaries() - left,
      log: shown(stage.host.log().slice(logged)),
      met: shown(injector.met('placement') ?? ''),
    };
  }

  #temporaries(): number {
    return readdirSync(this.#scene.root).filter(isTemporaryName).length;
  }

  #image(): Outcome['image'] {
    const path = join(this.#scene.root, this.#work.fileName);
    const digest = lstatSync(path, { throwIfNoEntry: false }) && digestOf(path);
    if (digest === this.#images.old) return 'old';
    return digest === this.#images.new ? 'new' : 'neither';
  }
}

/** At most so many of a list, evenly over all of it. */
export function spread<Item>(items: readonly Item[], most: number): Item[] {
  if (items.length <= most) return [...items];
  return items.filter(
    (_item, index) => Math.floor((index * most) / items.length) !== Math.floor(((index + 1) * most) / items.length),
  );
}

/** That a service which starts now removes what transfers had to leave, and nothing else. */
export async function assertNextStartCleans(t: TestContext, { root, file }: Scene): Promise<void> {
  // It has the look of ours, and nobody holds it.
  run('cp', [file('old.raw'), join(root, temporaryName('raw'))]);
  const kept = readdirSync(root).filter((name) => !isTemporaryName(name));
  const here = place(t);
  mkdirSync(join(here.notes, 'roots'), { recursive: true });
  writeFileSync(join(here.notes, 'roots', 'note'), root);
  startService(t, here, ['--user', `--listen=${here.socket}`]);
  await waitWhile(() => readdirSync(root).some(isTemporaryName));
  assert.deepEqual(readdirSync(root), kept);
}
