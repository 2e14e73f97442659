// Generated from io.systemd.Import.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { CallOptions, VarlinkClient } from '../../varlink/client/client.js';
import type { Integer } from '../../varlink/idl/value.js';
import type { ServerCall } from '../../varlink/server/call.js';

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
  | 'tar';

/** All of {@link RemoteType}, in the order of the definition. */
export const remoteTypeValues = ['raw', 'tar'] as const satisfies readonly RemoteType[];

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
  | 'pull_raw';

/** All of {@link TransferType}, in the order of the definition. */
export const transferTypeValues = ['import_tar', 'import_raw', 'import_fs', 'export_tar', 'export_raw', 'pull_tar', 'pull_raw'] as const satisfies readonly TransferType[];

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

/** A line for people */
export type LogMessage = {
  /** The text */
  message: string;
  /** The priority as in syslog(3) */
  priority: Integer;
};

/** The parameters of ListTransfers(). */
export type ListTransfersParameters = {
  /** Only those of this class */
  class?: ImageClass | null;
};

/** The reply to ListTransfers(). */
export type ListTransfersReply = {
  /** The identifier */
  id: Integer;
  /** What it does */
  type: TransferType;
  /** Where it comes from; empty for imports and exports */
  remote: string;
  /** The name of the image; empty if it gets none */
  local: string;
  /** The class of the image */
  class: ImageClass;
  /** How far it has come, as a fraction from 0.0 to 1.0; 0.0 if unknown */
  percent: number;
};

/** The parameters of Pull(). */
export type PullParameters = {
  /** The URL */
  remote: string;
  /** The name to give the image; if null it is derived from the URL */
  local?: string | null;
  /** The form of the download */
  type: RemoteType;
  /** The class of the image */
  class: ImageClass;
  /** How thoroughly to check it; signature if null */
  verify?: ImageVerify | null;
  /** Replace an image of this name */
  force?: boolean | null;
  /** Make the image read-only */
  readOnly?: boolean | null;
  /** Keep the pristine download beside the image; false if null, for every class */
  keepDownload?: boolean | null;
  /** The absolute path of the directory to use instead of the one of the class */
  imageRoot?: string | null;
  /** Whether polkit may ask the user */
  allowInteractiveAuthentication?: boolean | null;
};

/** The reply to Pull(). */
export type PullReply = {
  /** How far it has come, as a fraction from 0.0 to 1.0 */
  progress?: number | null;
  /** A line of its log */
  log?: LogMessage | null;
  /** The identifier */
  id?: Integer | null;
};

/** The same URL is being downloaded already */
export type AlreadyInProgressError = {
  /** The URL */
  remote: string;
};

/** The transfer was cancelled */
export type TransferCancelledError = Record<never, never>;

/** The transfer failed; the log says why */
export type TransferFailedError = Record<never, never>;

/** There are no transfers */
export type NoTransfersError = Record<never, never>;

/** The qualified names of the errors of io.systemd.Import. */
export const importErrors = {
  AlreadyInProgress: 'io.systemd.Import.AlreadyInProgress',
  TransferCancelled: 'io.systemd.Import.TransferCancelled',
  TransferFailed: 'io.systemd.Import.TransferFailed',
  NoTransfers: 'io.systemd.Import.NoTransfers',
} as const;

/** The errors of io.systemd.Import by qualified name, with the parameters they carry. */
export type ImportErrors = {
  'io.systemd.Import.AlreadyInProgress': AlreadyInProgressError;
  'io.systemd.Import.TransferCancelled': TransferCancelledError;
  'io.systemd.Import.TransferFailed': TransferFailedError;
  'io.systemd.Import.NoTransfers': NoTransfersError;
};

/** What a service that implements io.systemd.Import has to provide: a function for each method. */
export interface ImportHandlers {
  /** Lists the transfers that have not ended, one a reply */
  ListTransfers(call: ServerCall<ListTransfersParameters, ListTransfersReply>): Promise<void>;
  /**
   * Downloads an image. With 'more' the replies carry the identifier, progress and log lines until it has ended;
   * without it the identifier is given at once and the download runs on.
   */
  Pull(call: ServerCall<PullParameters, PullReply>): Promise<void>;
}

