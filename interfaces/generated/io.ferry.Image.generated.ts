// Generated from io.ferry.Image.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { CallOptions, VarlinkClient } from '../../varlink/client/client.js';
import type { Integer } from '../../varlink/idl/value.js';
import type { ServerCall } from '../../varlink/server/call.js';

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
  /** Disk space it takes in bytes, if known */
  usage?: Integer | null;
  /** Disk space it takes that it shares with no other in bytes, if known */
  usageExclusive?: Integer | null;
  /** The most disk space it may take in bytes, if there is such a limit; the apparent size of a raw image */
  limit?: Integer | null;
  /** The most disk space it may take that it shares with no other in bytes, if there is such a limit */
  limitExclusive?: Integer | null;
};

/** Something that Clean() removes. */
export type Leftover = {
  /** Where it is */
  path: string;
  /** Disk space it takes in bytes */
  bytes: Integer;
  /**
   * Why it is removed: original is a pristine download, partial the beginning of
   * an interrupted one, temporary what an ended transfer left
   */
  reason: LeftoverReason;
};

/** The parameters of List(). */
export type ListParameters = {
  /** Only those of this class; all if null */
  class?: ImageClass | null;
  /** Only the one of this name; all if null */
  name?: string | null;
  /** The absolute path of the directory to look in instead of those of the class */
  imageRoot?: string | null;
};

/** The reply to List(). */
export type ListReply = {
  /** The images */
  images: Image[];
};

/** The parameters of Remove(). */
export type RemoveParameters = {
  /** Its class */
  class: ImageClass;
  /** Its name */
  name: string;
  /** The absolute path of the directory to look in instead of those of the class */
  imageRoot?: string | null;
  /** Whether polkit may ask the user */
  allowInteractiveAuthentication?: boolean | null;
};

/** The reply to Remove(). */
export type RemoveReply = Record<never, never>;

/** The parameters of Rename(). */
export type RenameParameters = {
  /** Its class */
  class: ImageClass;
  /** Its name */
  name: string;
  /** The name it gets */
  newName: string;
  /** The absolute path of the directory to look in instead of those of the class */
  imageRoot?: string | null;
  /** Whether polkit may ask the user */
  allowInteractiveAuthentication?: boolean | null;
};

/** The reply to Rename(). */
export type RenameReply = Record<never, never>;

/** The parameters of Clone(). */
export type CloneParameters = {
  /** Its class */
  class: ImageClass;
  /** Its name */
  name: string;
  /** The name of the copy */
  newName: string;
  /** Make the copy read-only */
  readOnly?: boolean | null;
  /** The absolute path of the directory to look in instead of those of the class */
  imageRoot?: string | null;
  /** Whether polkit may ask the user */
  allowInteractiveAuthentication?: boolean | null;
};

/** The reply to Clone(). */
export type CloneReply = Record<never, never>;

/** The parameters of SetReadOnly(). */
export type SetReadOnlyParameters = {
  /** Its class */
  class: ImageClass;
  /** Its name */
  name: string;
  /** Which of the two */
  readOnly: boolean;
  /** The absolute path of the directory to look in instead of those of the class */
  imageRoot?: string | null;
  /** Whether polkit may ask the user */
  allowInteractiveAuthentication?: boolean | null;
};

/** The reply to SetReadOnly(). */
export type SetReadOnlyReply = Record<never, never>;

/** The parameters of Clean(). */
export type CleanParameters = {
  /** Only in the directory of this class; all if null */
  class?: ImageClass | null;
  /** Only say what would be removed */
  dryRun?: boolean | null;
  /** The absolute path of the directory to clean instead of those of the class */
  imageRoot?: string | null;
  /** Whether polkit may ask the user */
  allowInteractiveAuthentication?: boolean | null;
};

/** The reply to Clean(). */
export type CleanReply = {
  /** What was removed, or would be */
  leftovers: Leftover[];
};

/** There is no image of that name. */
export type NoSuchImageError = {
  /** What happened and what to do, for people */
  message: string;
  /** The name */
  name: string;
};

/** There is an image of that name already. */
export type ImageExistsError = {
  /** What happened and what to do, for people */
  message: string;
  /** The name */
  name: string;
  /** Where the image is */
  path: string;
};

/** The image is in use. */
export type ImageBusyError = {
  /** What happened and what to do, for people */
  message: string;
  /** The name */
  name: string;
};

/** The name is not one that an image can have. */
export type InvalidNameError = {
  /** What happened and what to do, for people */
  message: string;
  /** The name */
  name: string;
};

/** The file system refused something. */
export type FileSystemErrorError = {
  /** What happened and what to do, for people */
  message: string;
  /** The path */
  path: string;
  /** The name of the error, such as EROFS */
  errorName: string;
};

/** The file system is full, or certainly too small. */
export type InsufficientSpaceError = {
  /** What happened and what to do, for people */
  message: string;
  /** Bytes needed, if known */
  needed?: Integer | null;
  /** Bytes available */
  available: Integer;
};

