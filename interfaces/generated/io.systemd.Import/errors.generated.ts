// Generated from io.systemd.Import.varlink by varlink/codegen. Do not edit: change that file and generate again.

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
