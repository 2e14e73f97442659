import { readBoolean } from '../../common/environment.js';
import { imageClasses } from '../../common/image-classes.js';
import { parseSize } from '../../common/sizes.js';
import { parseTimeSpan } from '../../common/time-span.js';
import { imageTypeValues, verifiedByValues } from '../../interfaces/generated/io.ferry.Image/enums.generated.js';
import { UsageError } from '../cli/failure.js';
import { didYouMean } from '../cli/suggest.js';
import type { Image } from '../connect/contract.js';
import type { Detail } from './names.js';

type Test = (image: Image) => boolean;

/** Makes the test that a condition stands for; undefined for a value that it cannot have. */
type Reader = (value: string, nowMicroseconds: number) => Test | undefined;

interface Condition {
  /** How messages call what follows `=`; undefined for a truth value, which may be left out. */
  readonly expected: string | undefined;
  readonly read: Reader;
  /** What the service has to be asked for. */
  readonly needs?: Detail;
  /** Of several conditions with one name, one must be true; conditions with different names must all be true. */
  readonly anyOf?: boolean;
}

function oneOf(values: readonly string[], field: (image: Image) => string): Condition {
  const read: Reader = (value) => (values.includes(value) ? (image) => field(image) === value : undefined);
  return { expected: values.join(', '), read, anyOf: true };
}

function truth(field: Test): Condition {
  const read: Reader = (value) => {
    const wanted = readBoolean(value);
    return wanted === undefined ? undefined : (image) => field(image) === wanted;
  };
  return { expected: undefined, read };
}

/** When an image was made, or else changed; undefined if neither is known. */
function timeOf({ creationTimestamp, modificationTimestamp }: Image): number | undefined {
  const known = creationTimestamp || modificationTimestamp;
  return known ? Number(known) : undefined;
}

function age(isMeant: (time: number, limit: number) => boolean): Condition {
  const read: Reader = (value, now) => {
    const span = parseTimeSpan(value);
    if (span === undefined) return undefined;
    return (image) => {
      const time = timeOf(image);
      return time !== undefined && isMeant(time, now - span);
    };
  };
  return { expected: 'a span of time such as 12h or 30d', read };
}

/** Reads a pattern as shells do, with `*`, `?` and `[…]`; undefined for one that matches nothing, such as `[z-a]`. */
function readGlob(pattern: string): RegExp | undefined {
  const source = pattern.replace(/\[!?[^\]]+\]|[\s\S]/gu, (part) => {
    if (part === '*') return '.*';
    if (part === '?') return '.';
    if (part.length > 1 && part.startsWith('['))
      return `[${part.slice(1, -1).replace(/^!/, '^').replace(/[\\[]/g, '\\$&')}]`;
    return part.replace(/[\\^$.|+()[\]{}/]/g, '\\$&');
  });
  try {
    return new RegExp(`^${source}$`, 'su');
  } catch {
    return undefined;
  }
}

/** A URL has `?` and `[` of its own. */
const readSource: Reader = (value) => {
  if (value === '') return undefined;
  if (!value.includes('*')) return ({ source }) => source?.includes(value) === true;
  const pattern = readGlob(value.replace(/[?[]/g, '[$&]'));
  return pattern && (({ source }) => source != null && pattern.test(source));
};

const conditions: Readonly<Record<string, Condition>> = {
  class: oneOf(imageClasses, (image) => image.class),
  type: oneOf(imageTypeValues, (image) => image.type),
  name: {
    expected: 'a name, in which * and ? stand for others',
    read: (value) => {
      if (value === '') return undefined;
      const pattern = readGlob(value);
      return pattern && (({ name }) => pattern.test(name));
    },
    anyOf: true,
  },
  older: age((time, limit) => time <= limit),
  newer: age((time, limit) => time > limit),
  larger: {
    expected: 'bytes, or a number with K, M, G or T',
    read: (value) => {
      const bytes = parseSize(value);
      return bytes === undefined ? undefined : ({ usage }) => usage !== undefined && usage !== null && usage > bytes;
    },
  },
  'read-only': truth(({ readOnly }) => readOnly),
  source: {
    expected: 'a part of a URL, or with * for any characters all of it',
    read: readSource,
    needs: 'origin',
    anyOf: true,
  },
  verification: {
    ...oneOf([...verifiedByValues, 'none'], ({ verification }) => verification ?? 'none'),
    needs: 'origin',
  },
  unused: { ...truth(({ unused }) => unused === true), needs: 'use' },
};

function partsOf(text: string): { name: string; value: string | undefined } {
  const [, name = '', value] = /^([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
  return { name, value };
}

function conditionTexts(texts: readonly string[]): string[] {
  return texts.flatMap((each) => each.split(',')).map((text) => text.trim());
}

/** What the service has to be asked for so that images can be held against conditions that readFilters() has read. */
export function detailsForFilters(texts: readonly string[]): Detail[] {
  return conditionTexts(texts).flatMap((text) => conditions[partsOf(text).name]?.needs ?? []);
}

/** @throws UserError if a condition of that name does not exist, or cannot have that value */
function readCondition(text: string, nowMicroseconds: number): { name: string; test: Test } {
  const { name, value } = partsOf(text);
  const names = Object.keys(conditions);
  const condition = names.includes(name) ? conditions[name] : undefined;
  if (condition === undefined)
    throw new UsageError(
      `Unknown condition '${name}' for --filter=: expected ${names.join(', ')}.${didYouMean(name, names)}`,
    );
  const test = condition.read(value ?? (condition.expected === undefined ? 'yes' : ''), nowMicroseconds);
  if (test !== undefined) return { name, test };
  const expected = condition.expected ?? 'yes or no';
  throw new UsageError(`Cannot read '${value ?? ''}' as ${name} for --filter=: expected ${expected}.`);
}

/**
 * What images have to be to be listed.
 *
 * @param texts conditions with commas between
 * @throws UserError if a condition of that name does not exist, or cannot have that value
 */
export function readFilters(texts: readonly string[], nowMicroseconds = Date.now() * 1000): Test {
  const groups = new Map<string, Test[]>();
  for (const text of conditionTexts(texts)) {
    const { name, test } = readCondition(text, nowMicroseconds);
    groups.set(name, [...(groups.get(name) ?? []), test]);
  }
  return (image) =>
    [...groups].every(([name, tests]) =>
      conditions[name]?.anyOf === true ? tests.some((test) => test(image)) : tests.every((test) => test(image)),
    );
}
