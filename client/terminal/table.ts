import { type ColourMode, link, type Style, styled } from '../../common/colour.js';
import { escapeText } from '../../varlink/text.js';
import { displayWidth, ellipsize } from './width.js';

/** A column: its heading and how its cells are laid out. */
export interface Column {
  readonly heading: string;
  readonly align?: 'left' | 'right';
  /** What to keep of a text that is too long: the beginning, or both ends. Otherwise all of it. */
  readonly shorten?: 'start' | 'ends';
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
}

/** Columns that stay of a text that is shortened. */
const shortest = 8;

/**
 * Lays a table out as systemd's tools do: upper-case underlined headings, one space between columns, nothing after the
 * last. Where it does not fit the terminal, shorter forms of cells are taken, and then columns that may be shortened are,
 * from the widest on.
 */
export function renderTable(columns: readonly Column[], rows: readonly (readonly Cell[])[], look: TableLook): string {
  const { texts, natural } = layOut(columns, rows, look);
  const widths = look.width === undefined ? natural : fit(columns, natural, look.width);
  const lines = look.header ? [headerLine(columns, widths, look)] : [];
  rows.forEach((row, index) => {
    lines.push(bodyLine(columns, widths, row, texts[index] ?? [], look));
  });
  return lines.map((line) => `${line}\n`).join('');
}

/** The longest form in which the table fits, or the shortest: texts, and the widths of the columns. */
function layOut(columns: readonly Column[], rows: readonly (readonly Cell[])[], look: TableLook) {
  const formCount = 1 + Math.max(0, ...rows.flat().map(({ shorter = [] }) => shorter.length));
  for (let form = 0; ; form++) {
    const texts = rows.map((row) => columns.map((_, index) => textOf(row[index], form)));
    const natural = columns.map((column, index) =>
      Math.max(look.header ? column.heading.length : 0, ...texts.map((row) => displayWidth(row[index] ?? ''))),
    );
    const fits = look.width === undefined || totalWidth(natural) <= look.width;
    if (fits || form + 1 >= formCount) return { texts, natural };
  }
}

function textOf(cell: Cell | undefined, form: number): string {
  const { text, shorter = [] } = cell ?? { text: undefined };
  return escapeText((form > 0 ? (shorter[form - 1] ?? shorter.at(-1)) : undefined) ?? (text || '-'));
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
    const least = columns.map(({ shorten, heading }) =>
      shorten === kind ? Math.max(heading.length, shortest) : Number.POSITIVE_INFINITY,
    );
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
  cells: readonly Cell[],
  texts: readonly string[],
  look: TableLook,
): string {
  return columns
    .map((column, index) => {
      const width = widths[index] ?? 0;
      const keep = column.shorten === 'ends' ? 'ends' : 'start';
      const text = column.shorten === undefined ? (texts[index] ?? '') : ellipsize(texts[index] ?? '', width, keep);
      const cell = cells[index];
      const decorated =
        text === cell?.text && cell.drawn !== undefined ? cell.drawn : styled(text, cell?.style, look.colours);
      const shown = look.links && cell?.target !== undefined ? link(cell.target, decorated) : decorated;
      return pad(shown, text, width, column, index < columns.length - 1);
    })
    .join(' ');
}
