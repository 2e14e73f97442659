/** Where a service is: https://varlink.org/Service, with the forms that varlinkctl(1) knows. */
export type Address =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'exec'; readonly command: readonly string[] }
  /** On another host, as ssh(1) reaches it: `what` is the path of a socket, or a command line for the shell there. */
  | { readonly kind: 'ssh-unix' | 'ssh-exec'; readonly host: string; readonly what: string };

/** An address that is in no form known here. */
export class AddressError extends Error {
  constructor(address: string) {
    super(
      `address ${JSON.stringify(address)} is none of unix:/PATH, unix:@NAME, /PATH, exec:/COMMAND ARGUMENTS, ssh-unix:HOST:/PATH, ssh-exec:HOST:COMMAND`,
    );
    this.name = 'AddressError';
  }
}

/**
 * Reads `unix:/path`, `unix:@name` (abstract namespace), `/path`, `exec:/command arguments` (split at spaces, without
 * quoting), `ssh-unix:[user@]host:/path` (also `ssh:`), `ssh-exec:[user@]host:command`. Parameters after a semicolon in
 * a `unix:` address are ignored.
 *
 * @throws AddressError
 */
export function parseAddress(address: string): Address {
  if (address.startsWith('/')) return { kind: 'unix', path: address };
  const [, scheme, rest = ''] = /^([a-z-]+):(.*)$/s.exec(address) ?? [];
  if (scheme === 'unix') return { kind: 'unix', path: unixPath(rest, address) };
  if (scheme === 'exec' && rest.startsWith('/')) return { kind: 'exec', command: rest.split(' ').filter(Boolean) };
  if (scheme === 'ssh' || scheme === 'ssh-unix') return remote('ssh-unix', /^\/./, rest, address);
  if (scheme === 'ssh-exec') return remote('ssh-exec', /^\s*[^\s-]/, rest, address);
  throw new AddressError(address);
}

function unixPath(rest: string, address: string): string {
  const [path = ''] = rest.split(';');
  if (path.startsWith('/')) return path;
  if (path.startsWith('@') && path.length > 1) return `\0${path.slice(1)}`;
  throw new AddressError(address);
}

/** Nothing that ssh could take for an option passes as a host. */
function remote(kind: 'ssh-unix' | 'ssh-exec', form: RegExp, rest: string, address: string): Address {
  const [, user = '', host, what] = /^(\w[\w.-]*@)?(\[[0-9A-Fa-f:.]+(?:%\w+)?\]|\w[\w.-]*):(.*)$/s.exec(rest) ?? [];
  if (host === undefined || what === undefined || !form.test(what)) throw new AddressError(address);
  return { kind, host: user + host.replace(/^\[|\]$/g, ''), what };
}
