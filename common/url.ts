import { escapeText } from './escape.js';
import { Failure } from './failure.js';

const schemes = ['http:', 'https:', 'file:'];

/** The URL as it may be shown to people, logged and stored: without user name and password, control characters escaped. */
export function displayUrl(url: string): string {
  return escapeText(url.replace(/^(\s*(?:https?:[/\\]*|[a-z][a-z0-9+.-]*:\/\/))[^/\\?#]*@/i, '$1'));
}

/**
 * Gives back the parsed URL, or throws InvalidUrl: only http://, https:// and file:///, nothing beyond printable ASCII
 * (RFC 3986 has such characters percent-encoded), no space, and a host where one is needed.
 */
export function validateUrl(url: string): URL {
  const refuse = (reason: string): never => {
    throw new Failure('InvalidUrl', `The URL '${displayUrl(url)}' ${reason}`, { url: displayUrl(url) });
  };
  if (url === '') refuse('is empty: give an http://, https:// or file:// URL.');
  const strange = /[^\x21-\x7e]/u.exec(url);
  if (strange) refuse(`has ${describe(strange[0])} at position ${strange.index + 1}: percent-encode it.`);
  if (!/^(https?:\/\/|file:\/)/.test(url)) refuse('does not begin with http://, https:// or file:///.');
  if (!URL.canParse(url)) refuse('cannot be parsed: check its host name and port.');
  const parsed = new URL(url);
  if (!schemes.includes(parsed.protocol)) refuse('does not begin with http://, https:// or file:///.');
  if (parsed.protocol === 'file:') refuseOddFile(parsed, refuse);
  return parsed;
}

function refuseOddFile(url: URL, refuse: (reason: string) => never): void {
  if (url.hostname !== '')
    refuse(`names the host '${url.hostname}': file URLs have three slashes, as in file:///path.`);
  if (url.pathname === '/') refuse('names no file.');
  if (/%00|%2f/i.test(url.pathname)) refuse('has an encoded slash or NUL, which no file name can have.');
}

function describe(character: string): string {
  if (character === ' ') return 'a space';
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `the control character 0x${code.toString(16).padStart(2, '0')}`;
  return `the character '${escapeText(character)}', which is not ASCII,`;
}

/**
 * The text between the last slash of the path and the query or fragment, trailing slashes ignored, still
 * percent-encoded (importctl names images by it undecoded); null if there is none, as in http://host/.
 */
export function lastComponent(url: string): string | null {
  const path = /^[a-z]+:\/*([^?#]*)/i.exec(url)?.[1] ?? '';
  const trimmed = path.replace(/\/+$/, '');
  const isFile = /^file:/i.test(url);
  const slash = trimmed.lastIndexOf('/');
  if (slash < 0) return isFile && trimmed !== '' ? trimmed : null;
  return trimmed.slice(slash + 1);
}

/** The URL of a file beside the one that `url` names. Query and fragment belong to that one and are dropped. */
export function siblingUrl(url: string, name: string): string {
  const bare = url.replace(/[?#].*$/s, '').replace(/\/+$/, '');
  const root = /^[a-z]+:\/*[^/]*$/i.exec(bare) && !/^file:/i.test(bare);
  return root ? `${bare}/${name}` : bare.slice(0, bare.lastIndexOf('/') + 1) + name;
}
