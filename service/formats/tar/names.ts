import { constants, fstatSync, readSync } from 'node:fs';
import {
  AT_FDCWD,
  close,
  O_PATH,
  openat,
  openat2,
  RESOLVE_BENEATH,
  RESOLVE_NO_SYMLINKS,
} from '../../../linux/files.js';
import { type AclEntry, namesUser, unresolved } from './acl.js';
import type { ByteString } from './byte-string.js';

/** Lists of users and groups are far smaller; what is larger is not read, so that an archive cannot fill the memory. */
const listMax = 8 * 1024 * 1024;

type Numbers = Map<ByteString, number>;

/** Numbers of users or groups by name, from the lines of passwd(5) or group(5). */
function parseList(text: ByteString): Numbers {
  const numbers: Numbers = new Map();
  for (const line of text.split('\n')) {
    const [name, , number] = line.split(':');
    if (name && number !== undefined && /^\d{1,10}$/.test(number) && !numbers.has(name))
      numbers.set(name, Number(number));
  }
  return numbers;
}

function readList(open: () => number): Numbers {
  const opened: number[] = [];
  try {
    const location = open();
    opened.push(location);
    const stat = fstatSync(location);
    if (!stat.isFile()) return new Map();
    const descriptor = openat(AT_FDCWD, `/proc/self/fd/${location}`, constants.O_RDONLY);
    opened.push(descriptor);
    return parseList(readAll(descriptor, Math.min(stat.size, listMax)));
  } catch {
    // No list is no error: it only knows no names.
    return new Map();
  } finally {
    for (const descriptor of opened) close(descriptor);
  }
}

function readAll(descriptor: number, size: number): ByteString {
  const bytes = Buffer.alloc(size);
  let length = 0;
  for (let count = -1; count !== 0 && length < size; length += count)
    count = readSync(descriptor, bytes, length, size - length, null);
  return bytes.toString('latin1', 0, length);
}

/** Finds the numbers behind the names in ACLs: by the image's own lists, and where those lack a name by this host's. */
export class NameResolver {
  readonly #users: readonly Numbers[];
  readonly #groups: readonly Numbers[];

  /** `root` is a descriptor of the image's root directory. */
  constructor(root: number) {
    // O_PATH: an archive could place a device there, and merely opening some has effects.
    const lists = (path: string) => [
      readList(() => openat2(root, path, O_PATH, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS)),
      readList(() => openat(AT_FDCWD, `/${path}`, O_PATH)),
    ];
    this.#users = lists('etc/passwd');
    this.#groups = lists('etc/group');
  }

  /** The ACL with numbers instead of names, less the entries for names that nobody knows, and the first of these. */
  resolve(acl: readonly AclEntry[]): { acl: AclEntry[]; unknown: ByteString | undefined } {
    const resolved: AclEntry[] = [];
    let unknown: ByteString | undefined;
    for (const entry of acl) {
      const lists = namesUser(entry) ? this.#users : this.#groups;
      const id = unresolved(entry) ? lists.map((list) => list.get(entry.name)).find((n) => n !== undefined) : entry.id;
      if (id === undefined && unresolved(entry)) unknown ??= entry.name;
      else resolved.push({ ...entry, id });
    }
    return { acl: resolved, unknown };
  }
}
