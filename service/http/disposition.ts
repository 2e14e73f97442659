/** A parameter of a header: a token, or a quoted string (RFC 9110 §5.6.6). */
const parameter = /;[ \t]*([!#$%&'*+.^_`|~\w-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^;"]*))/g;
/** What a longer header cannot be, in characters. */
const headerMax = 4096;

/**
 * The file name in a Content-Disposition (RFC 6266), as it stands there: it may be anything. `filename*` (RFC 8187) outranks `filename`.
 * Undefined where there is none, or none that can be decoded.
 *
 * @param header with a character for each byte, as node has it
 */
export function fileNameIn(header: string | undefined): string | undefined {
  if (header === undefined || header.length > headerMax) return undefined;
  const found = new Map<string, string>();
  for (const [, name = '', quoted, token = ''] of `;${header}`.matchAll(parameter)) {
    const value = quoted === undefined ? token.trim() : quoted.replace(/\\(.)/g, '$1');
    const key = name.toLowerCase();
    if (!found.has(key)) found.set(key, value);
  }
  const extended = decodeExtended(found.get('filename*'));
  const plain = found.get('filename');
  return extended ?? (plain === undefined || plain === '' ? undefined : inUtf8(plain));
}

/** `UTF-8'en'a%20b` (RFC 8187 §3.2). */
function decodeExtended(value: string | undefined): string | undefined {
  const [, charset = '', encoded = ''] = /^([\w-]+)'[^']*'(.+)$/.exec(value ?? '') ?? [];
  try {
    if (/^utf-8$/i.test(charset)) return decodeURIComponent(encoded);
    if (/^iso-8859-1$/i.test(charset)) return unescapeLatin(encoded);
  } catch {
    // Not what its label says: there may be a plain one.
  }
  return undefined;
}

function unescapeLatin(encoded: string): string {
  return encoded.replace(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** Many servers send raw UTF-8; what is not is ISO 8859-1, which RFC 9110 once had. */
function inUtf8(value: string): string {
  const text = Buffer.from(value, 'latin1').toString('utf8');
  return text.includes('\ufffd') ? value : text;
}
