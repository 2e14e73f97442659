import type { Creator } from '../../metadata/writer.js';
import type { ByteString } from '../byte-string.js';
import type { Entry } from '../entry.js';

/** A directory that things are being put into. What the archive says about it is set when it is left. */
export interface Directory {
  readonly path: ByteString;
  readonly descriptor: number;
  /** What its own entry says, if that has come. */
  entry: Entry | undefined;
  /** The owner as it is; undefined when uncertain. */
  owner: Creator | undefined;
  /** The mode as it is. */
  mode: number;
  /** What has to be put back when there is no entry for it: how it was when it was opened again. */
  restore:
    | { mode: number; modified: { seconds: number; nanoseconds: number }; defaultAcl: Buffer | undefined }
    | undefined;
}
