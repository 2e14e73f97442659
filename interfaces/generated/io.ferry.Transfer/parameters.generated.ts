// Generated from io.ferry.Transfer.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { Compression, ExportFormat, ImageClass, ImageFormat, ImportFormat, OciLayout, Verification } from './enums.generated.js';
import type { Integer } from '../../../varlink/idl/value.js';
import type { RegistryCredential } from './structs.generated.js';

/** The parameters of Pull(). */
export type PullParameters = {
  /**
   * The http://, https:// or file:// URL of the image, or oci://REFERENCE[#FILE] for a file of an artefact in a registry: REFERENCE is
   * that of PullOci(), FILE the title of the file where there are several
   */
  url: string;
  /** Whether a tree or a disk is expected there */
  format: ImageFormat;
  /** The class of the image */
  class: ImageClass;
  /** The name to give the image; if null that of the file in the URL, as the server calls it, or of the artefact, without suffixes */
  name?: string | null;
  /** Keep only the pristine read-only download and place no image; excludes a name */
  pristineOnly?: boolean | null;
  /** How to verify the download; signature if null. The digest of an artefact is always checked: there null leaves it to trust entries */
  verify?: Verification | null;
  /**
   * Further files of trusted keys for this download, each in base64: OpenPGP keyrings, public keys of minisign, signify or OpenSSH,
   * allowed signers of OpenSSH, or X.509 certificates
   */
  keyrings?: string[] | null;
  /**
   * The digest that the image must have as transferred: sha256 or sha512, a colon, and the digest in hexadecimal, or a hyphen and
   * the digest in base64. It satisfies 'verify' without a checksum file, and is checked with 'verify' no, too. Sidecars are not covered:
   * those that cannot be verified as 'verify' says are left out. The fragment of the URL can give it, as in #sha256=HEX. Not for artefacts,
   * whose reference can have one
   */
  digest?: string | null;
  /** The only checksum file to look in: a name, for a file beside the image, or an http://, https:// or file:// URL */
  checksumFile?: string | null;
  /** For artefacts, what the registries are told that want to know who asks */
  credentials?: RegistryCredential[] | null;
  /** For artefacts, the platform to choose where the registry has several, as in PullOci() */
  platform?: string | null;
  /** Replace an image of this name, whatever it is */
  force?: boolean | null;
  /** Make the image read-only */
  readOnly?: boolean | null;
  /** Keep the pristine download beside the image, for further instances; true for class machine if null, else false */
  keepDownload?: boolean | null;
  /** The absolute path of the directory to use instead of the one of the class */
  imageRoot?: string | null;
  /** Upper bound of the data of the unpacked image in bytes, a 64th of that of the image with its holes; 64 GiB if null */
  sizeMax?: Integer | null;
  /** Upper bound of the download rate in bytes per second; none if null */
  limitRate?: Integer | null;
  /** Go on where a connection broke, and where an earlier pull of an uncompressed disk image was interrupted; true if null */
  resume?: boolean | null;
  /** Fail rather than lose owners, device nodes, attributes or anything else that cannot be stored */
  strict?: boolean | null;
  /** Whether polkit may ask the user */
  allowInteractiveAuthentication?: boolean | null;
};

