// Generated from io.ferry.Worker.varlink by varlink/codegen. Do not edit: change that file and generate again.

/** Whose images they are. */
export type Scope =
  | 'system'
  | 'user';

/** All of {@link Scope}, in the order of the definition. */
export const scopeValues = ['system', 'user'] as const satisfies readonly Scope[];

/** See io.ferry.Transfer. */
export type OciLayout =
  | 'tree'
  | 'mstack';

/** All of {@link OciLayout}, in the order of the definition. */
export const ociLayoutValues = ['tree', 'mstack'] as const satisfies readonly OciLayout[];

/** What an image is used for. */
export type ImageClass =
  | 'machine'
  | 'portable'
  | 'sysext'
  | 'confext';

/** All of {@link ImageClass}, in the order of the definition. */
export const imageClassValues = ['machine', 'portable', 'sysext', 'confext'] as const satisfies readonly ImageClass[];

/** The form of an image. */
export type ImageFormat =
  | 'tar'
  | 'raw';

/** All of {@link ImageFormat}, in the order of the definition. */
export const imageFormatValues = ['tar', 'raw'] as const satisfies readonly ImageFormat[];

/** What an image is exported as. */
export type ExportFormat =
  | 'tar'
  | 'raw'
  | 'oci';

/** All of {@link ExportFormat}, in the order of the definition. */
export const exportFormatValues = ['tar', 'raw', 'oci'] as const satisfies readonly ExportFormat[];

/** How bytes are compressed. */
export type Compression =
  | 'uncompressed'
  | 'xz'
  | 'gzip'
  | 'zstd'
  | 'bzip2';

/** All of {@link Compression}, in the order of the definition. */
export const compressionValues = ['uncompressed', 'xz', 'gzip', 'zstd', 'bzip2'] as const satisfies readonly Compression[];

/** How the layer of an OCI image is compressed. */
export type LayerCompression =
  | 'uncompressed'
  | 'gzip'
  | 'zstd';

/** All of {@link LayerCompression}, in the order of the definition. */
export const layerCompressionValues = ['uncompressed', 'gzip', 'zstd'] as const satisfies readonly LayerCompression[];

/** How the bytes of a download are compressed, as far as they are read. */
export type DownloadCompression =
  | 'uncompressed'
  | 'xz'
  | 'gzip'
  | 'zstd'
  | 'bzip2'
  | 'lz4'
  | 'lzma';

/** All of {@link DownloadCompression}, in the order of the definition. */
export const downloadCompressionValues = ['uncompressed', 'xz', 'gzip', 'zstd', 'bzip2', 'lz4', 'lzma'] as const satisfies readonly DownloadCompression[];

/** How a download is to be verified. */
export type Verification =
  | 'no'
  | 'checksum'
  | 'signature';

/** All of {@link Verification}, in the order of the definition. */
export const verificationValues = ['no', 'checksum', 'signature'] as const satisfies readonly Verification[];

/** How a download was verified. */
export type VerifiedBy =
  | 'no'
  | 'checksum'
  | 'signature'
  /** By the digest that the caller gave */
  | 'digest';

/** All of {@link VerifiedBy}, in the order of the definition. */
export const verifiedByValues = ['no', 'checksum', 'signature', 'digest'] as const satisfies readonly VerifiedBy[];

/** The phases that a process can know of. How a transfer ends is for the service to say. */
export type WorkerPhase =
  | 'downloading'
  | 'verifying'
  | 'importing'
  | 'converting'
  | 'installing'
  | 'copying';

/** All of {@link WorkerPhase}, in the order of the definition. */
export const workerPhaseValues = ['downloading', 'verifying', 'importing', 'converting', 'installing', 'copying'] as const satisfies readonly WorkerPhase[];

/** The failures that a process can know of: errors of io.ferry.Transfer. */
export type FailureKind =
  | 'ImageExists'
  | 'NoSuchImage'
  | 'ImageBusy'
  | 'InvalidName'
  | 'InvalidUrl'
  | 'VerificationFailed'
  | 'DownloadFailed'
  | 'UploadFailed'
  | 'UnsupportedFormat'
  | 'InsufficientSpace'
  | 'Corrupt'
  | 'FileSystemError'
  | 'MetadataLost'
  /** The programs on the disk are newer than the service */
  | 'ServiceStopping'
  | 'WorkerFailed';

/** All of {@link FailureKind}, in the order of the definition. */
export const failureKindValues = ['ImageExists', 'NoSuchImage', 'ImageBusy', 'InvalidName', 'InvalidUrl', 'VerificationFailed', 'DownloadFailed', 'UploadFailed', 'UnsupportedFormat', 'InsufficientSpace', 'Corrupt', 'FileSystemError', 'MetadataLost', 'ServiceStopping', 'WorkerFailed'] as const satisfies readonly FailureKind[];

/** How the name in a signature is compared with that of an image, see containers-policy.json(5). */
export type IdentityKind =
  | 'matchExact'
  | 'matchRepoDigestOrExact'
  | 'matchRepository'
  | 'exactReference'
  | 'exactRepository'
  | 'remapIdentity';

