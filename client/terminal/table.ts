import { type ColourMode, link, type Style, styled } from '../../common/colour.js';
import { escapeText } from '../../varlink/text.js';
import { displayWidth, ellipsize } from './width.js';

/** A column: its heading and how its cells are laid out. */
export interface Column {
  readonly heading: string;
  readonly align?: 'left' | 'right';
  /** Where the table is too wide for the terminal: which column goes first, from 1 on. One without a rank stays. */
  readonly rank?: number;
  /** What to keep of a text that is too long even so: the beginning, or both ends. Otherwise all of it. */
  readonly shorten?: 'start' | 'ends';
  /** The fewest columns to show a shortened text in: with less room, a column that has a rank is left out. */
  readonly least?: number;
  /** Left out where no row has anything in it. */
  readonly isOptional?: boolean;
}

/** A cell; nothing known is shown as `-`. */
export interface Cell {
  readonly text: string | undefined;
  readonly style?: Style;
  /** The text as it is to be shown if it fits, of the same width: what one style cannot say. */
  readonly drawn?: string;
  /** What says the same in less room, longest first, for tables that would not fit otherwise. */
  readonly shorter?: readonly string[];
  /** The address to open on a click. */
  readonly target?: string;
}

export interface TableLook {
  /** Columns of the terminal; undefined: as wide as needed. */
  readonly width: number | undefined;
  readonly colours: ColourMode;
  readonly header: boolean;
  readonly links: boolean;
  /** One space between columns, however wide they are: what programs read need not stand in line. */
  readonly isUnpadded?: boolean;
  /** The terminal shows ASCII alone. */
  readonly isAscii?: boolean;
}

/** Columns that stay of a text that is shortened, unless its column says otherwise. */
const shortest = 8;

/** A table whose columns are chosen, with the form of the cells in which they are shown. */
interface Layout {
  readonly columns: readonly Column[];
  readonly cells: readonly (readonly (Cell | undefined)[])[];
  readonly texts: readonly (readonly string[])[];
  readonly natural: readonly number[];
}

/**
 * Lays a table out as systemd's tools do: upper-case underlined headings, one space between columns, nothing after the
 * last. Where it does not fit the terminal, shorter forms of cells are taken; then columns are left out by their ranks; and
 * then columns that may be shortened are, from the widest on.
 */
export function renderTable(all: readonly Column[], allCells: readonly (readonly Cell[])[], look: TableLook): string {
  const used = all.flatMap(({ isOptional }, index) => {
    return isOptional && allCells.every((cells) => !cells[index]?.text) ? [] : [index];
  });
  const columns = pick(all, used);
  const rows = allCells.map((cells) => pick(cells, used));
  const { columns: chosen, cells, texts, natural } = layOut(columns, rows, look);
  const widths = look.isUnpadded
    ? natural.map(() => 0)
    : look.width === undefined
      ? natural
      : fit(chosen, natural, look.width);
  const lines = look.header ? [headerLine(chosen, widths, look)] : [];
  cells.forEach((row, index) => {
    lines.push(bodyLine(chosen, widths, row, texts[index] ?? [], look));
  });
  return lines.map((line) => `${line}\n`).join('');
}

/** The most columns, and of these the longest form of the cells, that fit the terminal; or the fewest in the shortest form. */
function layOut(columns: readonly Column[], rows: readonly (readonly Cell[])[], look: TableLook): Layout {
  const forms = formsOf(columns, rows, look);
  const ranks = columns.flatMap(({ rank }) => rank ?? []).sort((one, other) => one - other);
  const choices = [0, ...ranks].map((gone) =>
    columns.flatMap(({ rank }, index) => ((rank ?? gone + 1) > gone ? [index] : [])),
  );
  const all = choices.flatMap((indices) => forms.map((form) => ({ indices, form })));
  const fits = ({ indices, form }: (typeof all)[number]) =>
    look.width === undefined || totalWidth(pick(leastOf(columns, form.natural), indices)) <= look.width;
  const { indices, form } = all.find(fits) ?? all.at(-1) ?? { indices: [], form: { texts: [], natural: [] } };
  return {
    columns: pick(columns, indices),
    cells: rows.map((row) => indices.map((index) => row[index])),
    texts: form.texts.map((row) => pick(row, indices)),
    natural: pick(form.natural, indices),
  };
}

