// Generated from io.ferry.Trust.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { Integer } from '../../../varlink/idl/value.js';

/** The URL cannot be pulled from, or no entry can be for it. */
export type InvalidUrlError = {
  /** What happened and what to do, for people */
  message: string;
  /** The URL */
  url: string;
};

/** The name is not one that an entry can have. */
export type InvalidNameError = {
  /** What happened and what to do, for people */
  message: string;
  /** The name */
  name: string;
};

/** A keyring holds no key that can be trusted. */
export type VerificationFailedError = {
  /** What happened and what to do, for people */
  message: string;
  /** The keyring */
  file: string;
  /** What was looked for */
  expected?: string | null;
  /** What was found instead */
  found?: string | null;
};

/** There is an entry of that name, or for these URLs, already. */
export type EntryExistsError = {
  /** What happened and what to do, for people */
  message: string;
  /** The path of the entry that is there */
  path: string;
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

/** The file system is full. */
export type InsufficientSpaceError = {
  /** What happened and what to do, for people */
  message: string;
  /** Bytes needed, if known */
  needed?: Integer | null;
  /** Bytes available */
  available: Integer;
};

/** The service is stopping. */
export type ServiceStoppingError = {
  /** What happened and what to do, for people */
  message: string;
};

/** A process that looked at keys ended unexpectedly. */
export type WorkerFailedError = {
  /** What happened and what to do, for people */
  message: string;
  /** Which process */
  process: string;
};

/** The qualified names of the errors of io.ferry.Trust. */
export const trustErrors = {
  InvalidUrl: 'io.ferry.Trust.InvalidUrl',
  InvalidName: 'io.ferry.Trust.InvalidName',
  VerificationFailed: 'io.ferry.Trust.VerificationFailed',
  EntryExists: 'io.ferry.Trust.EntryExists',
  FileSystemError: 'io.ferry.Trust.FileSystemError',
  InsufficientSpace: 'io.ferry.Trust.InsufficientSpace',
  ServiceStopping: 'io.ferry.Trust.ServiceStopping',
  WorkerFailed: 'io.ferry.Trust.WorkerFailed',
} as const;

/** The errors of io.ferry.Trust by qualified name, with the parameters they carry. */
export type TrustErrors = {
  'io.ferry.Trust.InvalidUrl': InvalidUrlError;
  'io.ferry.Trust.InvalidName': InvalidNameError;
  'io.ferry.Trust.VerificationFailed': VerificationFailedError;
  'io.ferry.Trust.EntryExists': EntryExistsError;
  'io.ferry.Trust.FileSystemError': FileSystemErrorError;
  'io.ferry.Trust.InsufficientSpace': InsufficientSpaceError;
  'io.ferry.Trust.ServiceStopping': ServiceStoppingError;
  'io.ferry.Trust.WorkerFailed': WorkerFailedError;
};
