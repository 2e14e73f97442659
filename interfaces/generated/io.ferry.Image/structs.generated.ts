// Generated from io.ferry.Image.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { ImageClass, ImageType, LeftoverReason } from './enums.generated.js';
import type { Integer } from '../../../varlink/idl/value.js';

/** An image. */
export type Image = {
  /** Its class */
  class: ImageClass;
  /** Its name, unique within the class */
  name: string;
  /** The form it is kept in */
  type: ImageType;
  /** Where it is */
  path: string;
  /** Whether it cannot be written to */
  readOnly: boolean;
  /** When it was made, in microseconds since 1970, if known */
  creationTimestamp?: Integer | null;
  /** When it was last changed, in microseconds since 1970, if known */
  modificationTimestamp?: Integer | null;
  /** Disk space it takes in bytes, if known */
  usage?: Integer | null;
  /** Disk space it takes that it shares with no other in bytes, if known */
  usageExclusive?: Integer | null;
  /** The most disk space it may take in bytes, if there is such a limit; the apparent size of a raw image */
  limit?: Integer | null;
  /** The most disk space it may take that it shares with no other in bytes, if there is such a limit */
  limitExclusive?: Integer | null;
};

/** Something that Clean() removes. */
export type Leftover = {
  /** Where it is */
  path: string;
  /** Disk space it takes in bytes */
  bytes: Integer;
  /**
   * Why it is removed: original is a pristine download, partial the beginning of
   * an interrupted one, temporary what an ended transfer left
   */
  reason: LeftoverReason;
};
