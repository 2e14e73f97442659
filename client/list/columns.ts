import { hostname } from 'node:os';
import { formatBytes } from '../../common/sizes.js';
import { formatTimestamp, type ZoneNamer } from '../../common/timestamp.js';
import { escapeText } from '../../varlink/text.js';
import { UsageError } from '../cli/failure.js';
import { didYouMean } from '../cli/suggest.js';
import type { Image, Integer } from '../connect/contract.js';
import type { Json } from '../terminal/json.js';
import type { Cell, Column } from '../terminal/table.js';
import { type Detail, type ImageColumnName, imageColumnNames } from './names.js';

/** What cells depend on beside the image. */
export interface RowLook {
  /** Of this host, where a terminal may open a path of an image; undefined where the images are elsewhere. */
  readonly host: string | undefined;
  readonly zoneName: ZoneNamer;
}

/** A column of list-images: its name stands in options and in JSON. */
export interface ImageColumn extends Column {
  readonly name: ImageColumnName;
  readonly cell: (image: Image, look: RowLook) => Cell;
  readonly json: (image: Image) => Json;
  /** What the service has to be asked for. */
  readonly needs?: Detail;
}

/** How rows are told to look on this host, or on another. */
export function rowLook(isHere: boolean, zoneName: ZoneNamer): RowLook {
  return { host: isHere ? hostname() : undefined, zoneName };
}

/** A moment, whose shorter forms are made only where there is too little room. */
class TimeCell implements Cell {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  get shorter(): readonly string[] {
    const [, date = '', time = ''] = this.text.split(' ');
    return date === '' ? [] : [`${date} ${time.slice(0, 5)}`, date];
  }
}

/** Where there is little room, without the day of the week and seconds, then without the time of day. */
function timeCell(microseconds: Integer | null | undefined, { zoneName }: RowLook): Cell {
  if (!microseconds) return { text: undefined };
  return new TimeCell(formatTimestamp(microseconds, zoneName));
}

function sizeCell(bytes: Integer | null | undefined): Cell {
  return { text: bytes === undefined || bytes === null ? undefined : formatBytes(bytes) };
}

function pathCell({ path }: Image, { host }: RowLook): Cell {
  const text = escapeText(path);
  return host === undefined ? { text } : { text, target: `file://${host}${encodeURI(path)}` };
}

function textCell(text: string | null | undefined): Cell {
  return { text: text == null ? undefined : escapeText(text) };
}

/** Every column, in the order of the table. Unknown times are 0 in JSON, and unknown sizes null, as importctl(1) has it. */
const columns: { readonly [Name in ImageColumnName]: Omit<ImageColumn, 'name' | 'heading'> } = {
  class: { rank: 6, cell: (image) => ({ text: image.class }), json: (image) => image.class },
  name: { cell: ({ name }) => ({ text: escapeText(name) }), json: ({ name }) => name },
  type: { cell: ({ type }) => ({ text: type }), json: ({ type }) => type },
  path: { rank: 1, cell: pathCell, json: ({ path }) => path },
  ro: {
    rank: 5,
    cell: ({ readOnly }) => (readOnly ? { text: 'ro' } : { text: 'rw', style: 'good' }),
    json: ({ readOnly }) => readOnly,
  },
  crtime: {
    rank: 3,
    cell: ({ creationTimestamp }, look) => timeCell(creationTimestamp, look),
    json: ({ creationTimestamp }) => creationTimestamp ?? 0,
  },
  mtime: {
    rank: 4,
    cell: ({ modificationTimestamp }, look) => timeCell(modificationTimestamp, look),
    json: ({ modificationTimestamp }) => modificationTimestamp ?? 0,
  },
  usage: { rank: 7, align: 'right', cell: ({ usage }) => sizeCell(usage), json: ({ usage }) => usage ?? null },
  limit: {
    rank: 2,
    isOptional: true,
    align: 'right',
    cell: ({ limit }) => sizeCell(limit),
    json: ({ limit }) => limit ?? null,
  },
  exclusive: {
    align: 'right',
    cell: ({ usageExclusive }) => sizeCell(usageExclusive),
    json: ({ usageExclusive }) => usageExclusive ?? null,
  },
  hidden: { cell: (image) => ({ text: isHidden(image) ? 'yes' : 'no' }), json: isHidden },
  source: { needs: 'origin', cell: ({ source }) => textCell(source), json: ({ source }) => source ?? null },
  verification: {
    needs: 'origin',
    cell: ({ verification }) => textCell(verification),
    json: ({ verification }) => verification ?? null,
  },
  unused: {
    needs: 'use',
    cell: ({ unused }) => textCell(unused == null ? unused : unused ? 'yes' : 'no'),
    json: ({ unused }) => unused ?? null,
  },
};

