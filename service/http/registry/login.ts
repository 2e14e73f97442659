import type { Response } from 'node-fetch';
import { Failure } from '../../../common/failure.js';
import { displayUrl } from '../../../common/url.js';
import { escapeText, firstOf } from '../../../varlink/text.js';
import { complaintIn, saidOf } from '../complaint.js';
import { basic } from '../connection/credentials.js';
import type { Network } from '../connection/network.js';
import { headerOf } from '../range.js';
import type { Login } from '../request.js';
import { asksForLogin, mayNotWrite, type RegistryAccess, type RegistryActions } from './access.js';
import { type Challenge, parseChallenges } from './challenge.js';
import { requestToken } from './token.js';

/** Who we are to one registry, by what it asks for: tokens that run out are renewed. */
export class RegistryLogin implements Login {
  readonly #network: Network;
  readonly #access: RegistryAccess;
  readonly #onNotice: (message: string) => void;
  readonly #actions: RegistryActions;
  #authorization: string | undefined;
  /** Several requests that are refused at once need one token. */
  #renewal: Promise<void> | undefined;
  /** A token that runs out has been taken before. */
  #hasBeenTaken = true;

  constructor(
    network: Network,
    access: RegistryAccess,
    onNotice: (message: string) => void,
    actions: RegistryActions = 'pull',
  ) {
    this.#network = network;
    this.#access = access;
    this.#onNotice = onNotice;
    this.#actions = actions;
    this.#authorization = access.token === undefined ? undefined : `Bearer ${access.token}`;
  }

  /** The token that was given out last, if one was. */
  get token(): string | undefined {
    return /^Bearer (.+)$/.exec(this.#authorization ?? '')?.[1];
  }

  headers(): Record<string, string> {
    return this.#authorization === undefined ? {} : { Authorization: this.#authorization };
  }

  taken(): void {
    this.#hasBeenTaken = true;
  }

  async renew(response: Response, sent: Readonly<Record<string, string>>, signal: AbortSignal): Promise<boolean> {
    // Somebody else has renewed it meanwhile.
    if (sent['Authorization'] !== this.#authorization) return true;
    if (!this.#hasBeenTaken) throw this.#refused(response, this.#rejection());
    this.#renewal ??= this.#renew(response, signal).finally(() => {
      this.#renewal = undefined;
    });
    await this.#renewal;
    return true;
  }

  /** Why a registry may reject what it has just given out, or asked for. */
  #rejection(): string {
    const { user, identityToken } = this.#access;
    const isNobody = user === undefined && identityToken === undefined;
    if (this.#actions === 'pull') return 'it rejects the login that it demands';
    return isNobody ? asksForLogin : mayNotWrite;
  }

  async #renew(response: Response, signal: AbortSignal): Promise<void> {
    const { user, password } = this.#access;
    const challenges = parseChallenges(headerOf(response.headers, 'www-authenticate') ?? '');
    const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.has('realm'));
    if (bearer !== undefined) this.#authorization = `Bearer ${await this.#requestToken(bearer, signal)}`;
    else if (challenges.some(({ scheme }) => scheme === 'basic') && user !== undefined)
      this.#authorization = basic(user, password ?? '')['Authorization'];
    else throw this.#refused(response, reasonOf(challenges));
    this.#hasBeenTaken = false;
  }

  #requestToken(challenge: Challenge, signal: AbortSignal): Promise<string> {
    const parts = { network: this.#network, access: this.#access, challenge, actions: this.#actions, signal };
    return requestToken({ ...parts, onNotice: this.#onNotice });
  }

  #refused(response: Response, reason: string): Failure {
    const url = displayUrl(`${this.#access.base}${this.#access.repository}`);
    const said = saidOf(complaintIn(response));
    const message = `Cannot log in to ${url}: HTTP status ${response.status}, ${reason}${said}`;
    return new Failure('DownloadFailed', message, { url, status: response.status });
  }
}

function reasonOf(challenges: readonly Challenge[]): string {
  const schemes = challenges.map(({ scheme }) => escapeText(firstOf(scheme, 20)));
  if (schemes.length === 0) return 'the registry does not say what it asks for';
  if (schemes.includes('basic')) return asksForLogin;
  return `the registry asks for what Ferry does not have (${schemes.slice(0, 5).join(', ')})`;
}
