// Generated from io.ferry.Transfer.varlink by varlink/codegen. Do not edit: change that file and generate again.

/** What an image is used for. Decides the directory it is kept in. */
export type ImageClass =
  /** A virtual machine or a full container: /var/lib/machines */
  | 'machine'
  /** A portable service: /var/lib/portables */
  | 'portable'
  /** A system extension: /var/lib/extensions */
  | 'sysext'
  /** A configuration extension: /var/lib/confexts */
  | 'confext';

/** All of {@link ImageClass}, in the order of the definition. */
export const imageClassValues = ['machine', 'portable', 'sysext', 'confext'] as const satisfies readonly ImageClass[];

/** The form of an image. */
export type ImageFormat =
  /** A directory tree, carried as a tar archive */
  | 'tar'
  /** A disk image, carried as is or as qcow2 */
  | 'raw';

/** All of {@link ImageFormat}, in the order of the definition. */
export const imageFormatValues = ['tar', 'raw'] as const satisfies readonly ImageFormat[];

/** What an exported image becomes. */
export type ExportFormat =
  /** A tar archive of a tree */
  | 'tar'
  /** A disk image, as is */
  | 'raw'
  /** An archive of an OCI image with one layer, made of a tree */
  | 'oci';

/** All of {@link ExportFormat}, in the order of the definition. */
export const exportFormatValues = ['tar', 'raw', 'oci'] as const satisfies readonly ExportFormat[];

/** Where an imported image comes from. */
export type ImportFormat =
  /** A tar archive, possibly compressed */
  | 'tar'
  /** A raw or qcow2 disk image, possibly compressed */
  | 'raw'
  /** A directory descriptor */
  | 'directory'
  /** A tar archive of container images, possibly compressed: an OCI image layout, or what docker save writes */
  | 'oci';

/** All of {@link ImportFormat}, in the order of the definition. */
export const importFormatValues = ['tar', 'raw', 'directory', 'oci'] as const satisfies readonly ImportFormat[];

/** How exported bytes are compressed. */
export type Compression =
  /** Not at all */
  | 'uncompressed'
  /** xz, as understood by xz(1) */
  | 'xz'
  /** gzip, as understood by gzip(1) */
  | 'gzip'
  /** Zstandard, as understood by zstd(1) */
  | 'zstd'
  /** bzip2, as understood by bzip2(1) */
  | 'bzip2';

/** All of {@link Compression}, in the order of the definition. */
export const compressionValues = ['uncompressed', 'xz', 'gzip', 'zstd', 'bzip2'] as const satisfies readonly Compression[];

/** How the bytes of a download are compressed, as far as they are read. */
export type DownloadCompression =
  /** Not at all */
  | 'uncompressed'
  /** xz, as understood by xz(1) */
  | 'xz'
  /** gzip, as understood by gzip(1) */
  | 'gzip'
  /** Zstandard, as understood by zstd(1) */
  | 'zstd'
  /** bzip2, as understood by bzip2(1) */
  | 'bzip2'
  /** Frames of lz4, as understood by lz4(1) */
  | 'lz4'
  /** The format before xz, as understood by xz(1) with --format=lzma */
  | 'lzma';

/** All of {@link DownloadCompression}, in the order of the definition. */
export const downloadCompressionValues = ['uncompressed', 'xz', 'gzip', 'zstd', 'bzip2', 'lz4', 'lzma'] as const satisfies readonly DownloadCompression[];

/** How thoroughly a download is checked before it becomes an image. */
export type Verification =
  /** Not at all */
  | 'no'
  /** Against a checksum file from the same place, or a manifest of the registry */
  | 'checksum'
  /** Against a checksum file that is signed by a key of the keyrings */
  | 'signature';

/** All of {@link Verification}, in the order of the definition. */
export const verificationValues = ['no', 'checksum', 'signature'] as const satisfies readonly Verification[];

/** How a download was checked before it became an image. */
export type VerifiedBy =
  /** Not at all */
  | 'no'
  /** Against a checksum file from the same place, or the digests in a manifest that the registry gave for a tag */
  | 'checksum'
  /** Against a checksum file that is signed by a key of the keyrings */
  | 'signature'
  /** Against the digest that the caller gave, of the download or of the manifest */
  | 'digest';

/** All of {@link VerifiedBy}, in the order of the definition. */
export const verifiedByValues = ['no', 'checksum', 'signature', 'digest'] as const satisfies readonly VerifiedBy[];

