import { Failure } from '../../../common/failure.js';
import type { Fault } from './engine.js';

/** The data ends within a stream. `offset`: compressed bytes there were. */
export function truncated(subject: string, format: string, offset: number): Failure {
  const message = `${subject} ends early after ${offset} bytes of ${format} data: the download or file is truncated; get it again in full`;
  return new Failure('Corrupt', message, { what: `truncated ${format} data`, offset });
}

const vouchForIt =
  'if they belong there, pull with --verify=checksum or --verify=signature, or import a copy: they are ignored then';

/**
 * Something that belongs to no stream follows the last one. `offset`: where that ends, in bytes.
 *
 * @param wayOut what can be done about it
 */
export function trailingGarbage(subject: string, format: string, offset: number, wayOut = vouchForIt): Failure {
  const message = `Cannot decode ${subject.replace(/^The /, 'the ')}: its ${format} data ends at byte ${offset}, and other bytes follow; ${wayOut}`;
  return new Failure('Corrupt', message, { what: `bytes after the ${format} data`, offset });
}

/** `offset`: compressed bytes used when the damage was noticed, which is at or somewhat behind it. */
export function damaged(subject: string, format: string, offset: number, detail: string): Failure {
  const message = `${subject} is damaged: ${detail}, at or before byte ${offset} of its ${format} data; get it again`;
  return new Failure('Corrupt', message, { what: `${format} data`, offset });
}

export function faultFailure(subject: string, format: string, offset: number, fault: Fault): Failure {
  if (fault.kind === 'damaged') return damaged(subject, format, offset, fault.detail);
  const { needed, allowed } =
    fault.kind === 'unsupported' ? fault : { needed: 'more memory than is free', allowed: 'the memory there is' };
  const message = `${subject} cannot be decoded: its ${format} data needs ${needed}, but allowed is ${allowed}`;
  return new Failure('UnsupportedFormat', message, { needed, allowed });
}
