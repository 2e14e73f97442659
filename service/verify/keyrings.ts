import { Failure } from '../../common/failure.js';

/** A file of trusted keys: an OpenPGP keyring, binary or armored, or public keys of another scheme (trusted-keys.ts). */
export interface Keyring {
  /** Where it came from, for messages. */
  readonly path: string;
  readonly bytes: Buffer;
  /** Whether it is skipped if it contains no key that can be read. */
  readonly isOptional?: boolean | undefined;
}

/**
 * The files that importd reads (importctl(1), SYSTEMD_OPENPGP_KEYRING): each list has alternatives, of which the first
 * that exists counts. `shipped` stands in for the vendor's keyring on hosts without one.
 *
 * @throws Failure VerificationFailed when the variable does not hold an absolute path
 */
export function keyringFiles(
  environment: Readonly<Record<string, string | undefined>>,
  shipped: readonly string[] = [],
): string[][] {
  const only = environment['SYSTEMD_OPENPGP_KEYRING'];
  if (only) {
    if (only.startsWith('/')) return [[only]];
    throw noKeyring(`SYSTEMD_OPENPGP_KEYRING is '${only}', which is not an absolute path.`, only);
  }
  return [
    ['/etc/systemd/import-pubring.pgp', '/etc/systemd/import-pubring.gpg'],
    ['/usr/local/lib/systemd/import-pubring.pgp', '/usr/lib/systemd/import-pubring.pgp', ...shipped],
  ];
}

/**
 * Reads them. `readFile` gives undefined for a file that does not exist.
 *
 * @throws Failure VerificationFailed, with everything that was looked for, when there is none at all; what `readFile` throws
 */
export async function loadKeyrings(
  alternatives: readonly (readonly string[])[],
  readFile: (path: string) => Promise<Buffer | undefined>,
): Promise<Keyring[]> {
  const keyrings = await Promise.all(alternatives.map((paths) => firstOf(paths, readFile)));
  const found = keyrings.filter((keyring) => keyring !== undefined);
  if (found.length > 0) return found;
  const looked = alternatives.flat().join(', ');
  throw noKeyring(
    `No keyring to verify signatures with: looked for ${looked}. Install one, give one with --keyring=, or pull with --verify=checksum.`,
    alternatives[0]?.[0] ?? '',
  );
}

async function firstOf(
  paths: readonly string[],
  readFile: (path: string) => Promise<Buffer | undefined>,
): Promise<Keyring | undefined> {
  for (const path of paths) {
    const bytes = await readFile(path);
    if (bytes) return { path, bytes };
  }
  return undefined;
}

function noKeyring(message: string, file: string): Failure {
  return new Failure('VerificationFailed', message, { file });
}
