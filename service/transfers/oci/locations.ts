import {
  type AuthFile,
  findRegistryLogin,
  parseAuthFile,
  type RegistryLogin,
} from '../../../common/credentials/auth-file.js';
import { findLogin } from '../../../common/credentials/netrc.js';
import { Failure } from '../../../common/failure.js';
import type { RegistryCredential } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { escapeText } from '../../../varlink/text.js';
import type { Reference } from '../../formats/oci/reference.js';
import { placesOf, type RegistryPlace } from '../../http/registry/database.js';
import type { RegistryAccess } from '../../processes/ipc/messages.js';
import type { Host } from '../host.js';
import { readSecretFile } from '../kinds/credentials.js';
import { registryDirectories } from './registry-directories.js';
import type { OciRequest } from './request.js';

/** Where an image may be, and what the registry there is told. */
export interface Location {
  readonly registry: string;
  readonly tag: string | undefined;
  readonly access: RegistryAccess;
}

/**
 * Where an image is looked for.
 *
 * @throws Failure InvalidUrl when no registry is known for it
 * @throws Failure FileSystemError when the database of registries cannot be read, or makes no sense
 */
export function registriesOf(host: Host, reference: Reference): RegistryPlace[] {
  return placesOf(reference, registryDirectories(host));
}

/**
 * The logins of the host itself: the credential `ferry.registry-auth` that systemd hands over.
 *
 * @throws Failure FileSystemError when it cannot be read
 * @throws Failure DownloadFailed when it makes no sense
 */
function ownLogins(host: Host, url: string): AuthFile | undefined {
  const secret = readSecretFile(host, 'ferry.registry-auth', 'registry-auth.json');
  if (secret === undefined) return undefined;
  const refuse = (reason: string) => {
    const message = `Cannot use the logins for registries in ${escapeText(secret.path)}: ${reason}`;
    return new Failure('DownloadFailed', message, { url });
  };
  if ('reason' in secret) throw refuse(secret.reason);
  try {
    return parseAuthFile(secret.text);
  } catch {
    throw refuse('it is not JSON as containers-auth.json(5) has it');
  }
}

type Login = Pick<RegistryAccess, 'user' | 'password' | 'identityToken' | 'token'>;

function ofCaller({ user, password, identityToken, registryToken }: RegistryCredential): Login {
  return {
    user: user ?? undefined,
    password: password ?? undefined,
    identityToken: identityToken ?? undefined,
    token: registryToken ?? undefined,
  };
}

function ofFile(login: RegistryLogin): Login {
  const known = { user: undefined, password: undefined, identityToken: undefined, token: undefined };
  return 'registryToken' in login ? { ...known, token: login.registryToken } : { ...known, ...login };
}

/** What of a request says where to, and as whom. */
type Told = Pick<OciRequest, 'reference' | 'credentials' | 'netrc'>;

/**
 * Where an image is looked for, with what the registries there are told: what the caller gives, else what the host has, else the netrc file.
 *
 * @throws as registriesOf()
 * @throws Failure DownloadFailed when the logins of the host make no sense
 */
export function locationsOf(host: Host, { reference, credentials, netrc }: Told): Location[] {
  const places = registriesOf(host, reference);
  const own = ownLogins(host, places[0]?.base ?? '');
  return places.map(({ registry, repository, base, tag }) => {
    const given = credentials.find((each) => each.registry === registry);
    const kept = own && findRegistryLogin(own, registry, repository);
    const listed = netrc === undefined ? undefined : findLogin(netrc, registry.replace(/:\d+$/, ''));
    const login = given === undefined ? ofFile(kept ?? listed ?? { user: '', password: '' }) : ofCaller(given);
    const access = {
      base,
      repository,
      ...login,
      user: login.user || undefined,
      password: login.user ? login.password : undefined,
    };
    return { registry, tag, access };
  });
}

/**
 * Where an image is pushed to: the registry itself, as often as there are ways to speak to it. Mirrors are for pulls.
 *
 * @throws as locationsOf()
 */
export function pushLocationsOf(host: Host, told: Told): { tag: string; places: Location[] } {
  const all = locationsOf(host, told);
  const last = all.at(-1);
  const isIt = ({ registry, access }: Location) =>
    registry === last?.registry && access.repository === last.access.repository;
  return { tag: last?.tag ?? 'latest', places: all.filter(isIt) };
}
