/** What can stand in a text where a value comes in. */
export type Value = string | number | bigint | undefined;

/** What encloses a pattern in a text. */
const [begin, end] = ['\u{e000}', '\u{e001}'];

/** A pattern in the place of a value of a text that like() takes. */
export function re(pattern: RegExp): string {
  return `${begin}${pattern.source}${end}`;
}

/**
 * A regular expression in which texts stand for themselves, whatever characters they have:
 * ``like`^Failed: ${endsEarly(re(/\d+/), 'xz')}\.$` ``.
 */
export function like({ raw }: TemplateStringsArray, ...texts: readonly Value[]): RegExp {
  return new RegExp(sourceOf(raw, texts));
}

/** The same, in which ^ and $ stand for the ends of lines. */
export function lineLike({ raw }: TemplateStringsArray, ...texts: readonly Value[]): RegExp {
  return new RegExp(sourceOf(raw, texts), 'm');
}

function sourceOf(raw: readonly string[], texts: readonly Value[]): string {
  return raw.map((piece, index) => piece + (index < texts.length ? escaped(`${texts[index]}`) : '')).join('');
}

function escaped(text: string): string {
  const parts = text.split(new RegExp(`${begin}([^${end}]*)${end}`));
  return parts.map((part, index) => (index % 2 === 0 ? part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&') : part)).join('');
}
