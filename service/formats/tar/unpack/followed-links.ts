import { hasCode } from '../../../../linux/errno.js';
import { readlinkat } from '../../../../linux/files.js';
import { type ByteString, pathOf } from '../byte-string.js';
import { joined, nameOf, parentOf } from '../paths.js';
import { isDirectory } from './opening.js';

/** As many links in one path as Linux follows (path_resolution(7)). */
const linksMax = 40;
/** So many paths are remembered at a time. */
const knownMax = 1000;

/** A part of a path that is still to be resolved. */
interface Part {
  readonly name: ByteString;
  /** Whether it comes from the target of a link, which has to be there. */
  readonly fromLink: boolean;
}

/**
 * Where paths lead that go through symbolic links of the archive: as for a process whose root directory is that of the image
 * (openat2(2), RESOLVE_IN_ROOT). What it gives back is still opened by the kernel beneath the root and without following any link.
 */
export class FollowedLinks {
  readonly #open: (directory: ByteString) => number;
  readonly #dangling: boolean;
  readonly #known = new Map<ByteString, ByteString>();

  /**
   * `open` gives a descriptor of a directory of the tree whose path has no links. `dangling`: whether the targets of links need not be
   * there.
   */
  constructor(open: (directory: ByteString) => number, { dangling = false } = {}) {
    this.#open = open;
    this.#dangling = dangling;
  }

  /** What `follow` found before. */
  known(path: ByteString): ByteString | undefined {
    return this.#known.get(path);
  }

  /** Something was removed, perhaps a link. */
  forget(): void {
    this.#known.clear();
  }

  /**
   * The path without links; what it names need not be there, unless the target of a link does. Undefined when there are no links in it,
   * too many of them, or one that leads nowhere.
   *
   * @throws SystemError, what `open` throws
   */
  follow(path: ByteString): ByteString | undefined {
    const parts = path.split('/').map((name): Part => ({ name, fromLink: false }));
    const real = this.#tried(parts);
    if (real === undefined || real === path) return undefined;
    if (this.#known.size >= knownMax) this.#known.clear();
    this.#known.set(path, real);
    return real;
  }

  /**
   * Whether what is there is a link that leads to a directory within the root. All that is above it is a directory, and no link.
   *
   * @throws SystemError, what `open` throws
   */
  leadsToDirectory(path: ByteString): boolean {
    const real = this.follow(path);
    if (real === undefined || real === '') return real === '';
    return isDirectory(this.#open(parentOf(real)), pathOf(nameOf(real)));
  }

  #tried(parts: Part[]): ByteString | undefined {
    try {
      return this.#resolve(parts);
    } catch (error) {
      // Something on the way is not a directory.
      if (hasCode(error, 'ENOTDIR')) return undefined;
      throw error;
    }
  }

  #resolve(parts: Part[]): ByteString | undefined {
    let at: ByteString = '';
    let links = 0;
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
      const { name, fromLink } = part;
      if (name === '' || name === '.') continue;
      if (name === '..') {
        at = parentOf(at);
        continue;
      }
      const here = joined(at, name);
      const found = this.#lookUp(at, name);
      if (found === 'nothing' && !this.#dangling)
        return fromLink ? undefined : [here, ...parts.map((each) => each.name)].join('/');
      if (typeof found === 'string') at = here;
      else if (++links > linksMax) return undefined;
      else {
        if (found.target.startsWith('/')) at = '';
        parts.unshift(...found.target.split('/').map((each) => ({ name: each, fromLink: true })));
      }
    }
    return at;
  }

  #lookUp(directory: ByteString, name: ByteString): { target: ByteString } | 'something' | 'nothing' {
    try {
      return { target: readlinkat(this.#open(directory), pathOf(name)).toString('latin1') };
    } catch (error) {
      if (hasCode(error, 'EINVAL')) return 'something';
      if (hasCode(error, 'ENOENT')) return 'nothing';
      throw error;
    }
  }
}
