import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ShownImage } from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import { errnoName, hasCode } from '../../../linux/errno.js';
import { readable } from '../../../varlink/text.js';
import { isImageLocked, lockStateOf } from '../install/locks.js';
import { type Attachment, attachmentIn, attachmentsByPath } from '../layout/attached.js';
import type { ImageHost } from '../layout/host.js';

/** What is done with an image, and the machine or unit that does it. */
export interface FoundState {
  state: 'idle' | 'running' | 'attached' | 'merged' | 'busy';
  stateOf: string | undefined;
}

/** Where the host tells what it does. Other places in tests. */
export interface StatePlaces {
  readonly root: string;
}

/** Where systemd lists what is merged (sysext.c): in each hierarchy, a name a line. */
const merged = {
  sysext: ['usr/.systemd-sysext/extensions', 'opt/.systemd-sysext/extensions'],
  confext: ['etc/.systemd-confext/confexts'],
} as const;

/** What tells an image from others here. */
type StatedImage = Omit<ShownImage, 'known'>;

interface Machine {
  name: string;
  /** The directory it runs from; undefined where machined does not know. */
  root: string | undefined;
}

/** Undoes cescape() of systemd, as it stands in what machined keeps. */
function unescaped(text: string): string {
  const bytes = Buffer.from(text).toString('latin1');
  const plain = bytes.replace(/\\x([0-9a-f]{2})|\\(.)/g, (_all, code: string | undefined, character: string) =>
    code === undefined ? character : String.fromCharCode(Number.parseInt(code, 16)),
  );
  return Buffer.from(plain, 'latin1').toString();
}

/** What of the host tells which images are in use: read once, for any number of images. */
export class StateReader {
  readonly #host: ImageHost;
  readonly #places: StatePlaces;
  #machines: readonly Machine[] | undefined;
  #attachments: ReadonlyMap<string, Attachment> | undefined;
  readonly #merged = new Map<string, ReadonlySet<string>>();
  #isCertain = true;

  constructor(host: ImageHost, places: StatePlaces = { root: '/' }) {
    this.#host = host;
    this.#places = places;
  }

  /**
   * What is done with an image.
   *
   * @throws Failure FileSystemError when nobody can tell what is attached
   * @throws Error of node when the image is gone
   */
  of(image: StatedImage): FoundState {
    const used = this.#useOf(image);
    if (used !== undefined) return used;
    return { state: isImageLocked(image.path, this.#host) ? 'busy' : 'idle', stateOf: undefined };
  }

  /**
   * Whether nothing is known to use an image; undefined where something that would tell cannot be read, or the image is gone.
   *
   * @throws Failure FileSystemError when nobody can tell what is attached
   */
  isUnused(image: StatedImage): boolean | undefined {
    if (image.path === '/' || this.#useOf(image) !== undefined) return false;
    try {
      const lock = lockStateOf(image.path, this.#host);
      if (lock === 'locked') return false;
      return lock === 'free' && this.#isCertain ? true : undefined;
    } catch (error) {
      if (errnoName(error) === undefined) throw error;
      return undefined;
    }
  }

  #useOf(image: StatedImage): FoundState | undefined {
    const machine = image.class === 'machine' ? this.#machineOf(image) : undefined;
    if (machine !== undefined) return { state: 'running', stateOf: readable(machine) };
    this.#attachments ??= attachmentsByPath(this.#host);
    const attachment = attachmentIn(this.#attachments, image.path);
    if (attachment !== undefined) return { state: 'attached', stateOf: readable(attachment.unit) };
    return this.#isMerged(image) ? { state: 'merged', stateOf: undefined } : undefined;
  }

  #orEmpty<Item>(read: () => Item[]): Item[] {
    try {
      return read();
    } catch (error) {
      if (errnoName(error) === undefined) throw error;
      if (!hasCode(error, 'ENOENT', 'ENOTDIR')) this.#isCertain = false;
      return [];
    }
  }

  /** The machines that machined knows (machine_save() of machine.c); the links `unit:…` are other names of them. */
  #machinesIn(directory: string): Machine[] {
    const names = this.#orEmpty(() => readdirSync(directory)).filter((name) => !name.startsWith('unit:'));
    return names.map((name) => {
      const lines = this.#orEmpty(() => readFileSync(join(directory, name), 'utf8').split('\n'));
      const root = lines.find((line) => line.startsWith('ROOT='))?.slice('ROOT='.length);
      return { name, root: root === undefined ? undefined : unescaped(root) };
    });
  }

  #machineOf({ path, name, type, root }: StatedImage): string | undefined {
    const { scope, environment } = this.#host;
    const runtime = environment['XDG_RUNTIME_DIR'];
    const ofUser = scope === 'user' && runtime?.startsWith('/') ? [join(runtime, 'systemd/machines')] : [];
    const directories = [join(this.#places.root, 'run/systemd/machines'), ...ofUser];
    this.#machines ??= directories.flatMap((directory) => this.#machinesIn(directory));
    const isDisk = type === 'raw' || type === 'block';
    // A disk runs from where it is mounted, or machined knows no root: then the name has to do.
    const isIt = (machine: Machine) =>
      machine.root === path || (root === undefined && machine.name === name && (isDisk || machine.root === undefined));
    return this.#machines.find(isIt)?.name;
  }

  #isMerged({ class: imageClass, name, root }: StatedImage): boolean {
    if (root !== undefined || this.#host.scope !== 'system') return false;
    if (imageClass !== 'sysext' && imageClass !== 'confext') return false;
    const known = this.#merged.get(imageClass) ?? new Set(merged[imageClass].flatMap((file) => this.#linesOf(file)));
    this.#merged.set(imageClass, known);
    return known.has(name);
  }

  #linesOf(file: string): string[] {
    return this.#orEmpty(() => readFileSync(join(this.#places.root, file), 'utf8').split('\n'));
  }
}

/**
 * What is done with an image.
 *
 * @throws Failure FileSystemError when nobody can tell what is attached
 */
export function stateOf(image: StatedImage, host: ImageHost, places?: StatePlaces): FoundState {
  return new StateReader(host, places).of(image);
}
