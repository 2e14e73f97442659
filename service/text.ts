/**
 * Text of at most `lengthMax` UTF-16 code units, with an ellipsis where some was cut off. Never ends within a character that takes
 * two of them: half a one is no text that JSON or UTF-8 could carry.
 */
export function cutText(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `${firstOf(text, lengthMax - 1)}…`;
}

/** The first characters of a text, in at most so many UTF-16 code units. */
export function firstOf(text: string, lengthMax: number): string {
  const cut = text.slice(0, lengthMax);
  return cut.length < text.length && isHighSurrogate(cut.charCodeAt(cut.length - 1)) ? cut.slice(0, -1) : cut;
}

/** The last characters of a text, in at most so many UTF-16 code units. */
export function lastOf(text: string, lengthMax: number): string {
  if (lengthMax <= 0) return '';
  const cut = text.slice(-lengthMax);
  return cut.length < text.length && isLowSurrogate(cut.charCodeAt(0)) ? cut.slice(1) : cut;
}

function isHighSurrogate(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800;
}

function isLowSurrogate(unit: number): boolean {
  return (unit & 0xfc00) === 0xdc00;
}

/** Puts U+FFFD in the place of what no JSON parser of a Varlink peer takes: NUL and halves of surrogate pairs. */
export function wellFormed(text: string): string {
  return text.replace(/\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');
}