/** Calls the methods of io.systemd.Import over a connection. */
export class ImportClient {
  readonly #client: VarlinkClient;

  constructor(client: VarlinkClient) {
    this.#client = client;
  }

  /**
   * Lists the transfers that have not ended, one a reply
   *
   * Called with 'more': any number of replies.
   */
  listTransfersMore(parameters: ListTransfersParameters = {}, options?: CallOptions): AsyncIterable<ListTransfersReply> {
    return this.#client.callMore<ListTransfersReply>('io.systemd.Import.ListTransfers', parameters, options);
  }

  /**
   * Downloads an image. With 'more' the replies carry the identifier, progress and log lines until it has ended;
   * without it the identifier is given at once and the download runs on.
   */
  pull(parameters: PullParameters, options?: CallOptions): Promise<PullReply> {
    return this.#client.call<PullReply>('io.systemd.Import.Pull', parameters, options);
  }

  /**
   * Downloads an image. With 'more' the replies carry the identifier, progress and log lines until it has ended;
   * without it the identifier is given at once and the download runs on.
   *
   * Called with 'more': any number of replies.
   */
  pullMore(parameters: PullParameters, options?: CallOptions): AsyncIterable<PullReply> {
    return this.#client.callMore<PullReply>('io.systemd.Import.Pull', parameters, options);
  }
}

/** The interface of systemd-importd, for its existing callers. */
export const importInterface = {
  name: 'io.systemd.Import',
  /** The text of the definition, as introspection gives it. */
  description: `# The interface of systemd-importd, for its existing callers.
interface io.systemd.Import

# What an image is used for
type ImageClass(
	# A virtual machine or a full container
	machine,
	# A portable service
	portable,
	# A system extension
	sysext,
	# A configuration extension
	confext
)

# The form of a download
type RemoteType(
	# A disk image
	raw,
	# A tar archive
	tar
)

# What a transfer does
type TransferType(
	# Imports a tar archive
	import_tar,
	# Imports a disk image
	import_raw,
	# Imports a directory
	import_fs,
	# Exports a tree as a tar archive
	export_tar,
	# Exports a disk image
	export_raw,
	# Downloads a tar archive
	pull_tar,
	# Downloads a disk image
	pull_raw
)

# How thoroughly a download is checked
type ImageVerify(
	# Not at all
	no,
	# Against a checksum file
	checksum,
	# Against a signed checksum file
	signature
)

# A line for people
type LogMessage(
	# The text
	message: string,
	# The priority as in syslog(3)
	priority: int
)

# Lists the transfers that have not ended, one a reply
# [Requires 'more' flag]
method ListTransfers(
	# Only those of this class
	class: ?ImageClass
) -> (
	# The identifier
	id: int,
	# What it does
	type: TransferType,
	# Where it comes from; empty for imports and exports
	remote: string,
	# The name of the image; empty if it gets none
	local: string,
	# The class of the image
	class: ImageClass,
	# How far it has come, as a fraction from 0.0 to 1.0; 0.0 if unknown
	percent: float
)

# Downloads an image. With 'more' the replies carry the identifier, progress and log lines until it has ended;
# without it the identifier is given at once and the download runs on.
# [Supports 'more' flag]
method Pull(
	# The URL
	remote: string,
	# The name to give the image; if null it is derived from the URL
	local: ?string,
	# The form of the download
	type: RemoteType,
	# The class of the image
	class: ImageClass,
	# How thoroughly to check it; signature if null
	verify: ?ImageVerify,
	# Replace an image of this name
	force: ?bool,
	# Make the image read-only
	readOnly: ?bool,
	# Keep the pristine download beside the image; false if null, for every class
	keepDownload: ?bool,
	# The absolute path of the directory to use instead of the one of the class
	imageRoot: ?string,
	# Whether polkit may ask the user
	allowInteractiveAuthentication: ?bool
) -> (
	# How far it has come, as a fraction from 0.0 to 1.0
	progress: ?float,
	# A line of its log
	log: ?LogMessage,
	# The identifier
	id: ?int
)

# The same URL is being downloaded already
error AlreadyInProgress(
	# The URL
	remote: string
)

# The transfer was cancelled
error TransferCancelled()

# The transfer failed; the log says why
error TransferFailed()

# There are no transfers
error NoTransfers()
`,
} as const;