/** How narrow columns may be that can go: one that may be shortened is, before it goes. */
function leastOf(columns: readonly Column[], natural: readonly number[]): number[] {
  return columns.map((column, index) => {
    const width = natural[index] ?? 0;
    const isShortened = column.rank !== undefined && column.shorten !== undefined;
    return isShortened ? Math.min(width, leastWidth(column)) : width;
  });
}

function leastWidth({ heading, least = shortest }: Column): number {
  return Math.max(heading.length, least);
}

function pick<Item>(items: readonly Item[], indices: readonly number[]): Item[] {
  return indices.length === items.length ? [...items] : indices.flatMap((index) => items.slice(index, index + 1));
}

/** The texts in each form that the cells have, longest first, with the widths of the columns; of more than one only where the width counts. */
function formsOf(columns: readonly Column[], rows: readonly (readonly Cell[])[], look: TableLook) {
  let count = 1;
  if (look.width !== undefined)
    for (const row of rows) for (const cell of row) count = Math.max(count, 1 + (cell.shorter?.length ?? 0));
  return Array.from({ length: count }, (_, form) => {
    const texts = rows.map((row) => columns.map((_column, index) => textOf(row[index], form)));
    const natural = columns.map(({ heading }) => (look.header ? heading.length : 0));
    for (const row of texts)
      row.forEach((text, index) => {
        natural[index] = Math.max(natural[index] ?? 0, displayWidth(text));
      });
    return { texts, natural };
  });
}

function textOf(cell: Cell | undefined, form: number): string {
  const shorter = form > 0 ? (cell?.shorter ?? []) : [];
  return escapeText(shorter[form - 1] ?? shorter.at(-1) ?? (cell?.text || '-'));
}

function totalWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + 1, -1);
}

/**
 * Takes columns away from the widest until the table fits or nothing can be taken: paths and URLs first, since names are
 * what is typed.
 */
function fit(columns: readonly Column[], natural: readonly number[], total: number): number[] {
  const widths = [...natural];
  for (const kind of ['ends', 'start'] as const) {
    const least = columns.map((column) => (column.shorten === kind ? leastWidth(column) : Number.POSITIVE_INFINITY));
    while (totalWidth(widths) > total && takeFromWidest(widths, least)) {}
  }
  return widths;
}

/** @returns false if all columns are as narrow as they may be */
function takeFromWidest(widths: number[], least: readonly number[]): boolean {
  const widest = widths.reduce(
    (best, width, index) => (width > (least[index] ?? 0) && width > (widths[best] ?? -1) ? index : best),
    -1,
  );
  if (widest >= 0) widths[widest] = (widths[widest] ?? 0) - 1;
  return widest >= 0;
}

/** Puts a cell into its column; the last column is not filled up. */
function pad(shown: string, text: string, width: number, column: Column, fill: boolean): string {
  const space = ' '.repeat(Math.max(0, width - displayWidth(text)));
  if (column.align === 'right') return space + shown;
  return fill ? shown + space : shown;
}

function headerLine(columns: readonly Column[], widths: readonly number[], look: TableLook): string {
  const coloured = look.colours !== 'off';
  return columns
    .map((column, index) => {
      const fill = coloured || index < columns.length - 1;
      return styled(pad(column.heading, column.heading, widths[index] ?? 0, column, fill), 'underlined', look.colours);
    })
    .join(styled(' ', 'underlined', look.colours));
}

function bodyLine(
  columns: readonly Column[],
  widths: readonly number[],
  cells: readonly (Cell | undefined)[],
  texts: readonly string[],
  look: TableLook,
): string {
  return columns
    .map((column, index) => {
      const width = widths[index] ?? 0;
      const keep = column.shorten === 'ends' ? 'ends' : 'start';
      const whole = texts[index] ?? '';
      const isWhole = column.shorten === undefined || look.isUnpadded === true;
      const text = isWhole ? whole : ellipsize(whole, width, keep, look.isAscii !== true);
      const cell = cells[index];
      const decorated =
        text === cell?.text && cell.drawn !== undefined ? cell.drawn : styled(text, cell?.style, look.colours);
      const shown = look.links && cell?.target !== undefined ? link(cell.target, decorated) : decorated;
      return pad(shown, text, width, column, index < columns.length - 1);
    })
    .join(' ');
}
