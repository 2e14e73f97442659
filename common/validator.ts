/** Of an ETag that is of use, in characters: no attribute of a file and no message takes any length. */
export const etagMax = 4096;

/** Whether a text, from wherever it was kept, can be an ETag or a date in the header of a request. */
export function isHeaderText(text: string): boolean {
  return text.length <= etagMax && /^[\t\x20-\x7e\x80-\xff]*$/.test(text);
}
