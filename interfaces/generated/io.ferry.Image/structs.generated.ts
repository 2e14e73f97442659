// Generated from io.ferry.Image.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { ChangedSince, CheckKind, HistoryOperation, ImageClass, ImageState, ImageType, LeftoverReason, ProvenanceOperation, ProvenanceState, SizeState, TreeOwners, UsageKind, Verdict, VerifiedBy } from './enums.generated.js';
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
  /** Disk space it takes in bytes, if known: of a tree what Show() has counted, as long as the tree tells that it still holds */
  usage?: Integer | null;
  /** Disk space it takes that it shares with no other in bytes, if known */
  usageExclusive?: Integer | null;
  /** The most disk space it may take in bytes, if there is such a limit; the apparent size of a raw image */
  limit?: Integer | null;
  /** The most disk space it may take that it shares with no other in bytes, if there is such a limit */
  limitExclusive?: Integer | null;
  /**
   * Whether its name begins with a dot, as those of pristine downloads and of the host itself do: only shown on
   * request. Null from older services
   */
  hidden?: boolean | null;
  /**
   * With "origin", the URL that it was downloaded from; null unless an authentic record gives one. Query
   * values are masked for everybody but root and the one who had it made
   */
  source?: string | null;
  /** With "origin", how that download was verified, by the same record; null if it does not say */
  verification?: VerifiedBy | null;
  /**
   * With "use", whether nothing uses it: an image that neither runs nor is attached, merged or locked, or a pristine download that
   * Clean() would remove with "unused". Null if that is not known
   */
  unused?: boolean | null;
};

/** Where an image came from: what is recorded with it. Of a clone, where the first image came from. */
export type Provenance = {
  /** The URL it was downloaded from, without user name and password, or 'sha256:' and the SHA-256 of one that is too long to be recorded */
  url?: string | null;
  /** The ETag of the server, with its quotes */
  etag?: string | null;
  /** When the server says it was last changed, in microseconds since 1970 */
  lastModified?: Integer | null;
  /** SHA-256 of the download, in lower-case hexadecimal */
  sha256?: string | null;
  /** SHA-512 of the download, in lower-case hexadecimal */
  sha512?: string | null;
  /** Bytes of the download */
  bytes?: Integer | null;
  /** How the download was verified */
  verification?: VerifiedBy | null;
  /** Fingerprint of the key that signed it */
  signedBy?: string | null;
  /** When it was verified, in microseconds since 1970 */
  verifiedAt?: Integer | null;
  /** When the image got its name, in microseconds since 1970 */
  placedAt: Integer;
  /** The version of Ferry that made the image */
  version: string;
  /** Path of the pristine download it was copied from, which may be gone */
  pristine?: string | null;
  /** What made the image */
  operation: ProvenanceOperation;
  /** Name of the image that it is a clone of */
  clonedFrom?: string | null;
  /** User id of the one who had it made */
  uid: Integer;
};

/** One thing that Verify() has looked at. */
export type ImageCheck = {
  /** What was held against what */
  kind: CheckKind;
  /** What that has shown */
  verdict: Verdict;
  /** What was found, or why nobody can tell, for people */
  message: string;
  /** The path of what was looked at; null if there is none */
  subject?: string | null;
  /** The digest that it should have; null unless the digests differ */
  expected?: string | null;
  /** The digest that it has; null unless the digests differ */
  found?: string | null;
  /** Fingerprint of the key whose signature was found to be good */
  signedBy?: string | null;
};

/** How much of what has to be read was read. */
export type VerifyProgress = {
  /** Bytes so far */
  bytesDone: Integer;
  /** Bytes in all */
  bytesTotal: Integer;
};

/** How large an image is. */
export type ImageSize = {
  /** The sizes of all files in bytes, holes included, hard links once; of a disk image its own size */
  bytes: Integer;
  /** What it takes on the disk, in bytes; data that is shared with other images counts in full */
  bytesOnDisk: Integer;
  /** How many files, directories and other entries a tree has; null for disk images */
  files?: Integer | null;
  /** How many directories could not be read, and are missing in the sums */
  unreadable: Integer;
  /** When it was counted, in microseconds since 1970 */
  countedAt: Integer;
  /** Whether it still holds */
  state: SizeState;
};

/** A partition of a disk, or the one file system of a disk without a partition table */
export type DiskPartition = {
  /** What it is for: root, usr, home, esp, swap, ... */
  designator: string;
  /** Its file system, or what encrypts it: ext4, crypto_LUKS, ... */
  fileSystem?: string | null;
  /** Its label in the partition table */
  label?: string | null;
  /** Its UUID in the partition table */
  uuid?: string | null;
  /** The architecture of what is in it, as systemd.unit(5) calls it */
  architecture?: string | null;
  /** Whether it is protected by dm-verity: yes, no, signed, or external */
  verity?: string | null;
};

