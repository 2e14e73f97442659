import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoWords } from '../../../common/errno.js';
import { Failure } from '../../../common/failure.js';
import { errnoName, hasCode } from '../../../linux/errno.js';
import { escapeText } from '../../../varlink/text.js';
import { codeDirectory } from '../../installation.js';
import type { Download } from '../../processes/ipc/messages.js';
import { type Keyring, keyringFiles, loadKeyrings } from '../../verify/keyrings.js';
import type { Host } from '../host.js';

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): unknown {
  const errorName = errnoName(error);
  if (errorName === undefined) return error;
  const reason = `${errnoWords(errorName) ?? 'the system refused'} (${errorName})`;
  const message = `Cannot read the keyring ${escapeText(path)}: ${reason}; change that, or give a keyring with --keyring=`;
  return new Failure('FileSystemError', message, { path, errorName });
}

/** The general keyrings of the host, as far as there are any and they can be read. */
export async function readGeneralKeyrings(host: Host): Promise<Keyring[]> {
  try {
    const files = keyringFiles(host.environment, [join(codeDirectory, 'import-pubring.pgp')]);
    return await loadKeyrings(files, readIfThere);
  } catch (error) {
    if (error instanceof Failure) return [];
    throw error;
  }
}

/**
 * The keyrings that a signature may be made with: those of the host and those of the caller.
 *
 * @throws Failure VerificationFailed when there is none, or $SYSTEMD_OPENPGP_KEYRING is not an absolute path
 * @throws Failure FileSystemError when one of the host cannot be read, and the caller gives none
 */
export async function readKeyrings(host: Host, ofCaller: readonly Buffer[]): Promise<Download['keyrings']> {
  const given = ofCaller.map((bytes) => ({ path: 'of --keyring=', bytes }));
  const files = keyringFiles(host.environment, [join(codeDirectory, 'import-pubring.pgp')]);
  const readAlternatives =
    given.length === 0 ? loadKeyrings(files, readIfThere) : loadKeyrings(files, readIfThere).catch(() => []);
  return [...(await readAlternatives), ...given].map(({ path, bytes }) => ({ path, base64: bytes.toString('base64') }));
}
