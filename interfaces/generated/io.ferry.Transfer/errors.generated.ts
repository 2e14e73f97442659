// Generated from io.ferry.Transfer.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { Integer } from '../../../varlink/idl/value.js';

/** There is an image of that name already. */
export type ImageExistsError = {
  /** What happened and what to do, for people */
  message: string;
  /** The name */
  name: string;
  /** Where the image is */
  path: string;
};

/** No image has that name. */
export type NoSuchImageError = {
  /** What happened and what to do, for people */
  message: string;
  /** The name */
  name: string;
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

/** The URL cannot be fetched from. */
export type InvalidUrlError = {
  /** What happened and what to do, for people */
  message: string;
  /** The URL */
  url: string;
};

/** The same download is under way already, or another transfer is making an image of that name. */
export type TransferInProgressError = {
  /** What happened and what to do, for people */
  message: string;
  /** The identifier of that transfer */
  id: Integer;
};

/** No transfer has this identifier. */
export type NoSuchTransferError = {
  /** What happened and what to do, for people */
  message: string;
  /** The identifier */
  id: Integer;
};

/** The service has as many transfers as it accepts. */
export type TooManyTransfersError = {
  /** What happened and what to do, for people */
  message: string;
  /** How many it accepts */
  limit: Integer;
};

/** The bytes are not what the checksum or signature says. Nothing was placed. */
export type VerificationFailedError = {
  /** What happened and what to do, for people */
  message: string;
  /** The file that could not be verified */
  file: string;
  /** What was looked for, for example a digest */
  expected?: string | null;
  /** What was found instead */
  found?: string | null;
};

/** The server could not be reached, refused, or broke off. */
export type DownloadFailedError = {
  /** What happened and what to do, for people */
  message: string;
  /** The URL */
  url: string;
  /** The HTTP status, if there was one */
  status?: Integer | null;
};

/** The registry could not be reached, refused what was pushed, or broke off. */
export type UploadFailedError = {
  /** What happened and what to do, for people */
  message: string;
  /** The URL */
  url: string;
  /** The HTTP status, if there was one */
  status?: Integer | null;
};

/** The bytes are in a form that is not supported, or need more memory or space than is allowed. */
export type UnsupportedFormatError = {
  /** What happened and what to do, for people */
  message: string;
  /** What the bytes need */
  needed: string;
  /** What is supported or allowed */
  allowed: string;
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

/** The archive, image or compressed stream is damaged or hostile. Nothing was placed. */
export type CorruptError = {
  /** What happened and what to do, for people */
  message: string;
  /** What is damaged */
  what: string;
  /** Where in it, in bytes, if known */
  offset?: Integer | null;
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

/** Some files cannot be stored exactly, and 'strict' was set. */
export type MetadataLostError = {
  /** What happened and what to do, for people */
  message: string;
  /** How many files are concerned */
  lossCount: Integer;
};

/** The transfer was cancelled. */
export type CancelledError = {
  /** What happened and what to do, for people */
  message: string;
};

/** The service is stopping. The transfer was ended and may be repeated. */
export type ServiceStoppingError = {
  /** What happened and what to do, for people */
  message: string;
};

/** A process of the transfer ended unexpectedly. */
export type WorkerFailedError = {
  /** What happened and what to do, for people */
  message: string;
  /** Which process */
  process: string;
};

/** The qualified names of the errors of io.ferry.Transfer. */
export const transferErrors = {
  ImageExists: 'io.ferry.Transfer.ImageExists',
  NoSuchImage: 'io.ferry.Transfer.NoSuchImage',
  ImageBusy: 'io.ferry.Transfer.ImageBusy',
  InvalidName: 'io.ferry.Transfer.InvalidName',
  InvalidUrl: 'io.ferry.Transfer.InvalidUrl',
  TransferInProgress: 'io.ferry.Transfer.TransferInProgress',
  NoSuchTransfer: 'io.ferry.Transfer.NoSuchTransfer',
  TooManyTransfers: 'io.ferry.Transfer.TooManyTransfers',
  VerificationFailed: 'io.ferry.Transfer.VerificationFailed',
  DownloadFailed: 'io.ferry.Transfer.DownloadFailed',
  UploadFailed: 'io.ferry.Transfer.UploadFailed',
  UnsupportedFormat: 'io.ferry.Transfer.UnsupportedFormat',
  InsufficientSpace: 'io.ferry.Transfer.InsufficientSpace',
  Corrupt: 'io.ferry.Transfer.Corrupt',
  FileSystemError: 'io.ferry.Transfer.FileSystemError',
  MetadataLost: 'io.ferry.Transfer.MetadataLost',
  Cancelled: 'io.ferry.Transfer.Cancelled',
  ServiceStopping: 'io.ferry.Transfer.ServiceStopping',
  WorkerFailed: 'io.ferry.Transfer.WorkerFailed',
} as const;

/** The errors of io.ferry.Transfer by qualified name, with the parameters they carry. */
export type TransferErrors = {
  'io.ferry.Transfer.ImageExists': ImageExistsError;
  'io.ferry.Transfer.NoSuchImage': NoSuchImageError;
  'io.ferry.Transfer.ImageBusy': ImageBusyError;
  'io.ferry.Transfer.InvalidName': InvalidNameError;
  'io.ferry.Transfer.InvalidUrl': InvalidUrlError;
  'io.ferry.Transfer.TransferInProgress': TransferInProgressError;
  'io.ferry.Transfer.NoSuchTransfer': NoSuchTransferError;
  'io.ferry.Transfer.TooManyTransfers': TooManyTransfersError;
  'io.ferry.Transfer.VerificationFailed': VerificationFailedError;
  'io.ferry.Transfer.DownloadFailed': DownloadFailedError;
  'io.ferry.Transfer.UploadFailed': UploadFailedError;
  'io.ferry.Transfer.UnsupportedFormat': UnsupportedFormatError;
  'io.ferry.Transfer.InsufficientSpace': InsufficientSpaceError;
  'io.ferry.Transfer.Corrupt': CorruptError;
  'io.ferry.Transfer.FileSystemError': FileSystemErrorError;
  'io.ferry.Transfer.MetadataLost': MetadataLostError;
  'io.ferry.Transfer.Cancelled': CancelledError;
  'io.ferry.Transfer.ServiceStopping': ServiceStoppingError;
  'io.ferry.Transfer.WorkerFailed': WorkerFailedError;
};
