import { Failure } from '../failure.js';
import { writeSparse } from '../stages/disk/sparse.js';
import type { FrameReader } from '../stages/frames.js';
import { type SidecarSuffix, sidecarSuffixes } from '../store/pristineNames.js';
import type { ImageRoot } from '../store/root.js';
import { createTemporaryFile, type Temporary } from '../store/temporary.js';
import type { ImageOrder } from './messages.js';
import { type Unpacked, unpack } from './unpack.js';

/** What came through the pipe, each under a temporary name. Disposal removes what was not installed. */
export class Received implements Disposable {
  image: Unpacked | null = null;
  readonly sidecars = new Map<SidecarSuffix, Temporary>();

  /** Reads all parts. Throws Failure; what has come until then is removed by disposal. */
  receive(frames: FrameReader, root: ImageRoot, order: ImageOrder): void {
    for (let part = frames.nextPart(); part !== null; part = frames.nextPart()) {
      if (part === 'image') {
        this.image = unpack(frames, root, order);
        continue;
      }
      const suffix = sidecarSuffixes.find((known) => known === part);
      if (suffix === undefined)
        throw new Failure('WorkerFailed', `A part '${part}' came that is not known`, { process: 'stream' });
      const temporary = createTemporaryFile(root, suffix.slice(1));
      this.sidecars.set(suffix, temporary);
      writeSparse(frames, temporary.descriptor, { sizeMax: order.sizeMax });
    }
  }

  [Symbol.dispose](): void {
    this.image?.temporary[Symbol.dispose]();
    for (const sidecar of this.sidecars.values()) sidecar[Symbol.dispose]();
  }
}
