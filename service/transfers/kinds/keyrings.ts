import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../../../linux/errno.js';
import { codeDirectory } from '../../installation.js';
import type { Download } from '../../processes/ipc/messages.js';
import { keyringFiles, loadKeyrings } from '../../verify/keyrings.js';
import type { Host } from '../host.js';

async function readIfThere(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}

/**
 * The keyrings that a signature may be made with: those of the host and those of the caller.
 *
 * @throws Failure VerificationFailed when there is none, or $SYSTEMD_OPENPGP_KEYRING is not an absolute path
 * @throws Error of node:fs when one of the host cannot be read, and the caller gives none
 */
export async function readKeyrings(host: Host, ofCaller: readonly Buffer[]): Promise<Download['keyrings']> {
  const given = ofCaller.map((bytes) => ({ path: '--keyring', bytes }));
  const files = keyringFiles(host.environment, [join(codeDirectory, 'import-pubring.pgp')]);
  const readAlternatives =
    given.length === 0 ? loadKeyrings(files, readIfThere) : loadKeyrings(files, readIfThere).catch(() => []);
  return [...(await readAlternatives), ...given].map(({ path, bytes }) => ({ path, base64: bytes.toString('base64') }));
}
