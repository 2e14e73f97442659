import { type Answer, discardBody } from './redirect.js';
import type { ResourceRequest } from './request.js';

/**
 * Whether a request has to be repeated, because the server wanted another login than the one that was sent. What another server wants
 * is not known.
 *
 * @throws Failure DownloadFailed when there is no login that the server would take
 */
export async function isRenewed(
  { login, signal }: ResourceRequest,
  asked: URL,
  { response, url }: Answer,
  sent: Readonly<Record<string, string>>,
): Promise<boolean> {
  if (login === undefined) return false;
  if (response.status !== 401 || url.origin !== asked.origin) {
    login.taken?.();
    return false;
  }
  discardBody(response);
  return await login.renew(response, sent, signal);
}
