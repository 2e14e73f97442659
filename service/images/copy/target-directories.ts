import { DirectoryChain } from '../../../linux/directory-chain.js';
import { close } from '../../../linux/files.js';
import type { ByteString } from '../../formats/tar/byte-string.js';

/** A directory of the copy. */
export interface TargetDirectory {
  readonly descriptor: number;
  readonly mode: number;
  /** Its path below the root of the copy, where that is not the name that it has in the source. */
  readonly elsewhere: ByteString | undefined;
}

/** What a tree is copied over, where the target is not empty. Told of directories as they are entered and left; `target` is open. */
export interface Beneath {
  /** Enters the root. */
  begin(target: number): void;
  /** Opens or makes what a directory of the source goes to, in `target`; undefined to leave it out with all that is in it. */
  enter(target: number, name: ByteString): TargetDirectory | undefined;
  /** Makes way for something that is not a directory; gives back whether it is to be copied. */
  makeWay(target: number, name: ByteString): boolean;
  /** Leaves the directory that was entered last; gives back whether it is described by what the source says of it. */
  leave(target: number): boolean;
  /** Whether an attribute of the source is for it alone. */
  isLeftOut(name: ByteString): boolean;
}

/** The directories of a copy from its root down to where it is. One that is elsewhere begins a chain of its own. */
export class TargetDirectories implements Disposable {
  readonly #chains: DirectoryChain[];

  /** `root` stays the caller's. */
  constructor(root: number) {
    this.#chains = [new DirectoryChain(root)];
  }

  /** The descriptor of the deepest directory, valid until the next push or pop. */
  get current(): number {
    return this.#chain.current;
  }

  /** Enters a directory, and takes over its descriptor. */
  push({ descriptor, elsewhere }: TargetDirectory): void {
    if (elsewhere === undefined) this.#chain.push(descriptor);
    else this.#chains.push(new DirectoryChain(descriptor));
  }

  /**
   * Leaves the deepest directory.
   *
   * @throws SystemError ESTALE when the one above is another one by now
   */
  pop(): void {
    if (this.#chain.depth > 0) this.#chain.pop();
    else this.#leaveElsewhere();
  }

  [Symbol.dispose](): void {
    while (this.#chains.length > 1) this.#leaveElsewhere();
    this.#chain[Symbol.dispose]();
  }

  get #chain(): DirectoryChain {
    const chain = this.#chains.at(-1);
    if (chain === undefined) throw new Error('there is no directory');
    return chain;
  }

  #leaveElsewhere(): void {
    const chain = this.#chains.pop();
    if (chain === undefined) return;
    chain[Symbol.dispose]();
    close(chain.current);
  }
}
