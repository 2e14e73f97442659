import type { Response } from 'node-fetch';
import { Failure } from '../../common/failure.js';
import { displayUrl } from '../../common/url.js';
import { hearComplaint } from './complaint.js';
import { authorize, withheld } from './connection/credentials.js';
import type { Network } from './connection/network.js';

const maximum = 20;

export interface Answer {
  readonly response: Response;
  /** The URL that answered. */
  readonly url: URL;
}

export interface Question {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Sent to the origin of the URL only, in place of what `network` knows for it. */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  onNotice(message: string): void;
}

/** No answer came. */
export class Unanswered extends Error {
  /** Which URL was asked. */
  readonly url: URL;
  /** Of the redirect that leads there; undefined for the first URL. */
  readonly status: number | undefined;

  constructor(url: URL, status: number | undefined, cause: unknown) {
    super('no answer', { cause });
    this.url = url;
    this.status = status;
  }
}

/**
 * Asks, following redirects: at most 20, to http and https only, from https only to https, no URL twice. Credentials
 * go to the origin of the first URL only.
 *
 * @throws Failure DownloadFailed for a redirect that breaks this, and as `network.get` does; Unanswered whose cause is any
 * other error of `network.get`
 */
export async function ask(network: Network, question: Question): Promise<Answer> {
  const visited = new Set<string>();
  let url = question.url;
  let status: number | undefined;
  const kept = question.secrets === undefined ? withheld(url, network.credentials) : undefined;
  if (kept !== undefined)
    question.onNotice(`The credential for ${kept.host} is not sent: ${displayUrl(url.href)} is not https.`);
  for (;;) {
    visited.add(withoutLogin(url).href);
    const asked = withoutLogin(url);
    const response = await network.get(asked, headersFor(network, question, url), question.signal).catch((error) => {
      throw error instanceof Failure ? error : new Unanswered(asked, status, error);
    });
    // An abort after the last reader has left emits an error on the body, which would end the process.
    response.body?.on('error', () => {});
    await hearComplaint(response);
    if (!isRedirect(response)) return { response, url: withoutLogin(url) };
    discardBody(response);
    url = target(response, url, visited);
    status = response.status;
    if (visited.size > maximum)
      refuse(question.url, `the server redirects more than ${maximum} times`, response.status);
  }
}

/** The choice of status 300 may be made by the server (RFC 9110 §15.4.1). */
function isRedirect({ status, headers }: Response): boolean {
  return [301, 302, 303, 307, 308].includes(status) || (status === 300 && headers.has('location'));
}

function headersFor(network: Network, question: Question, url: URL): Record<string, string> {
  if (url.origin !== question.url.origin) return { ...question.headers };
  return { ...question.headers, ...(question.secrets ?? authorize(withLoginOf(url, question.url), network)) };
}

// A login that a redirect brings along is not ours to send.
function withLoginOf(url: URL, first: URL): URL {
  const copy = new URL(url);
  copy.username = first.username;
  copy.password = first.password;
  return copy;
}

function withoutLogin(url: URL): URL {
  if (url.username === '' && url.password === '') return url;
  return withLoginOf(url, new URL(url.origin));
}

function target(response: Response, from: URL, visited: ReadonlySet<string>): URL {
  const url = placeIn(response, from);
  if (!(url instanceof URL)) return refuse(from, url.problem, response.status);
  if (!visited.has(withoutLogin(url).href)) return url;
  return refuse(from, `the server redirects in a circle, back to ${shownPlace(url)}`, response.status);
}

/** The query is left out: it may hold a signature that grants access to the place. */
function shownPlace(url: URL): string {
  return displayUrl(url.href).replace(/\?.*/, '?…');
}

/** Where the Location header of an answer leads; or what is wrong with it: places are http or https, and never less safe. */
export function placeIn(response: Response, from: URL): URL | { readonly problem: string } {
  const location = inUtf8(response.headers.get('location') ?? '');
  if (!location) return { problem: 'the server redirects without saying where' };
  if (!URL.canParse(location, from.href)) return { problem: 'the server redirects to something that is not a URL' };
  const url = new URL(location, from);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return { problem: `the server redirects to ${shownPlace(url)}, which is not http or https` };
  if (from.protocol === 'https:' && url.protocol === 'http:')
    return { problem: `the server redirects from https to ${shownPlace(url)}, which is not encrypted` };
  return url;
}

/** Node has a character for each byte. */
function inUtf8(header: string): string {
  const text = Buffer.from(header, 'latin1').toString('utf8');
  return text.includes('\ufffd') ? header : text;
}

function refuse(url: URL, reason: string, status: number): never {
  const shown = displayUrl(url.href);
  throw new Failure('DownloadFailed', `Cannot download ${shown}: ${reason}.`, { url: shown, status });
}

/** Ends the interest in a body: reads a small one to its end, so that the connection can be used again, and cuts others. */
export function discardBody(response: Response): void {
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  if (length <= 64 * 1024) response.body?.resume();
  else cut(response);
}

/** Closes the connection that a body comes over, unless it has ended. */
export function cut(response: Response): void {
  const { body } = response;
  if (body && 'destroy' in body && typeof body.destroy === 'function') body.destroy();
}