/** The parameters of Plan(). */
export type PlanParameters = {
  /**
   * The http://, https:// or file:// URL of the image, or oci://REFERENCE[#FILE] for a file of an artefact in a registry: REFERENCE is
   * that of PullOci(), FILE the title of the file where there are several
   */
  url: string;
  /** Whether a tree or a disk is expected there */
  format: ImageFormat;
  /** The class of the image */
  class: ImageClass;
  /** The name to give the image; if null that of the file in the URL, as the server calls it, or of the artefact, without suffixes */
  name?: string | null;
  /** Keep only the pristine read-only download and place no image; excludes a name */
  pristineOnly?: boolean | null;
  /** How to verify the download; signature if null. The digest of an artefact is always checked: there null leaves it to trust entries */
  verify?: Verification | null;
  /**
   * Further files of trusted keys for this download, each in base64: OpenPGP keyrings, public keys of minisign, signify or OpenSSH,
   * allowed signers of OpenSSH, or X.509 certificates
   */
  keyrings?: string[] | null;
  /**
   * The digest that the image must have as transferred: sha256 or sha512, a colon, and the digest in hexadecimal, or a hyphen and
   * the digest in base64. It satisfies 'verify' without a checksum file, and is checked with 'verify' no, too. Sidecars are not covered:
   * those that cannot be verified as 'verify' says are left out. The fragment of the URL can give it, as in #sha256=HEX. Not for artefacts,
   * whose reference can have one
   */
  digest?: string | null;
  /** The only checksum file to look in: a name, for a file beside the image, or an http://, https:// or file:// URL */
  checksumFile?: string | null;
  /** For artefacts, what the registries are told that want to know who asks */
  credentials?: RegistryCredential[] | null;
  /** For artefacts, the platform to choose where the registry has several, as in PullOci() */
  platform?: string | null;
  /** Replace an image of this name, whatever it is */
  force?: boolean | null;
  /** Make the image read-only */
  readOnly?: boolean | null;
  /** Keep the pristine download beside the image, for further instances; true for class machine if null, else false */
  keepDownload?: boolean | null;
  /** The absolute path of the directory to use instead of the one of the class */
  imageRoot?: string | null;
  /** Upper bound of the data of the unpacked image in bytes, a 64th of that of the image with its holes; 64 GiB if null */
  sizeMax?: Integer | null;
  /** Upper bound of the download rate in bytes per second; none if null */
  limitRate?: Integer | null;
  /** Go on where a connection broke, and where an earlier pull of an uncompressed disk image was interrupted; true if null */
  resume?: boolean | null;
  /** Fail rather than lose owners, device nodes, attributes or anything else that cannot be stored */
  strict?: boolean | null;
  /** Whether polkit may ask the user */
  allowInteractiveAuthentication?: boolean | null;
};

/** The parameters of PullOci(). */
export type PullOciParameters = {
  /** [REGISTRY[:PORT]/]IMAGE[:TAG][@DIGEST], with docker:// before it or not */
  reference: string;
  /** The class of the image */
  class: ImageClass;
  /** The name to give the image; the last component of IMAGE if null */
  name?: string | null;
  /** How to keep the image; if null mstack where the systemd of this host knows it and the file system can be stacked, else tree */
  layout?: OciLayout | null;
  /** The platform to choose where the registry has several: OS/ARCHITECTURE[/VARIANT], as in linux/arm64/v8; this host's if null */
  platform?: string | null;
  /** What the registries are told that want to know who asks */
  credentials?: RegistryCredential[] | null;
  /** How to verify the image; if null by a signature where a trust entry demands one, else by the digests in the manifest */
  verify?: Verification | null;
  /** Keys that may sign this image besides those of the host: files, in base64 */
  keyrings?: string[] | null;
  /** Replace an image of this name, whatever it is, and its settings */
  force?: boolean | null;
  /** Make the image read-only */
  readOnly?: boolean | null;
  /** The absolute path of the directory to use instead of the one of the class */
  imageRoot?: string | null;
  /** Upper bound of the data of each unpacked layer, and of the image, in bytes; 64 GiB if null */
  sizeMax?: Integer | null;
  /** Upper bound of the download rate of all layers together in bytes per second; none if null */
  limitRate?: Integer | null;
  /** Go on where a connection broke; true if null */
  resume?: boolean | null;
  /** Fail rather than lose owners, device nodes, attributes or anything else that cannot be stored */
  strict?: boolean | null;
  /** Whether polkit may ask the user */
  allowInteractiveAuthentication?: boolean | null;
};

/** The parameters of PlanOci(). */
export type PlanOciParameters = {
  /** [REGISTRY[:PORT]/]IMAGE[:TAG][@DIGEST], with docker:// before it or not */
  reference: string;
  /** The class of the image */
  class: ImageClass;
  /** The name to give the image; the last component of IMAGE if null */
  name?: string | null;
  /** How to keep the image; if null mstack where the systemd of this host knows it and the file system can be stacked, else tree */
  layout?: OciLayout | null;
  /** The platform to choose where the registry has several: OS/ARCHITECTURE[/VARIANT], as in linux/arm64/v8; this host's if null */
  platform?: string | null;
  /** What the registries are told that want to know who asks */
  credentials?: RegistryCredential[] | null;
  /** How to verify the image; if null by a signature where a trust entry demands one, else by the digests in the manifest */
  verify?: Verification | null;
  /** Keys that may sign this image besides those of the host: files, in base64 */
  keyrings?: string[] | null;
  /** Replace an image of this name, whatever it is, and its settings */
  force?: boolean | null;
  /** Make the image read-only */
  readOnly?: boolean | null;
  /** The absolute path of the directory to use instead of the one of the class */
  imageRoot?: string | null;
  /** Upper bound of the data of each unpacked layer, and of the image, in bytes; 64 GiB if null */
  sizeMax?: Integer | null;
  /** Upper bound of the download rate of all layers together in bytes per second; none if null */
  limitRate?: Integer | null;
  /** Go on where a connection broke; true if null */
  resume?: boolean | null;
  /** Fail rather than lose owners, device nodes, attributes or anything else that cannot be stored */
  strict?: boolean | null;
  /** Whether polkit may ask the user */
  allowInteractiveAuthentication?: boolean | null;
};

