import type { Labels } from '../../metadata/attributes.js';
import type { Losses } from '../../metadata/losses.js';
import type { LayerContents, OverlayAttributes } from './layer-notes.js';

export interface ExtractOptions {
  /** Limit on the data of all files together, in bytes; holes do not count. 64 GiB unless given. */
  sizeMax?: number;
  /** What becomes of SELinux labels; foreignLabels() unless given. */
  labels?: Labels;
  /**
   * That the archive is a layer of a container image: what it says of the layers below is marked as overlayfs has it, with attributes
   * of these names, and told. It may be empty, and may have absolute names; files take the place of directories and all that is in them.
   */
  layer?: OverlayAttributes | undefined;
  /** Called now and then, with the entries begun and the bytes of archive read so far. */
  onProgress?: (progress: { entries: number; bytes: number }) => void;
}

export interface ExtractSummary {
  /** Entries in the archive, without those of unknown type. */
  entries: number;
  /** Bytes of the plain tar, up to its very end. */
  bytes: number;
  /** Bytes of data written to files. */
  dataBytes: number;
  /** Whether the archive says what the root is like; otherwise the root's metadata are as they were. */
  rootEntry: boolean;
  /** Whether the archive had its end marker; if not, it may have been cut off between two entries. */
  endMarker: boolean;
  /** Bytes other than 0 after the end marker, which were ignored. */
  trailingBytes: number;
  /** Entries of unknown types, which were left out. */
  unknownEntries: number;
  losses: Losses;
  /** What a layer says of those below; undefined for other archives. */
  layer: LayerContents | undefined;
}
