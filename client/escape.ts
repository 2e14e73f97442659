/** C0 and C1 controls, DEL, line separators, and the marks and overrides of bidirectional text. */
export const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

export { escapeText } from '../varlink/text.js';
