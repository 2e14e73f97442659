import { findLogin } from './netrc.js';

/** A header that is sent to one host only, over https only, and never after a redirect to another origin. */
export interface Credential {
  /** `example.com` or `example.com:8443`. */
  readonly host: string;
  /** A whole header line, such as `Authorization: Bearer …`. */
  readonly header: string;
}

export interface Secrets {
  readonly netrc: string;
  readonly credential: Credential | null;
}

/**
 * The headers that prove who we are to the origin of the URL that the user gave; a redirect to another origin must not
 * ask here. The credential wins over the user name in the URL, and that over netrc.
 */
export function authorize(url: URL, secrets: Secrets): Record<string, string> {
  const { credential } = secrets;
  if (credential && isFor(credential, url)) return parseHeader(credential.header);
  if (url.username !== '') return basic(decode(url.username), decode(url.password));
  const login = findLogin(secrets.netrc, url.hostname);
  return login ? basic(login.user, login.password) : {};
}

/** Whether the credential would have been sent, were the connection secure. */
export function isWithheld(url: URL, credential: Credential | null): boolean {
  return credential !== null && url.protocol === 'http:' && hostMatches(credential.host, url);
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

function basic(user: string, password: string): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
