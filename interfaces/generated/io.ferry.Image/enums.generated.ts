// Generated from io.ferry.Image.varlink by varlink/codegen. Do not edit: change that file and generate again.

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

/** The form an image is kept in. */
export type ImageType =
  /** A directory tree */
  | 'directory'
  /** A btrfs subvolume */
  | 'subvolume'
  /** A disk image in a file */
  | 'raw'
  /** A block device */
  | 'block'
  /** A stack of layers */
  | 'mstack';

/** All of {@link ImageType}, in the order of the definition. */
export const imageTypeValues = ['directory', 'subvolume', 'raw', 'block', 'mstack'] as const satisfies readonly ImageType[];

/** What Verify() holds against what. */
export type CheckKind =
  /** The record of where an image came from: whether the service wrote it, for this image */
  | 'record'
  /** The pristine download against the digest that was recorded when it came */
  | 'pristine'
  /** That digest against the checksum and signature files kept with the pristine download, with the keys trusted now */
  | 'proofs'
  /** That digest against the checksum and signature files that the server has now */
  | 'server'
  /** The image against that digest */
  | 'image';

/** All of {@link CheckKind}, in the order of the definition. */
export const checkKindValues = ['record', 'pristine', 'proofs', 'server', 'image'] as const satisfies readonly CheckKind[];

/** What a check has shown. */
export type Verdict =
  /** It is what it should be */
  | 'good'
  /** It is not */
  | 'bad'
  /** Nobody can tell */
  | 'unknown';

/** All of {@link Verdict}, in the order of the definition. */
export const verdictValues = ['good', 'bad', 'unknown'] as const satisfies readonly Verdict[];

/** What takes disk space in a directory of images. */
export type UsageKind =
  /** An image, with the files that belong to it */
  | 'image'
  /** A pristine download, with its sidecars and proofs */
  | 'pristine'
  /** A layer of container images, with its record */
  | 'layer'
  /** The beginning of a download that was interrupted */
  | 'partial'
  /** A temporary file or tree of a transfer, under way or gone */
  | 'temporary';

/** All of {@link UsageKind}, in the order of the definition. */
export const usageKindValues = ['image', 'pristine', 'layer', 'partial', 'temporary'] as const satisfies readonly UsageKind[];

/** Why something is removed. */
export type LeftoverReason =
  /** A pristine download that no name was given to */
  | 'original'
  /** A layer of container images, or its record, which no image consists of */
  | 'layer'
  /** The beginning of a download that was interrupted, with which the same pull would go on */
  | 'partial'
  /** A temporary file or tree of a transfer that is gone */
  | 'temporary';

/** All of {@link LeftoverReason}, in the order of the definition. */
export const leftoverReasonValues = ['original', 'layer', 'partial', 'temporary'] as const satisfies readonly LeftoverReason[];

/** How a download was verified. */
export type VerifiedBy =
  /** Not at all */
  | 'no'
  /** By a checksum file, or the digests in a manifest that a registry gave for a tag */
  | 'checksum'
  /** By a signature of a trusted key */
  | 'signature'
  /** By the digest that the caller gave, of the download or of the manifest */
  | 'digest';

/** All of {@link VerifiedBy}, in the order of the definition. */
export const verifiedByValues = ['no', 'checksum', 'signature', 'digest'] as const satisfies readonly VerifiedBy[];

/** What made an image. */
export type ProvenanceOperation =
  /** A download */
  | 'pull'
  /** A file, archive or directory of this host */
  | 'import'
  /** Another image of this host */
  | 'clone';

/** All of {@link ProvenanceOperation}, in the order of the definition. */
export const provenanceOperationValues = ['pull', 'import', 'clone'] as const satisfies readonly ProvenanceOperation[];

/** How far the record of where an image came from can be believed. */
export type ProvenanceState =
  /** This service wrote it for this image */
  | 'known'
  /** This service wrote it for another image, from which it was copied by other means than Ferry's */
  | 'copied'
  /** Something else wrote or changed it */
  | 'forged'
  /** It cannot be read, or a newer version wrote it */
  | 'unreadable'
  /** The key that it was written with is gone, so nobody can tell */
  | 'unchecked'
  /** The image has no record */
  | 'none';

/** All of {@link ProvenanceState}, in the order of the definition. */
export const provenanceStateValues = ['known', 'copied', 'forged', 'unreadable', 'unchecked', 'none'] as const satisfies readonly ProvenanceState[];

/** Whether an image was changed since it was made. */
export type ChangedSince =
  /** It is as it was */
  | 'no'
  /** It was written to */
  | 'yes'
  /**
   * That cannot be known cheaply: of a directory tree without a visible change; of a subvolume also once a program has read
   * files in it, if that updated an access time (relatime in mount(8))
   */
  | 'unknown';

/** All of {@link ChangedSince}, in the order of the definition. */
export const changedSinceValues = ['no', 'yes', 'unknown'] as const satisfies readonly ChangedSince[];

/** What is done with an image. */
export type ImageState =
  /** Nothing is known to use it */
  | 'idle'
  /** A container or a virtual machine runs from it */
  | 'running'
  /** It is attached as a portable service */
  | 'attached'
  /** It is merged into /usr and /opt, or into /etc */
  | 'merged'
  /** A program has locked it, such as a clone or an export that reads it */
  | 'busy';

/** All of {@link ImageState}, in the order of the definition. */
export const imageStateValues = ['idle', 'running', 'attached', 'merged', 'busy'] as const satisfies readonly ImageState[];

/** How current the size of an image is. */
export type SizeState =
  /** Counted for this call, or what the file system says */
  | 'counted'
  /** Counted before, and nothing in the image has changed since */
  | 'unchanged'
  /** Counted before; the image may have changed since */
  | 'earlier';

/** All of {@link SizeState}, in the order of the definition. */
export const sizeStateValues = ['counted', 'unchanged', 'earlier'] as const satisfies readonly SizeState[];

/** What was done to images. */
export type HistoryOperation =
  /** A download */
  | 'pull'
  /** A file, archive or directory of this host became an image */
  | 'import'
  /** An image was written to a file */
  | 'export'
  /** An image was pushed to a registry */
  | 'push'
  /** An image got another name */
  | 'rename'
  /** An image was copied */
  | 'clone'
  /** An image was removed */
  | 'remove'
  /** An image was made read-only */
  | 'make_read_only'
  /** An image was made writable */
  | 'make_writable'
  /** Pristine downloads and leftovers were removed */
  | 'clean';

/** All of {@link HistoryOperation}, in the order of the definition. */
export const historyOperationValues = ['pull', 'import', 'export', 'push', 'rename', 'clone', 'remove', 'make_read_only', 'make_writable', 'clean'] as const satisfies readonly HistoryOperation[];

/** Whom the files of a tree belong to. */
export type TreeOwners =
  /** Users and groups of the host, as the image says; for a user who is not root, that user and the subordinate IDs of /etc/subuid */
  | 'host'
  /** The foreign UID range, from 2147352576 on, which systemd-nsresourced maps into the containers of users */
  | 'foreign';

/** All of {@link TreeOwners}, in the order of the definition. */
export const treeOwnersValues = ['host', 'foreign'] as const satisfies readonly TreeOwners[];