/** The service is stopping, or was updated. Nothing was changed; try again */
export type ServiceStoppingError = {
  /** What happened and what to do, for people */
  message: string;
};

/** The process that does the work ended unexpectedly. */
export type WorkerFailedError = {
  /** What happened and what to do, for people */
  message: string;
  /** Which process */
  process: string;
};

/** The qualified names of the errors of io.ferry.Image. */
export const imageErrors = {
  NoSuchImage: 'io.ferry.Image.NoSuchImage',
  ImageExists: 'io.ferry.Image.ImageExists',
  ImageBusy: 'io.ferry.Image.ImageBusy',
  InvalidName: 'io.ferry.Image.InvalidName',
  FileSystemError: 'io.ferry.Image.FileSystemError',
  InsufficientSpace: 'io.ferry.Image.InsufficientSpace',
  ServiceStopping: 'io.ferry.Image.ServiceStopping',
  WorkerFailed: 'io.ferry.Image.WorkerFailed',
} as const;

/** The errors of io.ferry.Image by qualified name, with the parameters they carry. */
export type ImageErrors = {
  'io.ferry.Image.NoSuchImage': NoSuchImageError;
  'io.ferry.Image.ImageExists': ImageExistsError;
  'io.ferry.Image.ImageBusy': ImageBusyError;
  'io.ferry.Image.InvalidName': InvalidNameError;
  'io.ferry.Image.FileSystemError': FileSystemErrorError;
  'io.ferry.Image.InsufficientSpace': InsufficientSpaceError;
  'io.ferry.Image.ServiceStopping': ServiceStoppingError;
  'io.ferry.Image.WorkerFailed': WorkerFailedError;
};

/** What a service that implements io.ferry.Image has to provide: a function for each method. */
export interface ImageHandlers {
  /** Lists images, sorted by class and name. Free for everyone. */
  List(call: ServerCall<ListParameters, ListReply>): Promise<void>;
  /** Removes an image, with what belongs to it. */
  Remove(call: ServerCall<RemoveParameters, RemoveReply>): Promise<void>;
  /** Gives an image, with what belongs to it, another name. */
  Rename(call: ServerCall<RenameParameters, RenameReply>): Promise<void>;
  /** Makes a copy of an image, with what belongs to it: a snapshot or reflink where the file system has them. */
  Clone(call: ServerCall<CloneParameters, CloneReply>): Promise<void>;
  /** Makes an image read-only, or writable. */
  SetReadOnly(call: ServerCall<SetReadOnlyParameters, SetReadOnlyReply>): Promise<void>;
  /** Removes pristine downloads and what ended transfers left. */
  Clean(call: ServerCall<CleanParameters, CleanReply>): Promise<void>;
}

/** Calls the methods of io.ferry.Image over a connection. */
export class ImageClient {
  readonly #client: VarlinkClient;

  constructor(client: VarlinkClient) {
    this.#client = client;
  }

  /** Lists images, sorted by class and name. Free for everyone. */
  list(parameters: ListParameters = {}, options?: CallOptions): Promise<ListReply> {
    return this.#client.call<ListReply>('io.ferry.Image.List', parameters, options);
  }

  /** Removes an image, with what belongs to it. */
  remove(parameters: RemoveParameters, options?: CallOptions): Promise<RemoveReply> {
    return this.#client.call<RemoveReply>('io.ferry.Image.Remove', parameters, options);
  }

  /** Gives an image, with what belongs to it, another name. */
  rename(parameters: RenameParameters, options?: CallOptions): Promise<RenameReply> {
    return this.#client.call<RenameReply>('io.ferry.Image.Rename', parameters, options);
  }

  /** Makes a copy of an image, with what belongs to it: a snapshot or reflink where the file system has them. */
  clone(parameters: CloneParameters, options?: CallOptions): Promise<CloneReply> {
    return this.#client.call<CloneReply>('io.ferry.Image.Clone', parameters, options);
  }

  /** Makes an image read-only, or writable. */
  setReadOnly(parameters: SetReadOnlyParameters, options?: CallOptions): Promise<SetReadOnlyReply> {
    return this.#client.call<SetReadOnlyReply>('io.ferry.Image.SetReadOnly', parameters, options);
  }

  /** Removes pristine downloads and what ended transfers left. */
  clean(parameters: CleanParameters = {}, options?: CallOptions): Promise<CleanReply> {
    return this.#client.call<CleanReply>('io.ferry.Image.Clean', parameters, options);
  }
}

