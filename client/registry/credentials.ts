import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AuthFile,
  findRegistryLogin,
  namesOf,
  parseAuthFile,
  type RegistryLogin,
} from '../../common/credentials/auth-file.js';
import { findLogin } from '../../common/credentials/netrc.js';
import { hasCode } from '../../linux/errno.js';
import { fileFault, reasonOf, UserError } from '../cli/failure.js';
import type { Session } from '../cli/session.js';
import type { RegistryCredential, RegistryLocation } from '../connect/contract.js';
import { askHelper } from './helpers.js';

/** A file that may be there. */
interface Place {
  readonly path: string;
  /** It was named, so that it has to be there. */
  readonly isNamed: boolean;
}

/** Where logins are, in the order of containers-auth.json(5): the first file counts that has one for the registry. */
function places({ settings, context }: Session): Place[] {
  const { userId, environment } = context;
  const { authFile, runtime, files } = environment.logins;
  const named = settings.authfile ?? authFile;
  if (named !== undefined) return [{ path: named, isNamed: true }];
  const ofSession = runtime ? join(runtime, 'containers/auth.json') : `/run/containers/${userId}/auth.json`;
  return [ofSession, ...files].map((path) => ({ path, isNamed: false }));
}

async function readAuthFile({ path, isNamed }: Place): Promise<AuthFile | undefined> {
  let content: string;
  try {
    content = await readFile(path, 'utf8');
  } catch (error) {
    if (!isNamed && hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw new UserError(`Cannot read the credentials in '${path}': ${reasonOf(error)}.`, fileFault(error, path));
  }
  try {
    return parseAuthFile(content);
  } catch {
    // What is wrong with it would show what is in it.
    throw new UserError(`Cannot read the credentials in '${path}': it is not JSON as containers-auth.json(5) has it.`);
  }
}

async function loginIn(
  file: AuthFile,
  location: RegistryLocation,
  session: Session,
): Promise<RegistryLogin | undefined> {
  const { registry, repository } = location;
  for (const name of namesOf(registry)) {
    const helper = file.helpers.get(name);
    if (helper !== undefined) return await askHelper(helper, name, session.context);
  }
  const login = findRegistryLogin(file, registry, repository);
  if (login !== undefined || file.helper === undefined) return login;
  // docker(1) keeps the login for its hub under this URL.
  const [hub] = namesOf(registry).filter((name) => name === 'index.docker.io');
  return await askHelper(file.helper, hub === undefined ? registry : `https://${hub}/v1/`, session.context);
}

/** The login in the caller's netrc file. What cannot be read is left to the registry to complain of. */
async function loginInNetrc({ registry }: RegistryLocation, { context }: Session): Promise<RegistryLogin | undefined> {
  const path = context.environment.logins.netrc;
  if (path === undefined) return undefined;
  try {
    return findLogin(await readFile(path, 'utf8'), registry.replace(/:\d+$/, ''));
  } catch {
    return undefined;
  }
}

/**
 * What the caller has to tell each of some registries. The files are read here, with the caller's rights, and only what these
 * registries are told is sent to the service.
 *
 * @throws UserError if a file cannot be read, or a program that has the logins fails
 */
export async function credentialsFor(
  locations: readonly RegistryLocation[],
  session: Session,
): Promise<RegistryCredential[]> {
  const read = await Promise.all(places(session).map(readAuthFile));
  const files = read.filter((file) => file !== undefined);
  const found: RegistryCredential[] = [];
  for (const location of locations) {
    let login: RegistryLogin | undefined;
    for (const file of files) login ??= await loginIn(file, location, session);
    login ??= await loginInNetrc(location, session);
    if (login !== undefined) found.push({ registry: location.registry, ...login });
  }
  return found;
}
