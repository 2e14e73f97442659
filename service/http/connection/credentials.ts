import { findLogin } from '../../../common/credentials/netrc.js';

/** A header that is sent to one host only, over https only, and never after a redirect to another origin. */
export interface Credential {
  /** `example.com` or `example.com:8443`. */
  readonly host: string;
  /** A whole header line, such as `Authorization: Bearer …`. */
  readonly header: string;
}

export interface Secrets {
  readonly netrc: string;
  readonly credentials: readonly Credential[];
}

const linePattern = /^([^\s/@]+)[ \t]+([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)$/;

/**
 * Reads credentials, one a line: a host, perhaps with a port, and a header line (RFC 9110 §5). Empty lines and those that
 * begin with `#` count for nothing. Gives the number of the first line that is none, from 1, instead: what is in it is
 * secret.
 */
export function parseCredentials(text: string): Credential[] | number {
  const credentials: Credential[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const plain = line.trim();
    if (plain === '' || plain.startsWith('#')) continue;
    const [, host, name, value] = linePattern.exec(plain) ?? [];
    if (host === undefined) return index + 1;
    credentials.push({ host, header: `${name}: ${value}` });
  }
  return credentials;
}

/**
 * The headers that prove who we are to the origin of the URL that the user gave; a redirect to another origin must not
 * ask here. A credential wins over the user name in the URL, and that over netrc.
 */
export function authorize(url: URL, secrets: Secrets): Record<string, string> {
  const own = secrets.credentials.filter((credential) => isFor(credential, url));
  if (own.length > 0) return Object.assign({}, ...own.map(({ header }) => parseHeader(header)));
  if (url.username !== '') return basic(decode(url.username), decode(url.password));
  const login = findLogin(secrets.netrc, url.hostname);
  return login ? basic(login.user, login.password) : {};
}

/** The credential that would have been sent, were the connection secure. */
export function withheld(url: URL, credentials: readonly Credential[]): Credential | undefined {
  if (url.protocol !== 'http:') return undefined;
  return credentials.find(({ host }) => hostMatches(host, url));
}

function isFor(credential: Credential, url: URL): boolean {
  return url.protocol === 'https:' && hostMatches(credential.host, url);
}

function hostMatches(host: string, url: URL): boolean {
  return host.toLowerCase() === url.host || (url.port === '' && host.toLowerCase() === `${url.hostname}:443`);
}

function parseHeader(line: string): Record<string, string> {
  const colon = line.indexOf(':');
  return { [line.slice(0, colon).trim()]: line.slice(colon + 1).trim() };
}

/** The header for a user name and a password (RFC 7617). */
export function basic(user: string, password: string): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
