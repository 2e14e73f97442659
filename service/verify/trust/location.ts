import { posix } from 'node:path';

/** What of a URL decides who is trusted for it, in one spelling for all that name the same. */
export interface Location {
  readonly scheme: 'http:' | 'https:' | 'file:' | 'docker:';
  /** In lower case and in ASCII (RFC 5891), without a dot at the end; empty in file: URLs. */
  readonly host: string;
  /** Empty for that of the scheme. */
  readonly port: string;
  /** Begins with a slash and does not end with one, but for the root; with escapes only of slashes and percent signs. */
  readonly path: string;
}

/** Without what may be left out: a dot for the root of the domain names. In lower case, which URLs of registries need not be in. */
export function plainHost(host: string): string {
  return host.replace(/\.$/, '').toLowerCase();
}

/**
 * How servers may read a URL: some take `//`, `%2F` and `%5C` for one slash, others for names. The first one is literal. Both are the
 * same for nearly all URLs.
 *
 * @throws TypeError when it is not a URL (validateUrl() of common/url.ts knows)
 */
export function readingsOf(url: string): Location[] {
  const { protocol, hostname, port, pathname } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:' && protocol !== 'file:' && protocol !== 'docker:') return [];
  const literal = unescaped(pathname);
  const resolved = resolvedPath(literal);
  const paths = protocol === 'file:' ? [resolved] : [...new Set([trimmed(literal), resolved])];
  return paths.map((path) => ({ scheme: protocol, host: plainHost(hostname), port, path }));
}

/** Escapes that mean nothing are undone; those of slashes, backslashes and percent signs stay. */
function unescaped(path: string): string {
  return path.replace(/%([0-9a-f]{2})/gi, (sequence, digits: string) =>
    /^(2f|5c|25)$/i.test(digits) ? sequence.toUpperCase() : String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

function resolvedPath(literal: string): string {
  return trimmed(posix.normalize(literal.replace(/%2F|%5C|\\/g, '/').replace(/\/{2,}/g, '/')));
}

function trimmed(path: string): string {
  return path.replace(/(?<=.)\/$/, '');
}