/** Whether an image is shown on request only. Older services do not say it. */
export function isHidden({ hidden, name }: Image): boolean {
  return hidden ?? name.startsWith('.');
}

/** Shown only where they are chosen. */
const extra: readonly ImageColumnName[] = ['exclusive', 'hidden', 'source', 'verification', 'unused'];

export function imageColumn(name: ImageColumnName): ImageColumn {
  return { name, heading: name.toUpperCase(), ...columns[name] };
}

/** The columns that are shown unless others are chosen. */
export const imageColumns: readonly ImageColumn[] = imageColumnNames
  .filter((name) => !extra.includes(name))
  .map(imageColumn);

/** @throws UserError if a column of that name does not exist */
function readName(text: string, option: string): ImageColumnName {
  const name = imageColumnNames.find((candidate) => candidate === text);
  if (name !== undefined) return name;
  const known = imageColumnNames.join(', ');
  throw new UsageError(
    `Unknown column '${text}' for ${option}: expected ${known}.${didYouMean(text, imageColumnNames)}`,
  );
}

/**
 * The columns that were chosen: all of them stay, however narrow the terminal is.
 *
 * @param text names with commas between
 * @throws UserError if a column of that name does not exist
 */
export function chooseColumns(text: string): readonly ImageColumn[] {
  const names = new Set(text.split(',').map((name) => readName(name.trim(), '--columns=')));
  return [...names].map((name) => {
    const { rank: _rank, isOptional: _isOptional, ...column } = imageColumn(name);
    return column;
  });
}

/**
 * What the service has to be asked for so that columns can be shown, and images sorted.
 *
 * @param order as chooseOrder() has read it
 */
export function detailsForColumns(shown: readonly ImageColumn[], order = ''): Detail[] {
  const sorted = order.split(',').map((name) => name.trim().replace(/^-/, ''));
  const all = [...shown, ...imageColumnNames.filter((name) => sorted.includes(name)).map(imageColumn)];
  return all.flatMap(({ needs }) => needs ?? []);
}

type Order = (one: Image, other: Image) => number;

/** What an image is sorted by; what is not known comes last in either direction. */
function keyOf(name: ImageColumnName): (image: Image) => string | number | bigint | boolean | undefined {
  const { json } = columns[name];
  const isTime = name === 'crtime' || name === 'mtime';
  return (image) => {
    const value = json(image);
    return value === null || typeof value === 'object' || (isTime && value === 0) ? undefined : value;
  };
}

function orderBy(text: string): Order {
  const isDescending = text.startsWith('-');
  const key = keyOf(readName(isDescending ? text.slice(1) : text, '--sort='));
  return (one, other) => {
    const [left, right] = [key(one), key(other)];
    if (left === right) return 0;
    if (left === undefined || right === undefined) return left === undefined ? 1 : -1;
    return left < right === isDescending ? 1 : -1;
  };
}

/**
 * The order that was chosen: by the first column, then the next; at last by class and name, as the service lists them.
 *
 * @param text names with commas between, `-` before those that go down
 * @throws UserError if a column of that name does not exist
 */
export function chooseOrder(text: string): Order {
  const orders = text.split(',').map((name) => orderBy(name.trim()));
  return (one, other) => {
    for (const order of orders) {
      const result = order(one, other);
      if (result !== 0) return result;
    }
    return 0;
  };
}
