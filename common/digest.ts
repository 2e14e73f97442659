import { displayUrl } from './url.js';

/*
 * Digests that people give for an image: as a text of their own, or in the fragment of its URL. Inside, their form is `sha256:` or
 * `sha512:` and lower-case hexadecimal.
 */

/** A digest, or why a text does not give one: what follows the colon of a message. */
export type ReadDigest = { readonly digest: string } | { readonly problem: string };

/** A digest in the form that it has inside, and in registries. */
export const digestPattern = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** How many hexadecimal digits the algorithms have. */
const digits: Readonly<Record<string, number>> = { sha256: 64, sha512: 128 };

/** `ALGORITHM:DIGEST`, with an equals sign too, and `ALGORITHM-BASE64`, which is subresource integrity. */
const taggedForm = /^(sha3-[0-9]+|sha-?[0-9]+|md[0-9]|blake[23][a-z]?|b[23]|crc32)([:=-])(.*)$/is;

function parts(text: string): { algorithm: string; separator: string; value: string } | undefined {
  const [, name, separator = '', value = ''] = taggedForm.exec(text.trim()) ?? [];
  if (name === undefined) return undefined;
  return { algorithm: name.toLowerCase().replace(/^sha-/, 'sha'), separator, value: value.trim() };
}

/**
 * Reads `sha256:HEX` or `sha512:HEX`, in either case, with `=` instead of the colon, and subresource integrity (`sha256-BASE64`). White
 * space around it does not count.
 */
export function readDigest(text: string): ReadDigest {
  const tagged = parts(text);
  if (tagged === undefined) return { problem: 'it does not begin with sha256: or sha512:' };
  const { algorithm, value } = tagged;
  const wanted = digits[algorithm];
  if (wanted === undefined) return { problem: `${algorithm} is not supported, only sha256 and sha512 are` };
  const hex = /^[0-9a-f]*$/i.test(value) ? value.toLowerCase() : undefined;
  const found = hex?.length === wanted ? hex : (hexOfBase64(value, wanted) ?? hex);
  if (found === undefined) return { problem: 'the digest is neither hexadecimal nor whole base64' };
  if (found.length === wanted) return { digest: `${algorithm}:${found}` };
  return { problem: `a ${algorithm} digest has ${wanted} hexadecimal digits, this one has ${found.length}` };
}

/** Undefined for a text that is not base64 (RFC 4648, also that for URLs) of so many hexadecimal digits. */
function hexOfBase64(text: string, wanted: number): string | undefined {
  const bytes = Buffer.from(text, 'base64url');
  const plain = text.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_');
  return bytes.length * 2 === wanted && bytes.toString('base64url') === plain ? bytes.toString('hex') : undefined;
}

/** A URL without the digest that its fragment gave, and the digest that counts; or why it cannot be used: a whole message. */
export type SplitUrl = { readonly url: string; readonly digest: string | undefined } | { readonly problem: string };

/**
 * Takes the digest out of the fragment of a URL: `#sha256=HEX`, alone or beside other fields (`#name=x&sha256=HEX`), in any form that
 * readDigest() knows. What does not look like a digest stays as it is.
 *
 * @param given the digest that was given beside the URL; the fragment must not give another
 */
export function splitDigest(url: string, given: string | undefined): SplitUrl {
  const [, base = url, fragment = ''] = /^([^#]*)#(.*)$/s.exec(url) ?? [];
  const fields = fragment.split('&');
  const others = fields.filter((field) => !looksLikeDigest(decoded(field)));
  if (others.length === fields.length) return { url, digest: given };
  const found = new Set(given === undefined ? [] : [given]);
  for (const field of fields.filter((each) => !others.includes(each))) {
    const read = readDigest(decoded(field));
    if ('problem' in read) return { problem: `Cannot use the digest in '${displayUrl(url)}': ${read.problem}` };
    found.add(read.digest);
  }
  const [digest, another] = found;
  if (another !== undefined)
    return { problem: `Cannot pull '${displayUrl(url)}': two digests are given, ${digest} and ${another}; give one` };
  return { url: others.length === 0 ? base : `${base}#${others.join('&')}`, digest };
}

/** Whether part of a fragment means to be a digest, whatever is wrong with it: a digest that is ignored is taken for a checked one. */
function looksLikeDigest(field: string): boolean {
  const tagged = parts(field);
  if (tagged === undefined)
    return /^\s*(?:(?:digest|checksum|hash|integrity)[:=].*|[0-9a-f]{64}|[0-9a-f]{128})\s*$/i.test(field);
  const { algorithm, separator, value } = tagged;
  if (separator === '-') return /^[a-z0-9+/_-]{32,}=*$/i.test(value);
  return algorithm in digits || /^[0-9a-f]{32,}$/i.test(value);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
