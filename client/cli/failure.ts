import { errnoWords } from '../../common/errno.js';
import type { ClientErrorName } from '../../common/exit-statuses.js';
import { spaceAt, whyFull } from '../../common/space.js';
import { errnoName, hasCode } from '../../linux/errno.js';
import { VarlinkError } from '../../varlink/error.js';
import type { Json } from '../terminal/json.js';

/** What an error says beside its message, such as the parameters of a Varlink error. */
export type Facts = Readonly<Record<string, Json | undefined>>;

/** What is wrong, for programs. */
export interface Fault {
  /** The error, if no service reported it; `Failed` if not given. */
  readonly error?: ClientErrorName;
  readonly facts?: Facts;
  /** The failure behind it. A Varlink error gives its own name and parameters. */
  readonly cause?: unknown;
  /** Whether the user has read it already. */
  readonly isTold?: boolean;
}

/** A failure that the user can do something about: printed as one line, without a stack. */
export class UserError extends Error {
  /** As on the wire, or io.ferry.Client.…: docs/exit-statuses.md lists them all. */
  readonly errorName: string;
  readonly facts: Facts;
  readonly isTold: boolean;

  constructor(message: string, { error, facts = {}, cause, isTold = false }: Fault = {}) {
    super(message, cause === undefined ? {} : { cause });
    this.name = 'UserError';
    this.isTold = isTold;
    const isOfService = error === undefined && cause instanceof VarlinkError;
    this.errorName = isOfService ? cause.name : `io.ferry.Client.${error ?? 'Failed'}`;
    this.facts = isOfService ? factsOf(cause) : facts;
  }
}

/** The command line is wrong. */
export class UsageError extends UserError {
  constructor(message: string) {
    super(message, { error: 'InvalidUsage' });
  }
}

function factsOf({ parameters }: VarlinkError): Facts {
  const { message: _, ...facts } = parameters;
  return facts;
}

const byErrno: Readonly<Record<string, ClientErrorName>> = {
  EACCES: 'PermissionDenied',
  EDQUOT: 'InsufficientSpace',
  ENOENT: 'NotFound',
  ENOSPC: 'InsufficientSpace',
  ENOTDIR: 'NotFound',
  EPERM: 'PermissionDenied',
};

/** What a failed system call on a file of this host means. `path`: as it was given, if it has one. */
export function fileFault(thrown: unknown, path: string | undefined): Fault {
  const code = errnoName(thrown);
  return { error: byErrno[code ?? ''] ?? 'FileSystemError', facts: { path, errorName: code }, cause: thrown };
}

/** The text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** What a failed system call found, in words, for the end of a message. */
export function reasonOf(thrown: unknown): string {
  return errnoWords(thrown) ?? messageOf(thrown);
}

/** As `reasonOf`, of a write to `place`, a path or an open descriptor: of a full disk also how many bytes are free there. */
export function writeReasonOf(thrown: unknown, place: string | number): string {
  if (!hasCode(thrown, 'ENOSPC')) return reasonOf(thrown);
  try {
    const space = spaceAt(place);
    return `${whyFull('ENOSPC', space).reason} (${space.availableBytes} bytes available)`;
  } catch {
    return reasonOf(thrown);
  }
}
