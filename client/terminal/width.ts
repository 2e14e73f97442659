import { isPlain } from '../../varlink/text.js';

const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

function graphemeWidth(grapheme: string): number {
  return wide.test(grapheme) ? 2 : 1;
}

function graphemes(text: string): string[] {
  if (isPlain(text)) return text.split('');
  return Array.from(new Intl.Segmenter().segment(text), (part) => part.segment);
}

/** Columns that a text without control characters takes on a terminal. */
export function displayWidth(text: string): number {
  if (isPlain(text)) return text.length;
  return graphemes(text).reduce((sum, grapheme) => sum + graphemeWidth(grapheme), 0);
}

/** How many of the parts fit into so many columns. */
function fitting(parts: readonly string[], columns: number): number {
  let used = 0;
  const over = parts.findIndex((part) => (used += graphemeWidth(part)) > columns);
  return over < 0 ? parts.length : over;
}

/**
 * Shortens a text to so many columns, with an ellipsis for what is left out.
 *
 * @param keep which part matters: the beginning, or both ends (paths)
 * @param utf8 whether the terminal shows more than ASCII
 */
export function ellipsize(text: string, columns: number, keep: 'start' | 'ends' = 'start', utf8 = true): string {
  if (displayWidth(text) <= columns) return text;
  const mark = utf8 ? '…' : '...';
  if (columns < mark.length) return '';
  const parts = graphemes(text);
  const room = columns - mark.length;
  const tailColumns = keep === 'ends' ? Math.floor(room / 2) : 0;
  const head = parts.slice(0, fitting(parts, room - tailColumns));
  const tail = parts.slice(parts.length - fitting(parts.toReversed(), tailColumns));
  return [...head, mark, ...tail].join('');
}

/** Breaks a text into lines of so many columns: at spaces, and a word that is longer wherever the line ends. */
export function wrapText(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (displayWidth(joined) <= columns) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    let rest = graphemes(word);
    for (let count = fitting(rest, columns); count < rest.length; count = fitting(rest, columns)) {
      lines.push(rest.slice(0, Math.max(1, count)).join(''));
      rest = rest.slice(Math.max(1, count));
    }
    line = rest.join('');
  }
  return line === '' && lines.length > 0 ? lines : [...lines, line];
}

/** What the client draws beside letters, for a terminal that shows ASCII alone. */
export function inAscii(text: string): string {
  return text.replaceAll('…', '...').replaceAll('→', '->');
}