/** Lists and manages the disk images of this host, of all classes. */
export const imageInterface = {
  name: 'io.ferry.Image',
  /** The text of the definition, as introspection gives it. */
  description: `# Lists and manages the disk images of this host, of all classes.
interface io.ferry.Image

# What an image is used for. Decides the directory it is kept in.
type ImageClass(
	# A virtual machine or a full container: /var/lib/machines
	machine,
	# A portable service: /var/lib/portables
	portable,
	# A system extension: /var/lib/extensions
	sysext,
	# A configuration extension: /var/lib/confexts
	confext
)

# The form an image is kept in.
type ImageType(
	# A directory tree
	directory,
	# A btrfs subvolume
	subvolume,
	# A disk image in a file
	raw,
	# A block device
	block,
	# A stack of layers
	mstack
)

# Why something is removed.
type LeftoverReason(
	# A pristine download that no name was given to
	original,
	# The beginning of a download that was interrupted, with which the same pull would go on
	partial,
	# A temporary file or tree of a transfer that is gone
	temporary
)

# An image.
type Image(
	# Its class
	class: ImageClass,
	# Its name, unique within the class
	name: string,
	# The form it is kept in
	type: ImageType,
	# Where it is
	path: string,
	# Whether it cannot be written to
	readOnly: bool,
	# When it was made, in microseconds since 1970, if known
	creationTimestamp: ?int,
	# When it was last changed, in microseconds since 1970, if known
	modificationTimestamp: ?int,
	# Disk space it takes in bytes, if known
	usage: ?int,
	# Disk space it takes that it shares with no other in bytes, if known
	usageExclusive: ?int,
	# The most disk space it may take in bytes, if there is such a limit; the apparent size of a raw image
	limit: ?int,
	# The most disk space it may take that it shares with no other in bytes, if there is such a limit
	limitExclusive: ?int
)

# Something that Clean() removes.
type Leftover(
	# Where it is
	path: string,
	# Disk space it takes in bytes
	bytes: int,
	# Why it is removed: original is a pristine download, partial the beginning of
	# an interrupted one, temporary what an ended transfer left
	reason: LeftoverReason
)

# Lists images, sorted by class and name. Free for everyone.
method List(
	# Only those of this class; all if null
	class: ?ImageClass,
	# Only the one of this name; all if null
	name: ?string,
	# The absolute path of the directory to look in instead of those of the class
	imageRoot: ?string
) -> (
	# The images
	images: []Image
)

# Removes an image, with what belongs to it.
method Remove(
	# Its class
	class: ImageClass,
	# Its name
	name: string,
	# The absolute path of the directory to look in instead of those of the class
	imageRoot: ?string,
	# Whether polkit may ask the user
	allowInteractiveAuthentication: ?bool
) -> ()

# Gives an image, with what belongs to it, another name.
method Rename(
	# Its class
	class: ImageClass,
	# Its name
	name: string,
	# The name it gets
	newName: string,
	# The absolute path of the directory to look in instead of those of the class
	imageRoot: ?string,
	# Whether polkit may ask the user
	allowInteractiveAuthentication: ?bool
) -> ()

# Makes a copy of an image, with what belongs to it: a snapshot or reflink where the file system has them.
method Clone(
	# Its class
	class: ImageClass,
	# Its name
	name: string,
	# The name of the copy
	newName: string,
	# Make the copy read-only
	readOnly: ?bool,
	# The absolute path of the directory to look in instead of those of the class
	imageRoot: ?string,
	# Whether polkit may ask the user
	allowInteractiveAuthentication: ?bool
) -> ()

# Makes an image read-only, or writable.
method SetReadOnly(
	# Its class
	class: ImageClass,
	# Its name
	name: string,
	# Which of the two
	readOnly: bool,
	# The absolute path of the directory to look in instead of those of the class
	imageRoot: ?string,
	# Whether polkit may ask the user
	allowInteractiveAuthentication: ?bool
) -> ()

# Removes pristine downloads and what ended transfers left.
method Clean(
	# Only in the directory of this class; all if null
	class: ?ImageClass,
	# Only say what would be removed
	dryRun: ?bool,
	# The absolute path of the directory to clean instead of those of the class
	imageRoot: ?string,
	# Whether polkit may ask the user
	allowInteractiveAuthentication: ?bool
) -> (
	# What was removed, or would be
	leftovers: []Leftover
)

# There is no image of that name.
error NoSuchImage(
	# What happened and what to do, for people
	message: string,
	# The name
	name: string
)

# There is an image of that name already.
error ImageExists(
	# What happened and what to do, for people
	message: string,
	# The name
	name: string,
	# Where the image is
	path: string
)

# The image is in use.
error ImageBusy(
	# What happened and what to do, for people
	message: string,
	# The name
	name: string
)

# The name is not one that an image can have.
error InvalidName(
	# What happened and what to do, for people
	message: string,
	# The name
	name: string
)

# The file system refused something.
error FileSystemError(
	# What happened and what to do, for people
	message: string,
	# The path
	path: string,
	# The name of the error, such as EROFS
	errorName: string
)

# The file system is full, or certainly too small.
error InsufficientSpace(
	# What happened and what to do, for people
	message: string,
	# Bytes needed, if known
	needed: ?int,
	# Bytes available
	available: int
)

# The service is stopping, or was updated. Nothing was changed; try again
error ServiceStopping(
	# What happened and what to do, for people
	message: string
)

# The process that does the work ended unexpectedly.
error WorkerFailed(
	# What happened and what to do, for people
	message: string,
	# Which process
	process: string
)
`,
} as const;
