/** Where a service is: https://varlink.org/Service, with the forms that varlinkctl(1) knows. */
export type Address =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'exec'; readonly path: string }
  /** On another host, as ssh(1) reaches it: `what` is the path of a socket, or a command line for the shell there. */
  | { readonly kind: 'ssh-unix' | 'ssh-exec'; readonly host: string; readonly what: string };

const forms = 'unix:/PATH, unix:@NAME, /PATH, exec:/PROGRAM, ssh-unix:HOST:/PATH or ssh-exec:HOST:COMMAND';

/** Text that is not an address of a known form. */
export class AddressError extends Error {
  /** Why, for the end of a message. */
  readonly reason: string;

  constructor(address: string, reason = `expected ${forms}`) {
    super(`${JSON.stringify(address)} is not a Varlink address: ${reason}`);
    this.name = 'AddressError';
    this.reason = reason;
  }
}

/**
 * Reads `unix:/path`, `unix:@name` (abstract namespace), `/path`, `exec:/program` (the path, spaces included, of a program that takes
 * no arguments), `ssh-unix:[user@]host:/path` (also `ssh:`), `ssh-exec:[user@]host:command`. As with sd-varlink, parameters after
 * `;`, `?` or `#` are not supported; a plain path may contain these characters.
 *
 * @throws AddressError
 */
export function parseAddress(address: string): Address {
  if (address.startsWith('/')) return { kind: 'unix', path: address };
  const [, scheme, rest = ''] = /^([a-z-]+):(.*)$/s.exec(address) ?? [];
  if (scheme !== undefined && /[;?#]/.test(rest))
    throw new AddressError(address, "parameters after ';', '?' or '#' are not supported");
  if (scheme === 'unix') return { kind: 'unix', path: unixPath(rest, address) };
  if (scheme === 'exec' && rest.startsWith('/')) return { kind: 'exec', path: rest };
  if (scheme === 'ssh' || scheme === 'ssh-unix') return remote('ssh-unix', /^\/./, rest, address);
  if (scheme === 'ssh-exec') return remote('ssh-exec', /^\s*[^\s-]/, rest, address);
  throw new AddressError(address);
}

function unixPath(path: string, address: string): string {
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
