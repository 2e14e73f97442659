import { constants } from 'node:os';

const numbers = new Map<string, number>(Object.entries(constants.errno));
/** Of EAGAIN's two names the one that manual pages and node use. */
const names = new Map([...numbers].filter(([name]) => name !== 'EWOULDBLOCK').map(([name, code]) => [code, name]));

/** A system call that failed. `code` is the symbolic errno (`ENOENT`), as on node's own errors. */
export class SystemError extends Error {
  readonly errno: number;
  readonly code: string;
  readonly syscall: string;

  constructor(syscall: string, errno: number, subject = '') {
    const code = errnoNameOf(errno);
    super(`${syscall}${subject && ` ${subject}`}: ${code}`);
    this.name = 'SystemError';
    this.errno = errno;
    this.code = code;
    this.syscall = syscall;
  }

  /** One that is known by its name, such as ECONNRESET. */
  static named(syscall: string, code: string, subject = ''): SystemError {
    return new SystemError(syscall, numbers.get(code) ?? 0, subject);
  }
}

/** The name of an errno, such as EAGAIN; `errno 4095` for one that has none. */
export function errnoNameOf(errno: number): string {
  return names.get(errno) ?? `errno ${errno}`;
}

/** The errno of an error, from node or from here, by name; undefined when it has none. Of some, as EDQUOT, node knows only the number. */
export function errnoName(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string' && /^E[A-Z0-9]+$/.test(error.code)) return error.code;
  return 'errno' in error && typeof error.errno === 'number' ? names.get(Math.abs(error.errno)) : undefined;
}

/** Whether an error, from node or from here, carries one of these errno names. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  const name = errnoName(error);
  return name !== undefined && codes.includes(name);
}
