/** A file of trusted OpenPGP keys. */
export interface Keyring {
  /** Where it came from, for messages. */
  readonly path: string;
  readonly bytes: Buffer;
}

/** The files that importd reads: each list has alternatives, the first that exists counts. */
export function keyringFiles(environment: Readonly<Record<string, string | undefined>>): string[][] {
  const only = environment['SYSTEMD_OPENPGP_KEYRING'];
  if (only) return [[only]];
  return [
    ['/etc/systemd/import-pubring.pgp', '/etc/systemd/import-pubring.gpg'],
    ['/usr/lib/systemd/import-pubring.pgp'],
  ];
}

/** Reads them. `readFile` gives null for a file that does not exist. Throws VerificationFailed if there is none at all. */
export async function loadKeyrings(
  alternatives: readonly (readonly string[])[],
  readFile: (path: string) => Promise<Buffer | null>,
): Promise<Keyring[]> {
  throw new Error(`not yet: ${alternatives.length} ${readFile.length}`);
}
