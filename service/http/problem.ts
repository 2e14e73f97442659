import { Failure } from '../../common/failure.js';
import { displayUrl } from '../../common/url.js';
import { escapeText } from '../../varlink/text.js';
import { contradictory } from './connection/response-head.js';

/** A connection that broke before the resource was complete: worth another try. */
export class Broken extends Error {}

interface Problem {
  readonly code: string;
  readonly message: string;
}

/** Node says either of two codes of it. */
const noTls = (host: string): string => `the TLS handshake with ${host} failed: does that port speak https?`;

const reasons: Record<string, (host: string) => string> = {
  ECONNREFUSED: (host) => `${host} refuses connections: is the server running, and is the port right?`,
  ENOTFOUND: (host) => `the host name ${host} does not exist: check the URL and the name servers.`,
  EAI_AGAIN: (host) => `the name servers did not answer for ${host}: check the network, then try again.`,
  EHOSTUNREACH: (host) => `there is no route to ${host}: check the network.`,
  ENETUNREACH: (host) => `there is no network that leads to ${host}: check the network.`,
  ETIMEDOUT: (host) => `${host} does not answer: check the network, the host name and the port.`,
  ECONNRESET: (host) => `${host} closed the connection before it answered: try again later.`,
  EPIPE: (host) => `${host} closed the connection before it answered: try again later.`,
  CERT_HAS_EXPIRED: (host) => `the certificate of ${host} has expired (or the clock of this host is wrong).`,
  CERT_NOT_YET_VALID: (host) => `the certificate of ${host} is not valid yet: is the clock of this host right?`,
  HPE_HEADER_OVERFLOW: (host) => `${host} sent more than 16 KiB of response headers.`,
  EPROTO: noTls,
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
};

const untrusted = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_UNTRUSTED',
]);

/** Which URL was asked last, and through which proxy, if through any. */
export interface Asked {
  readonly url: URL;
  readonly via: URL | undefined;
  /** Of the redirect that led there, if one did. */
  readonly status: number | undefined;
}

/** The failure to report when no answer came at all. `asked` is another URL than `url` after a redirect. */
export function unreachable(error: unknown, url: URL, asked: Asked): Failure {
  const shown = displayUrl(url.href);
  const reason = unansweredReason(error, asked);
  const redirected = asked.url.host === url.host ? '' : `, which redirects to ${asked.url.host}`;
  return new Failure('DownloadFailed', `Cannot download ${shown}${redirected}: ${reason}`, {
    url: shown,
    status: asked.status,
  });
}

/** Why no answer came. */
export function unansweredReason(error: unknown, { url, via }: Omit<Asked, 'status'>): string {
  const { code, message } = problemOf(error);
  if (via !== undefined && code === 'ENOTFOUND') return proxyNotFound(via, url);
  return reasonFor(code, message, via && !isCertificateProblem(code) ? `the proxy ${via.host}` : url.host);
}

function proxyNotFound(via: URL, { protocol }: URL): string {
  return `the host name of the proxy ${via.host} does not exist: check $${protocol.slice(0, -1)}_proxy or $all_proxy.`;
}

function reasonFor(code: string, message: string, host: string): string {
  const known = reasons[code];
  if (known) return known(host);
  if (untrusted.has(code)) {
    return `the certificate of ${host} is not signed by an authority that this host trusts (${code}): add it to the system's certificates or name a file in SSL_CERT_FILE.`;
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `the certificate belongs to another host than ${host}: ${message}`;
  if (code === contradictory) return `${host} ${message}`;
  if (code.startsWith('HPE_')) return `${host} did not answer in HTTP (${code}): is the port right?`;
  if (code.startsWith('ERR_SSL')) return `the TLS handshake with ${host} failed (${code}): does that port speak https?`;
  return `${host}: ${message}${code ? ` (${code})` : ''}.`;
}

function isCertificateProblem(code: string): boolean {
  return untrusted.has(code) || code.startsWith('CERT_') || code === 'ERR_TLS_CERT_ALTNAME_INVALID';
}

/** Whether an existing connection was lost, which happens to kept-alive ones in their sleep, unlike a refusal. */
export function isLostConnection(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(problemOf(error).code);
}

/** Why a body ended early, in a few words. */
export function breakReason(error: unknown): string {
  const { code, message } = problemOf(error);
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE') return 'the connection was closed';
  if (code.startsWith('HPE_')) return `the server broke the rules of HTTP (${code})`;
  return code || message;
}

// node-fetch and node wrap the error that says what happened; the innermost code is the one that counts.
function problemOf(error: unknown): Problem {
  if (!(error instanceof Error)) return { code: '', message: escapeText(String(error)) };
  const inner = 'errors' in error && Array.isArray(error.errors) ? error.errors[0] : error.cause;
  if (inner instanceof Error) return problemOf(inner);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return { code, message: escapeText(error.message.replace(/^request to \S+ failed, reason: /, '')) };
}