/** All of {@link IdentityKind}, in the order of the definition. */
export const identityKindValues = ['matchExact', 'matchRepoDigestOrExact', 'matchRepository', 'exactReference', 'exactRepository', 'remapIdentity'] as const satisfies readonly IdentityKind[];

/** Why something was removed, or would be. */
export type LeftoverReason =
  | 'original'
  | 'layer'
  | 'partial'
  | 'temporary';

/** All of {@link LeftoverReason}, in the order of the definition. */
export const leftoverReasonValues = ['original', 'layer', 'partial', 'temporary'] as const satisfies readonly LeftoverReason[];

/** What made an image. */
export type ProvenanceOperation =
  | 'pull'
  | 'import'
  | 'clone';

/** All of {@link ProvenanceOperation}, in the order of the definition. */
export const provenanceOperationValues = ['pull', 'import', 'clone'] as const satisfies readonly ProvenanceOperation[];

/** See io.ferry.Image. */
export type ProvenanceState =
  | 'known'
  | 'copied'
  | 'forged'
  | 'unreadable'
  | 'unchecked'
  | 'none';

/** All of {@link ProvenanceState}, in the order of the definition. */
export const provenanceStateValues = ['known', 'copied', 'forged', 'unreadable', 'unchecked', 'none'] as const satisfies readonly ProvenanceState[];

/** See io.ferry.Image. */
export type ChangedSince =
  | 'no'
  | 'yes'
  | 'unknown';

/** All of {@link ChangedSince}, in the order of the definition. */
export const changedSinceValues = ['no', 'yes', 'unknown'] as const satisfies readonly ChangedSince[];

/** See io.ferry.Transfer. */
export type BlobFate =
  | 'present'
  | 'mounted'
  | 'sent'
  | 'missing';

/** All of {@link BlobFate}, in the order of the definition. */
export const blobFateValues = ['present', 'mounted', 'sent', 'missing'] as const satisfies readonly BlobFate[];

/** What is held against what, see io.ferry.Image. */
export type CheckKind =
  | 'record'
  | 'pristine'
  | 'proofs'
  | 'server'
  | 'image';

/** All of {@link CheckKind}, in the order of the definition. */
export const checkKindValues = ['record', 'pristine', 'proofs', 'server', 'image'] as const satisfies readonly CheckKind[];

/** What a check has shown. */
export type Verdict =
  | 'good'
  | 'bad'
  | 'unknown';

/** All of {@link Verdict}, in the order of the definition. */
export const verdictValues = ['good', 'bad', 'unknown'] as const satisfies readonly Verdict[];

/** The form an image is kept in. */
export type ImageType =
  | 'directory'
  | 'subvolume'
  | 'raw'
  | 'block'
  | 'mstack';

/** All of {@link ImageType}, in the order of the definition. */
export const imageTypeValues = ['directory', 'subvolume', 'raw', 'block', 'mstack'] as const satisfies readonly ImageType[];

/** What is done with an image. */
export type ImageState =
  | 'idle'
  | 'running'
  | 'attached'
  | 'merged'
  | 'busy';

/** All of {@link ImageState}, in the order of the definition. */
export const imageStateValues = ['idle', 'running', 'attached', 'merged', 'busy'] as const satisfies readonly ImageState[];

/** How current a size is. */
export type SizeState =
  /** Counted now, or what the file system says */
  | 'counted'
  /** Counted before, and nothing has changed since */
  | 'unchanged'
  /** Counted before, and it may have changed since */
  | 'earlier';

/** All of {@link SizeState}, in the order of the definition. */
export const sizeStateValues = ['counted', 'unchanged', 'earlier'] as const satisfies readonly SizeState[];

/** What takes disk space in an image directory. */
export type UsageKind =
  | 'image'
  | 'pristine'
  | 'layer'
  | 'partial'
  | 'temporary';

/** All of {@link UsageKind}, in the order of the definition. */
export const usageKindValues = ['image', 'pristine', 'layer', 'partial', 'temporary'] as const satisfies readonly UsageKind[];

/** See io.ferry.Transfer. */
export type LossKind =
  | 'owners'
  | 'modes'
  | 'times'
  | 'devices'
  | 'fifos'
  | 'links'
  | 'attributes'
  | 'flags'
  | 'numbers';

/** All of {@link LossKind}, in the order of the definition. */
export const lossKindValues = ['owners', 'modes', 'times', 'devices', 'fifos', 'links', 'attributes', 'flags', 'numbers'] as const satisfies readonly LossKind[];

/** Whom the files of a tree belong to: users of the host, or the foreign UID range. */
export type TreeOwners =
  | 'host'
  | 'foreign';

/** All of {@link TreeOwners}, in the order of the definition. */
export const treeOwnersValues = ['host', 'foreign'] as const satisfies readonly TreeOwners[];

/** What signatures a key makes. */
export type KeyScheme =
  | 'openpgp'
  | 'minisign'
  | 'signify'
  | 'openssh'
  | 'pkcs7'
  | 'sigstore';

/** All of {@link KeyScheme}, in the order of the definition. */
export const keySchemeValues = ['openpgp', 'minisign', 'signify', 'openssh', 'pkcs7', 'sigstore'] as const satisfies readonly KeyScheme[];
