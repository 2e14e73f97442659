// Generated from io.ferry.Image.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { Integer } from '../../../varlink/idl/value.js';

/** No image has that name. */
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
