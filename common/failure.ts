/** The facts that each expected failure carries beside its message: the parameters of the errors of io.ferry.Transfer. */
export interface FailureFacts {
  ImageExists: { name: string; path: string };
  NoSuchImage: { name: string };
  ImageBusy: { name: string };
  InvalidName: { name: string };
  InvalidUrl: { url: string };
  TransferInProgress: { id: number };
  EntryExists: { path: string };
  NoSuchTransfer: { id: number | bigint };
  TooManyTransfers: { limit: number };
  VerificationFailed: { file: string; expected?: string | undefined; found?: string | undefined };
  DownloadFailed: { url: string; status?: number | undefined };
  UploadFailed: { url: string; status?: number | undefined };
  UnsupportedFormat: { needed: string; allowed: string };
  InsufficientSpace: { needed?: number | undefined; available: number };
  Corrupt: { what: string; offset?: number | undefined };
  FileSystemError: { path: string; errorName: string };
  MetadataLost: { lossCount: number };
  Cancelled: Record<never, never>;
  ServiceStopping: Record<never, never>;
  WorkerFailed: { process: string };
}

export type FailureName = keyof FailureFacts;

/**
 * A failure that a user can be told about: its message is one line that names the object, what was expected, what was
 * found and what to do. Anything else that is thrown is a bug and shows its stack.
 */
export class Failure<Name extends FailureName = FailureName> extends Error {
  readonly kind: Name;
  readonly facts: FailureFacts[Name];

  constructor(kind: Name, message: string, facts: FailureFacts[Name]) {
    super(message);
    this.name = 'Failure';
    this.kind = kind;
    this.facts = facts;
  }
}

/** What was thrown first: that things could not be disposed of because of it explains nothing (SuppressedError). */
export function firstError(error: unknown): unknown {
  return error instanceof Error && 'suppressed' in error ? firstError(error.suppressed) : error;
}
