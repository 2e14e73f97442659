// Generated from io.ferry.Transfer.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { BlobFate, DownloadCompression, ImageClass, KeyScheme, LossKind, Phase, TransferType, VerifiedBy } from './enums.generated.js';
import type { Integer } from '../../../varlink/idl/value.js';

/** A layer of a container image that is being downloaded. */
export type LayerProgress = {
  /** Its digest: sha256 or sha512, a colon, and lower-case hexadecimal */
  digest: string;
  /** Bytes moved so far, as transferred */
  bytesDone: Integer;
  /** Bytes to move in all */
  bytesTotal: Integer;
};

/** How far the layers of a container image have come. */
export type LayersProgress = {
  /** How many are here, downloaded now or earlier */
  done: Integer;
  /** How many different layers the image has */
  total: Integer;
  /** Those that are being downloaded, or waited for because another transfer downloads them */
  current: LayerProgress[];
};

/** A moment of a transfer. */
export type Progress = {
  /** What it is doing */
  phase: Phase;
  /** Bytes moved so far, as transferred (that is, compressed) */
  bytesDone: Integer;
  /** Bytes to move in all, if known */
  bytesTotal?: Integer | null;
  /** Current rate in bytes per second, if known */
  bytesPerSecond?: Integer | null;
  /** Estimated time to the end in seconds, if known */
  secondsLeft?: Integer | null;
  /** Seconds since the last byte came, where none has come for a while: rate and time left are unknown then */
  secondsStalled?: Integer | null;
  /** For a container image, its layers; null until they are known, and for all else */
  layers?: LayersProgress | null;
};

/** A line for people. */
export type LogLine = {
  /** The priority as in syslog(3): 3 is an error, 4 a warning, 5 a notice, 6 information, 7 debugging */
  priority: Integer;
  /** The text, without a newline and with control characters escaped */
  message: string;
};

/** What was lost, of one kind. */
export type Loss = {
  /** What it is */
  kind: LossKind;
  /** How many were lost; of a file or directory each of its attributes counts */
  count: Integer;
  /** The first three of them, for people, with the attribute or number concerned */
  examples: string[];
};

/** A part of an image that was pushed. */
export type PushedBlob = {
  /** What kind of bytes they are */
  mediaType: string;
  /** Their digest: sha256, a colon, and lower-case hexadecimal */
  digest: string;
  /** How many they are, as transferred */
  bytes: Integer;
  /** What became of it */
  fate: BlobFate;
};

/** What became of a transfer that ended well. */
export type Result = {
  /** The path of the image that was placed; null if only the pristine download was kept, and for exports */
  path?: string | null;
  /** The path of the pristine, read-only download, if one was kept */
  pristinePath?: string | null;
  /** Bytes moved, as transferred (that is, compressed); for a transfer served from the cache those of the original download */
  bytes: Integer;
  /** SHA-256 of these bytes, in lower-case hexadecimal; null where none was computed */
  sha256?: string | null;
  /** How the bytes were verified */
  verifiedBy: VerifiedBy;
  /** The fingerprint of the key that signed the checksum file or the image, if one did */
  signedBy?: string | null;
  /** The user ID of that key, with control characters escaped, where the key has one */
  signerName?: string | null;
  /** Whether the bytes were already here, and are those of the given digest or the server said they are current */
  fromCache: boolean;
  /** How many files and directories could not be stored exactly */
  lossCount: Integer;
  /** What they lack, by kind; empty if nothing */
  losses: Loss[];
  /** The digest of the manifest of an OCI image or artefact, or of the configuration of one that docker save wrote: sha256 or sha512, a colon, and lower-case hexadecimal; null for all else */
  manifestDigest?: string | null;
  /** For a push its parts; null for all else */
  blobs?: PushedBlob[] | null;
  /** The commands that put the image that was placed to use, the most usual first; null where none was placed */
  startCommands?: string[] | null;
};

/** Where a container image is looked for. */
export type RegistryLocation = {
  /** The registry, such as registry.example.com:5000 */
  registry: string;
  /** The name of the image there */
  repository: string;
};

/** What a registry is told before it gives something out. Secrets: they are neither logged nor kept. */
export type RegistryCredential = {
  /** The registry, as ResolveReference() gives it, that is told */
  registry: string;
  /** The user name */
  user?: string | null;
  /** The password of that user */
  password?: string | null;
  /** A refresh token, in place of user name and password */
  identityToken?: string | null;
  /** A bearer token, which the registry takes as it is */
  registryToken?: string | null;
};

/** What a pull of a container image would do with a layer. */
export type PlannedLayer = {
  /** Its digest */
  digest: string;
  /** Bytes, as transferred */
  bytes: Integer;
  /** How they are compressed, by the media type */
  compression: DownloadCompression;
  /** Whether it is here already: then it is not downloaded */
  present: boolean;
};

/** A key, or a certificate, that may vouch for a download. */
export type TrustedKey = {
  /** What signatures it makes */
  scheme: KeyScheme;
  /** As the programs of the scheme show it */
  fingerprint: string;
  /** The user ID or comment, with control characters escaped; empty for a key without one */
  user: string;
  /** Until when signatures by it count, in microseconds since 1970; null if for ever */
  usableUntil?: Integer | null;
  /** Why no signature by it counts now; null if they count */
  problem?: string | null;
  /** The file that holds it, with the number of the line for a key in a trust entry */
  keyring: string;
};

/** Something that would end a pull without an image. */
export type Obstacle = {
  /** The error of this interface that Pull() would give, such as ImageExists */
  error: string;
  /** What is wrong and what to do, for people */
  message: string;
};

/** A transfer, as listed. */
export type Transfer = {
  /** Its identifier, never used twice within a boot */
  id: Integer;
  /** What it does */
  type: TransferType;
  /** The class of the image */
  class: ImageClass;
  /** The URL it comes from, without user name and password; null for imports and exports */
  remote?: string | null;
  /** The name of the image here; null if only the pristine download is kept */
  local?: string | null;
  /** How far it has come */
  progress: Progress;
};
