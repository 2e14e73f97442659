import { Failure } from '../../../common/failure.js';
import { displayUrl } from '../../../common/url.js';
import { isJsonObject } from '../../../varlink/idl/value.js';
import { JsonError, type JsonValue, parseJson } from '../../../varlink/json.js';
import { basic } from '../connection/credentials.js';
import type { Network } from '../connection/network.js';
import { fetchSmall } from '../small.js';
import { asksForLogin, type RegistryAccess, type RegistryActions } from './access.js';
import type { Challenge } from './challenge.js';

/** Bytes of an answer that has a token. */
const answerMax = 1024 * 1024;

export interface TokenRequest {
  readonly network: Network;
  readonly access: RegistryAccess;
  readonly challenge: Challenge;
  /** What is to be done in the repository. */
  readonly actions: RegistryActions;
  readonly signal: AbortSignal;
  onNotice(message: string): void;
}

/**
 * Gets a token from the server that a challenge names: with the caller's login or identity token if there is one. Both go to where the
 * registry says, and over https only, unless the registry itself is not spoken to by https.
 *
 * @throws Failure DownloadFailed when it gives none
 */
export async function requestToken(request: TokenRequest): Promise<string> {
  const realm = realmOf(request);
  const { identityToken } = request.access;
  const answer = identityToken === undefined ? await get(request, realm) : await post(request, realm, identityToken);
  return tokenIn(answer, realm);
}

function realmOf({ access, challenge }: TokenRequest): URL {
  const realm = challenge.parameters.get('realm') ?? '';
  const shown = displayUrl(realm);
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw refusal(access.base, `the registry says that tokens are at '${shown}', which is not a URL`);
  if (url.protocol === 'http:' && access.base.startsWith('https:'))
    throw refusal(access.base, `the registry says that tokens are at ${shown}, which is not encrypted`);
  return url;
}

/** What a token is to allow: what the registry names, and all that will be done in the repository. */
function scopesOf({ access, challenge, actions }: TokenRequest): string[] {
  const own = `repository:${access.repository}:`;
  const named = (challenge.parameters.get('scope') ?? '').split(' ').filter((scope) => scope !== '');
  if (actions === 'pull') return named.length > 0 ? named : [`${own}pull`];
  return [`${own}${actions}`, ...named.filter((scope) => !scope.startsWith(own))];
}

function fields(request: TokenRequest): [string, string][] {
  const { challenge } = request;
  const service = challenge.parameters.get('service');
  // Several scopes are several fields.
  return [
    ...(service === undefined ? [] : [['service', service] as [string, string]]),
    ...scopesOf(request).map((each): [string, string] => ['scope', each]),
  ];
}

async function get(request: TokenRequest, realm: URL): Promise<Buffer> {
  const { network, access, signal } = request;
  const url = new URL(realm);
  for (const [name, value] of fields(request)) url.searchParams.append(name, value);
  const { user, password } = access;
  const secrets = user === undefined ? {} : basic(user, password ?? '');
  const onNotice = (message: string) => request.onNotice(message);
  const login = { headers: () => secrets, renew: async () => false };
  const answer = await fetchSmall(url.href, answerMax, { network, signal, onNotice, login }).catch((error) => {
    throw explained(error, access, realm);
  });
  return answer ?? fail(realm, 'the token server does not know this address', 404);
}

/** As the token specification of registries has it, for what a login was exchanged for (OAuth 2.0, RFC 6749 §6). */
async function post(request: TokenRequest, realm: URL, identityToken: string): Promise<Buffer> {
  const body = new URLSearchParams([
    ['grant_type', 'refresh_token'],
    ['refresh_token', identityToken],
    ['client_id', 'ferry'],
    ...fields(request).filter(([name]) => name !== 'scope'),
    ['scope', scopesOf(request).join(' ')],
  ]).toString();
  const response = await request.network
    .send({
      method: 'POST',
      url: realm,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body,
      signal: request.signal,
    })
    .catch((error: unknown) => {
      if (request.signal.aborted || error instanceof Failure) throw error;
      return fail(realm, 'the server that gives out tokens does not answer', undefined);
    });
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(Buffer.from(chunk));
    length += chunk.length;
    if (length > answerMax) fail(realm, 'its answer has no end', response.status);
  }
  if (response.status === 401 || response.status === 400 || response.status === 403)
    throw rejected(realm, response.status);
  if (response.status !== 200) fail(realm, `HTTP status ${response.status}`, response.status);
  return Buffer.concat(chunks);
}

function explained(error: unknown, access: RegistryAccess, realm: URL): unknown {
  const { user } = access;
  const status = error instanceof Failure && 'status' in error.facts ? error.facts.status : undefined;
  if (status !== 401 && status !== 403) return error;
  if (user !== undefined) return rejected(realm, status);
  return refusal(access.base, asksForLogin);
}

function rejected(realm: URL, status: number): Failure {
  const url = displayUrl(realm.href);
  const message = `Cannot get a token from ${url}: HTTP status ${status}, the user name or password is wrong; log in again`;
  return new Failure('DownloadFailed', message, { url, status });
}

function tokenIn(answer: Buffer, realm: URL): string {
  const value = parsed(answer);
  const object = isJsonObject(value) ? value : {};
  // Tokens go into a header.
  const token = [object['token'], object['access_token']].find((each) => typeof each === 'string' && each !== '');
  if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) return token;
  return fail(realm, 'its answer has no token', 200);
}

function parsed(answer: Buffer): JsonValue {
  try {
    return parseJson(answer, { valuesMax: 1000 });
  } catch (error) {
    if (error instanceof JsonError) return null;
    throw error;
  }
}

function fail(realm: URL, reason: string, status: number | undefined): never {
  const url = displayUrl(realm.href);
  throw new Failure('DownloadFailed', `Cannot get a token from ${url}: ${reason}`, { url, status });
}

function refusal(base: string, reason: string): Failure {
  return new Failure('DownloadFailed', `Cannot log in to ${displayUrl(base)}: ${reason}`, {
    url: displayUrl(base),
    status: 401,
  });
}
