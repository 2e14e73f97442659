// Generated from io.ferry.Worker.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { Compression, IdentityKind, ImageClass, ImageFormat, ImageType, Scope, Verification, VerifiedBy } from './enums.generated.js';
import type { KnownSize, VerificationRecord } from './structs.generated.js';

/** What the record of where an image came from is written with. */
export type ProvenanceOrder = {
  /** The key, a secret */
  base64: string;
  /** User id of the one who has the image made */
  uid: number;
};

/** An image to be looked at. */
export type ShownImage = {
  class: ImageClass;
  name: string;
  type: ImageType;
  path: string;
  /** The directory given instead of those of the class; absent if none was */
  root?: string | undefined;
  /** Absent if its size was not counted before */
  known?: KnownSize | undefined;
};

/** What an image that comes by a pull or an import is to become. */
export type NewImage = {
  format: ImageFormat;
  class: ImageClass;
  /** The absolute path of the directory it goes to */
  imageRoot: string;
  /** Absent to keep the pristine download only */
  name?: string | undefined;
  force: boolean;
  readOnly: boolean;
  /** Bytes of allocated data */
  sizeMax: number;
  /** Whether it fails if anything cannot be stored exactly */
  strict: boolean;
  scope: Scope;
  /** The command that starts the process which converts disk images, without its own arguments */
  convertCommand: string[];
  /** Absent where nothing can be recorded */
  provenance?: ProvenanceOrder | undefined;
};

/** A file of trusted keys, read by the service. */
export type Keyring = {
  path: string;
  base64: string;
  /** Whether it is skipped if it contains no key that can be read; false if absent */
  optional?: boolean | undefined;
};

/** What the trust entry that covers a URL demands, beside a minimum of verification. */
export type Trust = {
  /** That of its file without .conf */
  name: string;
  /** The path of its file */
  path: string;
  /** Hexadecimal digits in upper case, or SHA256: and a digest in base64; any key of the keyrings counts if there are none */
  fingerprints: string[];
  /** How many different keys must have signed */
  requireSigners: number;
  /** Names beside the image, with %f for its own name, or URLs */
  checksumFiles: string[];
};

/** A pristine download that is already here. */
export type CachedOriginal = {
  path: string;
  etag?: string | undefined;
  record?: VerificationRecord | undefined;
};

/** The beginning of a download that an earlier pull has left. */
export type PartialSource = {
  /** Where the fetch process can read it */
  descriptor: number;
  /** How many of its bytes are safe */
  offset: number;
  /** What stood for the resource in If-Range */
  validator: string;
  /** Bytes of the whole resource, if the server said */
  total?: number | undefined;
};

/** The same, as it is recorded with it. */
export type PartialRecord = {
  /** Without user name and password */
  url: string;
  validator: string;
  total?: number | undefined;
  offset: number;
};

/** A part of a file. */
export type FilePart = {
  offset: number;
  bytes: number;
};

/** A header that is sent to one host. */
export type Credential = {
  /** Such as example.com or example.com:8443 */
  host: string;
  /** A whole header line */
  header: string;
};

/** How a repository of a registry is spoken to. All but the first two are secrets, which are never logged. */
export type RegistryAccess = {
  /** Such as https://registry.example.com:5000/v2/ */
  base: string;
  repository: string;
  user?: string | undefined;
  password?: string | undefined;
  /** What a login was exchanged for, to be exchanged for tokens */
  identityToken?: string | undefined;
  /** One that the registry takes as it is */
  token?: string | undefined;
};

/** What a container image is for, in the words of Go: linux, arm, v7. */
export type Platform = {
  os: string;
  architecture: string;
  variant?: string | undefined;
};

/** A disk image that is pushed. */
export type PushedArtefact = {
  /** Lower-case hexadecimal */
  sha256: string;
  bytes: number;
  compression: Compression;
  /** What the file is called where it is pulled as a file */
  fileName: string;
};

/** What an image is called, in full. */
export type ImageName = {
  /** REGISTRY/REPOSITORY */
  repository: string;
  tag?: string | undefined;
  digest?: string | undefined;
};

/** What a signature has to say of the name of an image. */
export type IdentityRule = {
  kind: IdentityKind;
  /** The reference, the repository, or the prefix that is replaced */
  value?: string | undefined;
  /** What replaces the prefix */
  signedPrefix?: string | undefined;
};

/** A demand on the signatures of an image. */
export type SignatureDemand = {
  /** Who does, as the subject of a sentence */
  source: string;
  /** What to do without a signature, as the end of a sentence */
  advice: string;
  keyrings: Keyring[];
  /** As an entry writes them; all keys count if there are none */
  fingerprints: string[];
  /** How many different keys must have signed */
  requireSigners: number;
  identity: IdentityRule;
  /** Whether signatures count that name no image */
  mayBeNameless: boolean;
};

/** A reference to a container image or an artefact, and where to look for it. */
export type SoughtReference = {
  /** Mirrors first */
  locations: RegistryAccess[];
  /** Absent where the digest says all */
  tag?: string | undefined;
  /** Of the manifest or the index */
  digest?: string | undefined;
  platform: Platform;
  /** For the signatures */
  name: ImageName;
  /** All of which have to be met */
  demands: SignatureDemand[];
  /** As that of a download */
  environment: Record<string, string>;
};

/** What is downloaded, and how. */
export type Download = {
  /** As the caller gave it; may hold a user name and a password */
  url: string;
  format: ImageFormat;
  verification: Verification;
  /** What the caller says that the image is: sha256: or sha512: and the digest in lower-case hexadecimal */
  digest?: string | undefined;
  /** What is recorded where the digest is not the caller's: checksum for that of a manifest which a tag has named, signature for a signed one */
  digestCountsAs?: VerifiedBy | undefined;
  /** Fingerprint of the key that has signed that manifest */
  digestSignedBy?: string | undefined;
  /** The checksum file that the caller names: a name beside the image, or a URL */
  checksumFile?: string | undefined;
  /** For what is in a registry: how that is spoken to */
  registry?: RegistryAccess | undefined;
  /** How many bytes it has, as transferred, if the caller says; others are refused */
  bytes?: number | undefined;
  /** Bytes per second */
  limitRate?: number | undefined;
  /** Whether to go on where a connection broke, and where an earlier pull was interrupted */
  resume: boolean;
  /** The text of the caller's netrc file, where the service may use it */
  netrc?: string | undefined;
  keyrings: Keyring[];
  /** Absent if no trust entry covers the URL; the keyrings are those of the entry otherwise */
  trust?: Trust | undefined;
  cached: CachedOriginal[];
  /** Suffixes of the sidecars to look for beside the image, such as .roothash */
  sidecars: string[];
  partial?: PartialSource | undefined;
  /** For file: URLs the descriptors of the files there, opened by the service, by name */
  files?: Record<string, number> | undefined;
  /** Where the image is in its file; absent if it is all of that */
  part?: FilePart | undefined;
  /** Of a layer, the digest that its archive has to have */
  diffId?: string | undefined;
  credentials: Credential[];
  /** Proxy and certificate variables. They may hold passwords, so they are not in the environment of the process */
  environment: Record<string, string>;
};

/** An image that is managed. */
export type ManagedImage = {
  scope: Scope;
  class: ImageClass;
  name: string;
  /** A directory to look in instead of those of the class */
  root?: string | undefined;
};
