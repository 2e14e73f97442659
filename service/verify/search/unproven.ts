import { Failure } from '../../../common/failure.js';
import { escapeText } from '../../../varlink/text.js';
import type { Lack } from './evidence.js';
import { fileNameOf } from './shelf.js';

/** The most that was found comes first: it is what to mend. */
const kinds = ['unknown', 'unsigned', 'unlisted', 'unavailable'] as const;

const advice = {
  unknown: 'Install a keyring with that key, or give one with --keyring=.',
  unsigned: 'Ask the publisher for a signature, or use --verify=checksum to do without.',
  unlisted: 'Ask the publisher to list it, or use --verify=no to do without.',
  unavailable: 'Try again later, or use --verify=no to do without.',
  absent: 'Name one with --checksum-file=, give the digest with --digest=, or use --verify=no to do without.',
};

/** How many names are told of those that were looked for. */
const toldMax = 3;

/** That nothing vouches for a file, and nothing speaks against it either. */
export class Unproven extends Failure<'VerificationFailed'> {
  /** The message without what whoever pulls can do about it. */
  readonly reason: string;

  constructor(file: string, reason: string, advice: string) {
    super('VerificationFailed', `${reason}. ${advice}`, { file });
    this.reason = reason;
  }
}

/** Nothing vouches for a file. */
export function unproven(name: string, lacks: readonly Lack[], isSigned: boolean): Unproven {
  const subject = `Cannot verify '${escapeText(name)}':`;
  const kind = kinds.find((each) => lacks.some((lack) => lack.kind === each));
  if (kind === undefined) {
    const what = isSigned ? 'no checksum file or signature was found' : 'no checksum file was found';
    return new Unproven(name, `${subject} ${what} beside it (looked for ${names(lacks)})`, advice.absent);
  }
  const rest = kinds.filter((each) => each !== kind).flatMap((each) => lacks.filter((lack) => lack.kind === each));
  const also = rest.length === 0 ? '' : `. Also: ${tell(rest)}`;
  return new Unproven(name, `${subject} ${tell(lacks.filter((lack) => lack.kind === kind))}${also}`, advice[kind]);
}

function tell(lacks: readonly Lack[]): string {
  const told = lacks.slice(0, toldMax).map(({ name, reason }) => `${fileNameOf(name)} ${reason}`);
  const more = lacks.length - told.length;
  return [...told, ...(more > 0 ? [`and ${more} more like that`] : [])].join('; ');
}

function names(lacks: readonly Lack[]): string {
  const told = lacks.slice(0, toldMax).map(({ name }) => fileNameOf(name));
  const more = lacks.length - told.length;
  return more > 0 ? `${told.join(', ')} and ${more} other names` : told.join(', ');
}
