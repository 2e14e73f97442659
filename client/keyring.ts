import { readFile } from 'node:fs/promises';
import { fileFault, reasonOf, UserError } from './cli/failure.js';

/**
 * A keyring, in base64. It is read here, with the caller's rights, and sent: the service need not be able to read it.
 *
 * @param what it is called in the message
 * @throws UserError if it cannot be read
 */
export async function readKeyring(path: string, what: 'keyring' | 'key' = 'keyring'): Promise<string> {
  try {
    return await readFile(path, 'base64');
  } catch (error) {
    throw new UserError(`Cannot read the ${what} '${path}': ${reasonOf(error)}.`, fileFault(error, path));
  }
}