/** What a transfer does. */
export type TransferType =
  /** Downloads a tar archive */
  | 'pull_tar'
  /** Downloads a disk image */
  | 'pull_raw'
  /** Downloads a container image from a registry */
  | 'pull_oci'
  /** Imports a tar archive */
  | 'import_tar'
  /** Imports a disk image */
  | 'import_raw'
  /** Imports a directory */
  | 'import_fs'
  /** Imports a container image */
  | 'import_oci'
  /** Exports a tree as a tar archive */
  | 'export_tar'
  /** Exports a disk image */
  | 'export_raw'
  /** Exports a tree as an OCI image */
  | 'export_oci'
  /** Pushes an image to a registry */
  | 'push_oci';

/** All of {@link TransferType}, in the order of the definition. */
export const transferTypeValues = ['pull_tar', 'pull_raw', 'pull_oci', 'import_tar', 'import_raw', 'import_fs', 'import_oci', 'export_tar', 'export_raw', 'export_oci', 'push_oci'] as const satisfies readonly TransferType[];

/** How a container image is kept. */
export type OciLayout =
  /** As one directory tree, made of all layers */
  | 'tree'
  /** As its layers, which the kernel stacks when the image is used: a directory NAME.mstack with links to them */
  | 'mstack';

/** All of {@link OciLayout}, in the order of the definition. */
export const ociLayoutValues = ['tree', 'mstack'] as const satisfies readonly OciLayout[];

/** What became of a part of an image that was pushed. */
export type BlobFate =
  /** The registry had it */
  | 'present'
  /** The registry took it from another of its repositories */
  | 'mounted'
  /** It was sent */
  | 'sent'
  /** It would be sent, or taken from another repository */
  | 'missing';

/** All of {@link BlobFate}, in the order of the definition. */
export const blobFateValues = ['present', 'mounted', 'sent', 'missing'] as const satisfies readonly BlobFate[];

/** How far a transfer has come. */
export type Phase =
  /** Accepted; waits for others to end */
  | 'queued'
  /** Its processes are being started, the server is being asked */
  | 'starting'
  /** Bytes arrive from the network, and are unpacked as they arrive */
  | 'downloading'
  /** Bytes arrive from the caller, and are unpacked as they arrive */
  | 'importing'
  /** Bytes go to the caller, or are made ready for a registry */
  | 'exporting'
  /** Bytes go to a registry */
  | 'uploading'
  /** The digests and signatures are being checked */
  | 'verifying'
  /** A disk image is being converted to raw */
  | 'converting'
  /** The image gets its final name and is written to stable storage */
  | 'installing'
  /** The writable copy is being made */
  | 'copying'
  /** Leftovers of an ended transfer are being removed */
  | 'cleaning'
  /** Ended well */
  | 'finished'
  /** Ended badly */
  | 'failed'
  /** Ended by Cancel() */
  | 'cancelled';

/** All of {@link Phase}, in the order of the definition. */
export const phaseValues = ['queued', 'starting', 'downloading', 'importing', 'exporting', 'uploading', 'verifying', 'converting', 'installing', 'copying', 'cleaning', 'finished', 'failed', 'cancelled'] as const satisfies readonly Phase[];

/**
 * What files and directories can lack afterwards, because the kernel, the file system or the rights of the service do not allow it, or
 * because the archive says it in a way that cannot be read.
 */
export type LossKind =
  /** Their owner or group */
  | 'owners'
  /** Some of their permissions, such as the set-user-ID bit */
  | 'modes'
  /** Their times */
  | 'times'
  /** Device nodes, which are missing */
  | 'devices'
  /** Named pipes and sockets, which are missing */
  | 'fifos'
  /** Symbolic links, which are missing, and hard links, which became copies */
  | 'links'
  /** Extended attributes and access control lists */
  | 'attributes'
  /** Flags of chattr(1) */
  | 'flags'
  /** Numbers that cannot be read: the header that says the same, or a default, was used */
  | 'numbers';

/** All of {@link LossKind}, in the order of the definition. */
export const lossKindValues = ['owners', 'modes', 'times', 'devices', 'fifos', 'links', 'attributes', 'flags', 'numbers'] as const satisfies readonly LossKind[];

/** What signatures a key makes. */
export type KeyScheme =
  /** OpenPGP, as gpg makes them */
  | 'openpgp'
  /** minisign */
  | 'minisign'
  /** signify of OpenBSD */
  | 'signify'
  /** OpenSSH, by ssh-keygen -Y sign */
  | 'openssh'
  /** PKCS#7, by a certificate */
  | 'pkcs7'
  /** sigstore, as cosign signs container images with a key */
  | 'sigstore';

/** All of {@link KeyScheme}, in the order of the definition. */
export const keySchemeValues = ['openpgp', 'minisign', 'signify', 'openssh', 'pkcs7', 'sigstore'] as const satisfies readonly KeyScheme[];