/** What systemd-dissect(1) tells of a disk. The disk says most of this of itself */
export type DiskInspection = {
  /** What can be done with it, as systemd-dissect(1) calls it: BootableContainer, PortableService, SystemExtension, ... */
  uses: string[];
  /** The architecture of the system in it, as systemd.unit(5) calls it */
  architecture?: string | null;
  /** The host name in it */
  hostname?: string | null;
  /** The machine ID in it */
  machineId?: string | null;
  /** Its partitions */
  partitions: DiskPartition[];
};

/** Everything that is known of an image. */
export type ImageDetails = {
  /** What List() tells of it */
  image: Image;
  /** Its size; null if it is not known */
  size?: ImageSize | null;
  /** Why it is not known */
  sizeProblem?: string | null;
  /** Whom the files of a tree belong to; null of a disk, and if it cannot be told */
  owners?: TreeOwners | null;
  /** The UUID of a btrfs subvolume */
  uuid?: string | null;
  /** The UUID of the subvolume that it is a snapshot of */
  parentUuid?: string | null;
  /** Where that subvolume is, if it is an image or a pristine download */
  parentPath?: string | null;
  /** The paths of the files that belong to it, such as NAME.nspawn or NAME.roothash */
  sidecars: string[];
  /**
   * The file in it that says what system it holds, as a path inside: /etc/os-release, /usr/lib/os-release, or that of an extension;
   * null of a disk
   */
  releaseFile?: string | null;
  /** The fields of that file, as NAME=VALUE without quotes. The image says this of itself */
  release: string[];
  /** Why the fields are missing */
  releaseProblem?: string | null;
  /** What systemd-dissect(1) tells of a disk, with "inspectDisk" */
  inspection?: DiskInspection | null;
  /** What is done with it */
  state: ImageState;
  /** The machine or unit that uses it */
  stateOf?: string | null;
  /** Commands that put it to use, any of them */
  startCommands: string[];
  /**
   * Where it came from, if the image has a record that can be trusted; query values in the URL are masked for everybody but root and
   * the one who had it made
   */
  provenance?: Provenance | null;
  /** How far that can be believed */
  provenanceState: ProvenanceState;
  /** Whether it was changed since it was placed */
  changed: ChangedSince;
};

/** How far a count has come. */
export type CountProgress = {
  /** Entries so far */
  files: Integer;
  /** What they take on the disk, in bytes */
  bytesOnDisk: Integer;
};

/** What the images of a class take, or what else is kept with them. */
export type UsageEntry = {
  /** The class */
  class: ImageClass;
  /** What it is */
  kind: UsageKind;
  /** How many there are */
  count: Integer;
  /**
   * The disk space that they take, in bytes. Hard links count once; data that is shared, as in snapshots and reflinks, counts in full
   * for each
   */
  bytes: Integer;
  /** How much of that Clean() removes at most, in bytes: what is in use then stays, and what is shared is not free before the last of it is gone */
  reclaimable: Integer;
};

/** Something that Clean() removes. */
export type Leftover = {
  /** Where it is */
  path: string;
  /** Disk space it takes in bytes */
  bytes: Integer;
  /**
   * Why it is removed: original is a pristine download, layer one of a container image that
   * no image consists of, partial the beginning of an interrupted download, temporary what
   * an ended transfer left
   */
  reason: LeftoverReason;
  /**
   * When a pristine download or layer was placed, and when anything else was last written to, in
   * microseconds since 1970, if known
   */
  time?: Integer | null;
};

/** Something that was done, or that failed. */
export type HistoryEvent = {
  /** When it had ended, in microseconds since 1970 */
  time: Integer;
  /** What it was */
  operation: HistoryOperation;
  /** The class of the image; null if several were cleaned */
  class?: ImageClass | null;
  /** The name of the image, if it is about one that has a name */
  name?: string | null;
  /** The name that a rename or clone gave */
  newName?: string | null;
  /** Where the image was placed, or the directory that was cleaned, if there is one */
  path?: string | null;
  /** Who caused it: a user ID of the host that the service runs on */
  uid: Integer;
  /** The name that user had, if known */
  user?: string | null;
  /** The name of the error if it failed, such as VerificationFailed; null if it was done */
  error?: string | null;
  /** Whether an image of that name was replaced */
  replaced: boolean;
  /** How a download was verified */
  verification?: VerifiedBy | null;
  /** The fingerprint of the key that signed it */
  signedBy?: string | null;
  /** Bytes moved, or freed by cleaning */
  bytes?: Integer | null;
  /** How many things were cleaned */
  count?: Integer | null;
  /** The URL of a download, without user name and password; without its query where that might be read by other users */
  url?: string | null;
  /** The identifier of the transfer, unique within a boot */
  transfer?: Integer | null;
};
