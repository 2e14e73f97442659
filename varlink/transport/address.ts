/** Where a service is: https://varlink.org/Service, with the forms that varlinkctl(1) knows. */
export type Address =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'exec'; readonly command: readonly string[] };

/** An address that is in no form known here. */
export class AddressError extends Error {
  constructor(address: string) {
    super(`address ${JSON.stringify(address)} is none of unix:/PATH, unix:@NAME, /PATH, exec:/COMMAND ARGUMENTS`);
    this.name = 'AddressError';
  }
}

/**
 * Reads `unix:/path`, `unix:@name` (abstract namespace), `/path`, `exec:/command arguments` (split at spaces, without
 * quoting). Parameters after a semicolon in a `unix:` address are ignored.
 *
 * @throws AddressError
 */
export function parseAddress(address: string): Address {
  if (address.startsWith('/')) return { kind: 'unix', path: address };
  const [, scheme, rest = ''] = /^([a-z]+):(.*)$/s.exec(address) ?? [];
  if (scheme === 'unix') return { kind: 'unix', path: unixPath(rest, address) };
  if (scheme === 'exec' && rest.startsWith('/')) return { kind: 'exec', command: rest.split(' ').filter(Boolean) };
  throw new AddressError(address);
}

function unixPath(rest: string, address: string): string {
  const [path = ''] = rest.split(';');
  if (path.startsWith('/')) return path;
  if (path.startsWith('@') && path.length > 1) return `\0${path.slice(1)}`;
  throw new AddressError(address);
}
