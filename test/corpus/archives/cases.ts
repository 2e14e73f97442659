import { like, re } from '../../support/like.js';
import { liesBelow } from '../../support/texts/formats.js';

/** An archive that must be refused, or that must not get out. `outside` is a path that it tries to reach. */
export interface HostileArchive {
  name: string;
  bytes: (outside: string) => Buffer;
  /** The failure it must end in, and what the message must say; null when unpacking it does no harm. */
  failure: { kind: 'Corrupt' | 'UnsupportedFormat' | 'FileSystemError'; says: RegExp } | null;
}

/** A legitimate but unusual archive, and the tree it makes: see `listing` for the form of the lines. */
export interface OddArchive {
  name: string;
  bytes: Buffer;
  tree: readonly string[];
  /** What the summary must say, beside the number of entries. */
  summary?: { unknownEntries?: number; trailingBytes?: number; endMarker?: boolean; dataBytes?: number };
}

export const below = {
  kind: 'Corrupt',
  says: like`${liesBelow(re(/.*/))}`,
} as const;
export const cut = { kind: 'Corrupt', says: /truncated/ } as const;
