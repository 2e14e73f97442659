/*
 * Text that strangers wrote, on its way to people and to Varlink peers.
 */

/**
 * What could steer a terminal or split a line: C0 and C1 controls, DEL, line separators, the marks and overrides of bidirectional
 * text; and what is no character: the noncharacters of Unicode and halves of surrogate pairs.
 */
export const unprintable =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\p{Noncharacter_Code_Point}\p{Surrogate}]/gu;

/** Whether a text is nothing but printable ASCII, as most are: it is told sooner than what is unprintable is found. */
export function isPlain(text: string): boolean {
  return /^[ -~]*$/.test(text);
}

/** C-escapes what is unprintable. */
export function escapeText(text: string): string {
  if (isPlain(text)) return text;
  return text.replace(unprintable, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    if (code > 0xffff) return `\\U${code.toString(16).padStart(8, '0')}`;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

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

/** What unreadable characters consist of, in UTF-16 code units: most text has none of it. */
const suspicious = /[\0\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]/;
const unreadable = /[\0\p{Noncharacter_Code_Point}\p{Surrogate}]/gu;

/** Whether every Varlink peer can read a text; see readable(). */
export function isReadable(text: string): boolean {
  return !suspicious.test(text) || text.search(unreadable) < 0;
}

/**
 * Puts U+FFFD in the place of what not every Varlink peer can read, however it is written: NUL, halves of surrogate pairs, and the
 * noncharacters of Unicode (unichar_is_valid() of systemd).
 */
export function readable(text: string): string {
  return text.replace(unreadable, '\ufffd');
}