/** The parameters of ResolveReference(). */
export type ResolveReferenceParameters = {
  /** As PullOci() takes it */
  reference: string;
};

/** The parameters of Import(). */
export type ImportParameters = {
  /** What is being imported */
  format: ImportFormat;
  /** The class of the image */
  class: ImageClass;
  /** The name to give the image */
  name: string;
  /** The index of the pushed descriptor: a regular file, pipe, socket or, for a directory, a directory; null to send the bytes over the upgraded connection */
  fileDescriptor?: Integer | null;
  /** How many bytes will come, if known; for progress only */
  bytesTotal?: Integer | null;
  /** Replace an image of this name, whatever it is */
  force?: boolean | null;
  /** Make the image read-only */
  readOnly?: boolean | null;
  /** The absolute path of the directory to use instead of the one of the class */
  imageRoot?: string | null;
  /** Upper bound of the data of the unpacked image in bytes, a 64th of that of the image with its holes; 64 GiB if null */
  sizeMax?: Integer | null;
  /** Fail rather than lose owners, device nodes, attributes or anything else that cannot be stored */
  strict?: boolean | null;
  /** Of several container images in an archive the one to take: its tag, or its whole name. For container images only */
  tag?: string | null;
  /** How to keep a container image; if null mstack where the systemd of this host knows it and the file system can be stacked, else tree */
  layout?: OciLayout | null;
  /** The platform to choose where a container image is for several: OS/ARCHITECTURE[/VARIANT], as in linux/arm64/v8; this host's if null */
  platform?: string | null;
  /** Whether polkit may ask the user */
  allowInteractiveAuthentication?: boolean | null;
};

/** The parameters of Export(). */
export type ExportParameters = {
  /** What the image becomes */
  format: ExportFormat;
  /** The class of the image */
  class: ImageClass;
  /** The name of the image */
  name: string;
  /** The index of the pushed descriptor to write to; null to receive the bytes over the upgraded connection */
  fileDescriptor?: Integer | null;
  /** How to compress: gzip for the layer of an OCI image if null, which may be zstd or uncompressed as well; else uncompressed if null */
  compression?: Compression | null;
  /** The absolute path of the directory to use instead of those of the class */
  imageRoot?: string | null;
  /** Whether polkit may ask the user */
  allowInteractiveAuthentication?: boolean | null;
};

/** The parameters of PushOci(). */
export type PushOciParameters = {
  /** The name of the image */
  name: string;
  /** The class of the image */
  class: ImageClass;
  /** [REGISTRY[:PORT]/]IMAGE[:TAG], with docker:// before it or not */
  reference: string;
  /** How to compress: gzip if null; a tree can be gzip, zstd or uncompressed */
  compression?: Compression | null;
  /** Other repositories of the registry that may have the same bytes, for the registry to take them from */
  mountFrom?: string[] | null;
  /** What the registry is told if it wants to know who asks */
  credentials?: RegistryCredential[] | null;
  /** The absolute path of the directory to use instead of those of the class */
  imageRoot?: string | null;
  /** Upper bound of the rate in bytes per second; none if null */
  limitRate?: Integer | null;
  /** Try again where a connection broke, from what the registry has; true if null */
  resume?: boolean | null;
  /** Send nothing: only find out what would be sent */
  dryRun?: boolean | null;
  /** Whether polkit may ask the user */
  allowInteractiveAuthentication?: boolean | null;
};

/** The parameters of Finish(). */
export type FinishParameters = {
  /** The identifier of the transfer */
  id: Integer;
  /** How many bytes were sent */
  bytes: Integer;
  /** SHA-256 of them, in lower-case hexadecimal */
  sha256: string;
};

/** The parameters of List(). */
export type ListParameters = {
  /** Only those of this class; all if null */
  class?: ImageClass | null;
};

/** The parameters of Watch(). */
export type WatchParameters = {
  /** The identifier of the transfer */
  id: Integer;
};

/** The parameters of Cancel(). */
export type CancelParameters = {
  /** The identifier of the transfer */
  id: Integer;
  /** Whether polkit may ask the user */
  allowInteractiveAuthentication?: boolean | null;
};
