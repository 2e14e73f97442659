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

/** Why something is removed. */
export type LeftoverReason =
  /** A pristine download that no name was given to */
  | 'original'
  /** The beginning of a download that was interrupted, with which the same pull would go on */
  | 'partial'
  /** A temporary file or tree of a transfer that is gone */
  | 'temporary';

/** All of {@link LeftoverReason}, in the order of the definition. */
export const leftoverReasonValues = ['original', 'partial', 'temporary'] as const satisfies readonly LeftoverReason[];
