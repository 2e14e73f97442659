import { errnoWords } from '../../common/errno.js';
import { spaceAt, whyFull } from '../../common/space.js';
import { hasCode } from '../../linux/errno.js';

/** A failure that the user can do something about: printed as one line, without a stack, before exit status 1. */
export class UserError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UserError';
  }
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
