import { linesOutsideArmor } from '../armor.js';
import { shown } from '../shown.js';
import { isKeyType, readSshKey, type SshKey } from './key.js';
import { parseOptions, type SignerOptions } from './options.js';

/** A line of a file of trusted keys. */
export interface TrustedSshKey extends SignerOptions {
  readonly key: SshKey;
  /** Patterns of whom it speaks for (ssh-keygen(1), ALLOWED SIGNERS); undefined in a line of a public key alone. */
  readonly principals: string | undefined;
  /** Principals or comment, escaped for display. */
  readonly user: string;
}

/**
 * The keys of a file with lines as in `.pub` files or of allowed signers (ssh-keygen(1)); none if it is another file. As
 * with ssh-keygen, a line that cannot be read does not spoil the others.
 */
export function readTrustedSshKeys(text: string): TrustedSshKey[] {
  return linesOutsideArmor(text)
    .map(readLine)
    .filter((key) => key !== undefined);
}

function readLine(line: string): TrustedSshKey | undefined {
  if (line === '' || line.startsWith('#')) return undefined;
  const [first, rest] = splitField(line);
  if (isKeyType(first)) return readKey(line, undefined, '');
  // In authorized_keys these come first, where allowed signers have principals.
  if (loginOption.test(first)) return undefined;
  const [second] = splitField(rest);
  if (isKeyType(second)) return readKey(rest, first, '');
  const [options, key] = splitOptions(rest);
  return key === undefined ? undefined : readKey(key, first, options);
}

const loginOption =
  /^(?:cert-authority|restrict|verify-required|no-touch-required|(?:no-)?(?:agent-forwarding|port-forwarding|x11-forwarding|pty|user-rc)|[a-z-]+=".*)(?:,.*)?$/i;

/** `TYPE BASE64 COMMENT` */
function readKey(text: string, principals: string | undefined, options: string): TrustedSshKey | undefined {
  const [type, rest] = splitField(text);
  const [encoded, comment] = splitField(rest);
  const blob = Buffer.from(encoded, 'base64');
  const key = isBase64(encoded) ? readSshKey(blob) : undefined;
  const parsed = parseOptions(options);
  // The type stands in the blob again.
  if (!key || !parsed || key.certificate || key.type !== type) return undefined;
  return { ...parsed, key, principals, user: shown(principals ?? (comment || 'no comment')) };
}

function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}

/** The first field of a line, which may be quoted, and what follows it. */
function splitField(line: string): [field: string, rest: string] {
  const [all, quoted, plain] = /^(?:"([^"]*)"|([^ \t]+))[ \t]*/.exec(line) ?? [''];
  return [quoted ?? plain ?? '', line.slice(all.length)];
}

/** Options up to a blank outside of quotes, and what follows; undefined if a quote is left open or nothing follows. */
function splitOptions(text: string): [options: string, rest: string | undefined] {
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (letter === '\\' && text[at + 1] === '"') at++;
    else if (letter === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (letter === ' ' || letter === '\t')) return [text.slice(0, at), text.slice(at).trim()];
  }
  return [text, undefined];
}
