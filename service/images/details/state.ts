import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ShownImage } from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import { errnoName } from '../../../linux/errno.js';
import { readable } from '../../../varlink/text.js';
import { isImageLocked } from '../install/locks.js';
import { attachmentOf } from '../layout/attached.js';
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

function orEmpty<Item>(read: () => Item[]): Item[] {
  try {
    return read();
  } catch (error) {
    if (errnoName(error) === undefined) throw error;
    return [];
  }
}

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

/** The machines that machined knows (machine_save() of machine.c); the links `unit:…` are other names of them. */
function machinesIn(directory: string): Machine[] {
  const names = orEmpty(() => readdirSync(directory)).filter((name) => !name.startsWith('unit:'));
  return names.map((name) => {
    const lines = orEmpty(() => readFileSync(join(directory, name), 'utf8').split('\n'));
    const root = lines.find((line) => line.startsWith('ROOT='))?.slice('ROOT='.length);
    return { name, root: root === undefined ? undefined : unescaped(root) };
  });
}

function machineOf({ path, name, type, root }: ShownImage, { scope, environment }: ImageHost, places: StatePlaces) {
  const runtime = environment['XDG_RUNTIME_DIR'];
  const ofUser = scope === 'user' && runtime?.startsWith('/') ? [join(runtime, 'systemd/machines')] : [];
  const machines = [join(places.root, 'run/systemd/machines'), ...ofUser].flatMap(machinesIn);
  const isDisk = type === 'raw' || type === 'block';
  // A disk runs from where it is mounted, or machined knows no root: then the name has to do.
  const isIt = (machine: Machine) =>
    machine.root === path || (root === undefined && machine.name === name && (isDisk || machine.root === undefined));
  return machines.find(isIt)?.name;
}

function isMerged({ class: imageClass, name, root }: ShownImage, { scope }: ImageHost, places: StatePlaces): boolean {
  if (root !== undefined || scope !== 'system' || (imageClass !== 'sysext' && imageClass !== 'confext')) return false;
  return merged[imageClass].some((file) =>
    orEmpty(() => readFileSync(join(places.root, file), 'utf8').split('\n')).includes(name),
  );
}

/**
 * What is done with an image.
 *
 * @throws Failure FileSystemError when nobody can tell what is attached
 */
export function stateOf(image: ShownImage, host: ImageHost, places: StatePlaces = { root: '/' }): FoundState {
  const machine = image.class === 'machine' ? machineOf(image, host, places) : undefined;
  if (machine !== undefined) return { state: 'running', stateOf: readable(machine) };
  const attachment = attachmentOf(image.path, host);
  if (attachment !== undefined) return { state: 'attached', stateOf: readable(attachment.unit) };
  if (isMerged(image, host, places)) return { state: 'merged', stateOf: undefined };
  return { state: isImageLocked(image.path, host) ? 'busy' : 'idle', stateOf: undefined };
}
