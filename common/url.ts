import { escapeText } from '../varlink/text.js';
import { Failure } from './failure.js';
import { hasImageSuffix } from './suffixes.js';

/**
 * A URL without user name and password; a text that is not a URL remains as it was given. The part before `@sha256:…` is the name of
 * an image in a registry, not a user name.
 */
export function withoutUserinfo(url: string): string {
  return url.replace(
    /^(\s*(?:https?:[/\\]*|[a-z][a-z0-9+.-]*:\/\/))[^/\\?#]*@(?!sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})(?:#|$))/i,
    '$1',
  );
}

/** The URL as it may be shown to people and logged: without user name and password, control characters escaped. */
export function displayUrl(url: string): string {
  return escapeText(withoutUserinfo(url));
}

/** What may follow a URL in a sentence. */
const punctuation = '.,:;)"\'';

/**
 * A text for people who may not know what was asked for: of every http, https and file URL in it, the query and what follows is left
 * out, since it may be a secret. So is that of a URL in the file name of a cached download.
 */
export function withoutQueries(text: string): string {
  return text.replace(/((?:https?|file):(?:\/|\\x2f)[^\s?]*)\?(\S*)/gi, (_, address: string, query: string) => {
    let end = query.length;
    while (end > 0 && punctuation.includes(query.charAt(end - 1))) end--;
    return `${address}?…${query.slice(end)}`;
  });
}

/**
 * Why nothing can be pulled from a URL, as the rest of a sentence about it; undefined if something may be. It has to be http://,
 * https:// or file:///, in printable ASCII (RFC 3986 has other characters percent-encoded), with a host where one is needed.
 */
export function urlProblem(url: string): string | undefined {
  if (url === '') return 'is empty: give an http://, https:// or file:// URL.';
  const strange = /[^\x21-\x7e]/u.exec(url);
  if (strange) return `has ${describe(strange[0])} at position ${strange.index + 1}: percent-encode it.`;
  const scheme = /^(https?|file):/i.exec(url)?.[0];
  if (scheme !== undefined && scheme !== scheme.toLowerCase())
    return `begins with ${scheme} instead of ${scheme.toLowerCase()}, in lower case.`;
  if (!/^(https?:\/\/|file:\/)/.test(url)) return 'does not begin with http://, https:// or file:///.';
  if (!URL.canParse(url)) return 'cannot be parsed: check its host name and port.';
  const parsed = new URL(url);
  return parsed.protocol === 'file:' ? fileProblem(parsed) : undefined;
}

/**
 * Gives back the parsed URL.
 *
 * @throws Failure InvalidUrl when nothing can be pulled from it
 */
export function validateUrl(url: string): URL {
  const problem = urlProblem(url);
  if (problem === undefined) return new URL(url);
  throw new Failure('InvalidUrl', `The URL '${displayUrl(url)}' ${problem}`, { url: displayUrl(url) });
}

/**
 * Why a text does not name the checksum file of an image, as the rest of a sentence about it; undefined if it does. It is a name
 * without a slash, for a file beside the image, or a URL of the same kind as that of the image.
 *
 * @param url of the image
 */
export function checksumFileProblem(text: string, url: string): string | undefined {
  if (text === '') return 'is empty: give the name of a file beside the image, or a URL.';
  if (!text.includes('/')) return nameProblem(text, url);
  const problem = urlProblem(text);
  if (problem !== undefined) return problem;
  if (text.startsWith('file:') === url.startsWith('file:')) return undefined;
  return 'cannot belong to this image: use file:// for both of them or for neither.';
}

function nameProblem(name: string, url: string): string | undefined {
  if (/[^\x21-\x7e]/.test(name)) return 'is not in printable ASCII: percent-encode it.';
  if (name === '.' || name === '..') return 'is a directory: give the name of a file beside the image, or a URL.';
  return /[?#]/.test(name) ? 'has a query or a fragment: give the whole URL.' : urlProblem(siblingUrl(url, name));
}

function fileProblem(url: URL): string | undefined {
  if (url.hostname !== '') return `names the host '${url.hostname}': file URLs have three slashes, as in file:///path.`;
  if (url.pathname === '/') return 'names no file.';
  if (/%00|%2f/i.test(url.pathname)) return 'has an encoded slash or NUL, which no file name can have.';
  return isDecodable(url.pathname) ? undefined : 'has a percent escape that is not UTF-8: write a percent sign as %25.';
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

function describe(character: string): string {
  if (character === ' ') return 'a space';
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `the control character 0x${code.toString(16).padStart(2, '0')}`;
  return `the character '${escapeText(character)}', which is not ASCII,`;
}

/**
 * The text between the last slash of the path and the query or fragment, trailing slashes and parameters ignored, still
 * percent-encoded where that means something (importctl names images by it undecoded); undefined if the URL has no path, as in http://host/.
 */
export function lastComponent(url: string): string | undefined {
  const path = /^[a-z]+:\/*([^?#]*)/i.exec(url)?.[1] ?? '';
  const trimmed = path.replace(/\/+$/, '');
  const isFile = /^file:/i.test(url);
  const slash = trimmed.lastIndexOf('/');
  if (slash < 0) return isFile && trimmed !== '' ? trimmed : undefined;
  const component = trimmed.slice(slash + 1);
  return isFile ? component : withoutParameters(decodeUnreserved(component));
}

/** Without escapes of what need not be escaped (RFC 3986 §6.2.2.2). */
function decodeUnreserved(component: string): string {
  return component.replace(/%(?:2[de]|3\d|[46][1-9a-f]|[57][\da]|5f|7e)/gi, decodeURIComponent);
}

/** Without what some servers take behind a file name (RFC 3986 §3.3), as in `disk.raw;type=i` and `disk.raw;jsessionid=1`. */
function withoutParameters(component: string): string {
  const semicolon = component.indexOf(';');
  const name = component.slice(0, Math.max(semicolon, 0));
  const parameters = component.slice(semicolon);
  if (name === '' || !/^(?:;[\w.-]+=[^;]*)+$/.test(parameters)) return component;
  return hasImageSuffix(name) || /^;(?:type=[aid]|jsessionid=[^;]*)$/i.test(parameters) ? name : component;
}

/** The URL of a file beside the one that `url` names. Query and fragment belong to that one and are dropped. */
export function siblingUrl(url: string, name: string): string {
  const bare = url.replace(/[?#].*$/s, '').replace(/\/+$/, '');
  const root = /^[a-z]+:\/*[^/]*$/i.exec(bare) && !/^file:/i.test(bare);
  return root ? `${bare}/${name}` : bare.slice(0, bare.lastIndexOf('/') + 1) + name;
}

/** What `oci://REFERENCE[#FILE]` says. */
export interface ArtefactUrl {
  /** As that of a container image. */
  readonly reference: string;
  /** The title of a file of the artefact. */
  readonly file: string | undefined;
}

/** Reads the URL of an artefact in a registry; undefined for every other text. */
export function readArtefactUrl(url: string): ArtefactUrl | undefined {
  const [, reference, file] = /^oci:\/\/([^#]*)(?:#(.*))?$/s.exec(url) ?? [];
  return reference === undefined ? undefined : { reference, file: file || undefined };
}
