// Generated from io.systemd.Import.varlink by varlink/codegen. Do not edit: change that file and generate again.

/** What an image is used for */
export type ImageClass =
  /** A virtual machine or a full container */
  | 'machine'
  /** A portable service */
  | 'portable'
  /** A system extension */
  | 'sysext'
  /** A configuration extension */
  | 'confext';

/** All of {@link ImageClass}, in the order of the definition. */
export const imageClassValues = ['machine', 'portable', 'sysext', 'confext'] as const satisfies readonly ImageClass[];

/** The form of a download */
export type RemoteType =
  /** A disk image */
  | 'raw'
  /** A tar archive */
  | 'tar'
  /** A container image from a registry */
  | 'oci';

/** All of {@link RemoteType}, in the order of the definition. */
export const remoteTypeValues = ['raw', 'tar', 'oci'] as const satisfies readonly RemoteType[];

/** What a transfer does */
export type TransferType =
  /** Imports a tar archive */
  | 'import_tar'
  /** Imports a disk image */
  | 'import_raw'
  /** Imports a directory */
  | 'import_fs'
  /** Exports a tree as a tar archive */
  | 'export_tar'
  /** Exports a disk image */
  | 'export_raw'
  /** Downloads a tar archive */
  | 'pull_tar'
  /** Downloads a disk image */
  | 'pull_raw'
  /** Downloads a container image from a registry */
  | 'pull_oci';

/** All of {@link TransferType}, in the order of the definition. */
export const transferTypeValues = ['import_tar', 'import_raw', 'import_fs', 'export_tar', 'export_raw', 'pull_tar', 'pull_raw', 'pull_oci'] as const satisfies readonly TransferType[];

/** How thoroughly a download is checked */
export type ImageVerify =
  /** Not at all */
  | 'no'
  /** Against a checksum file */
  | 'checksum'
  /** Against a signed checksum file */
  | 'signature';

/** All of {@link ImageVerify}, in the order of the definition. */
export const imageVerifyValues = ['no', 'checksum', 'signature'] as const satisfies readonly ImageVerify[];
