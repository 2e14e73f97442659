/*
 * What registries are told before they give something out, as containers-auth.json(5) and the configuration of docker(1) keep it.
 */

/** A login for a registry, as a file has it; or which program knows it. */
export type RegistryLogin =
  | { readonly user: string; readonly password: string }
  | { readonly identityToken: string }
  | { readonly registryToken: string };

/** What a file says of registries. */
export interface AuthFile {
  /** By registry, or registry and the beginning of a repository. */
  readonly logins: ReadonlyMap<string, RegistryLogin>;
  /** The end of the name of a program docker-credential-NAME, by registry. */
  readonly helpers: ReadonlyMap<string, string>;
  /** The one for all registries, if there is one. */
  readonly helper: string | undefined;
}

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** `USER:PASSWORD` in base64; a password may have colons. */
function userAndPassword(encoded: string): RegistryLogin | undefined {
  const decoded = Buffer.from(encoded, 'base64').toString('utf8').replaceAll('\0', '');
  const colon = decoded.indexOf(':');
  return colon < 0 ? undefined : { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

function loginOf(entry: JsonObject): RegistryLogin | undefined {
  const { auth, username, password, identitytoken, registrytoken } = entry;
  const identityToken = text(identitytoken);
  if (identityToken !== undefined) return { identityToken };
  const registryToken = text(registrytoken);
  if (registryToken !== undefined) return { registryToken };
  const encoded = text(auth);
  if (encoded !== undefined) return userAndPassword(encoded);
  const user = text(username);
  return user === undefined ? undefined : { user, password: text(password) ?? '' };
}

/** The keys of docker(1) may be URLs, as https://index.docker.io/v1/ is. */
function registryOf(key: string): string {
  return key.replace(/^https?:\/\//, '').replace(/\/(?:v[12]\/?)?$/, '');
}

/**
 * Reads such a file.
 *
 * @throws SyntaxError when it is not JSON, TypeError when it is something else
 */
export function parseAuthFile(content: string): AuthFile {
  const parsed: unknown = JSON.parse(content);
  if (!isObject(parsed)) throw new TypeError('it is not a JSON object');
  const { auths, credHelpers, credsStore } = parsed;
  const logins = new Map<string, RegistryLogin>();
  for (const [key, entry] of Object.entries(isObject(auths) ? auths : {})) {
    const login = isObject(entry) ? loginOf(entry) : undefined;
    if (login !== undefined) logins.set(registryOf(key), login);
  }
  const helpers = new Map<string, string>();
  for (const [key, name] of Object.entries(isObject(credHelpers) ? credHelpers : {})) {
    if (typeof name === 'string') helpers.set(registryOf(key), name);
  }
  return { logins, helpers, helper: text(credsStore) };
}

/** Docker's hub has several names: this one is where its images are, the others are what people log in to. */
const hubHost = 'registry-1.docker.io';
const hubNames = ['docker.io', 'index.docker.io'];

/** What a registry may be called in such a file. */
export function namesOf(registry: string): string[] {
  return registry === hubHost || hubNames.includes(registry) ? [registry, ...hubNames, hubHost] : [registry];
}

/** Where a login for a repository may be, the most specific first: `HOST/a/b`, `HOST/a`, `HOST`. */
export function keysFor(registry: string, repository: string): string[] {
  const components = repository.split('/');
  const paths = components.map((_, index) => components.slice(0, components.length - index).join('/'));
  return [...paths.map((path) => `/${path}`), ''].flatMap((path) => namesOf(registry).map((name) => `${name}${path}`));
}

/** The login that a file itself has for a repository. */
export function findRegistryLogin(file: AuthFile, registry: string, repository: string): RegistryLogin | undefined {
  for (const key of keysFor(registry, repository)) {
    const login = file.logins.get(key);
    if (login !== undefined) return login;
  }
  return undefined;
}
