import type { CheckKind, ImageCheck } from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';

export type { CheckKind, ImageCheck };

/** What a check can say beside its kind, its verdict and its message. */
type Details = Partial<Pick<ImageCheck, 'subject' | 'expected' | 'found' | 'signedBy'>>;

const noDetails = { subject: undefined, expected: undefined, found: undefined, signedBy: undefined };

/** It is what it should be. */
export function good(kind: CheckKind, message: string, details: Details = {}): ImageCheck {
  return { kind, verdict: 'good', message, ...noDetails, ...details };
}

/** It is not what it should be. */
export function bad(kind: CheckKind, message: string, details: Details = {}): ImageCheck {
  return { kind, verdict: 'bad', message, ...noDetails, ...details };
}

/** Nobody can tell whether it is what it should be. */
export function unknown(kind: CheckKind, message: string, details: Details = {}): ImageCheck {
  return { kind, verdict: 'unknown', message, ...noDetails, ...details };
}
