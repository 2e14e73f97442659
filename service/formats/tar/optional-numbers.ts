import type { ByteString } from './byte-string.js';
import type { EntryType } from './entry.js';
import type { Header } from './header.js';
import { readNumber, readTime } from './pax.js';

type Described = Pick<Header, 'mode' | 'user' | 'group' | 'modified' | 'major' | 'minor'>;

/** Numbers that an archive can do without, and which of them could not be read. */
export interface OptionalNumbers {
  mode: number;
  /** NaN where nobody can say. */
  user: number;
  group: number;
  modified: { seconds: number; nanoseconds: number };
  major: number;
  minor: number;
  /** What to call those that were replaced, for people; undefined where all could be read. */
  unreadable: ByteString[] | undefined;
}

/**
 * Takes owner, time and the like from the extended headers, by `value`, or else from the header: also where one of them cannot be read,
 * as writers have put floating-point numbers and times beyond all into either. Where neither can, it is a default for modes and times,
 * and nobody's for owners.
 */
export function optionalNumbers(
  header: Described,
  type: EntryType,
  value: (key: string) => ByteString | undefined,
): OptionalNumbers {
  const unreadable: ByteString[] = [];
  const read = <Value>(
    what: string,
    key: string,
    parse: (text: ByteString) => Value | undefined,
  ): Value | undefined => {
    const text = value(key);
    const found = text === undefined ? undefined : parse(text);
    if (text !== undefined && found === undefined) unreadable.push(what);
    return found;
  };
  const known = (what: string, number: number, otherwise: number): number => {
    if (!Number.isNaN(number)) return number;
    if (!unreadable.includes(what)) unreadable.push(what);
    return otherwise;
  };
  const number = (what: string, key: string, inHeader: number): number =>
    read(what, key, readNumber) ?? known(what, inHeader, Number.NaN);
  const isDevice = type === 'characterDevice' || type === 'blockDevice';
  return {
    mode: known('mode', header.mode, type === 'directory' ? 0o755 : 0o644),
    user: number('owner', 'uid', header.user),
    group: number('group', 'gid', header.group),
    modified: read('time', 'mtime', readTime) ?? { seconds: known('time', header.modified, 0), nanoseconds: 0 },
    // They mean nothing elsewhere.
    major: isDevice ? number('device number', 'SCHILY.devmajor', header.major) : 0,
    minor: isDevice ? number('device number', 'SCHILY.devminor', header.minor) : 0,
    unreadable: unreadable.length === 0 ? undefined : unreadable,
  };
}
