import { cutText, escapeText } from '../../varlink/text.js';

const lengthMax = 256;

/** A text from a key or a signature, cut and escaped for display. */
export function shown(text: string): string {
  return escapeText(cutText(text, lengthMax));
}
