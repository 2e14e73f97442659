import { mayNotWrite } from './access.js';

const reasons: Readonly<Record<number, string>> = {
  404: 'the registry has no such repository and makes none: check the name',
  405: 'the registry takes nothing: it may be read-only',
  413: 'that is larger than the registry takes',
  415: 'the registry does not take this kind of image',
  429: 'the registry has had too many requests from here: try again later',
  507: 'the registry has no room left',
};

/**
 * Why a registry does not take something, by the status that it answers with.
 *
 * @param wait milliseconds that it asks to wait
 * @param hasLogin whether it was told who asks
 */
export function refusalReason(status: number, wait: number | undefined, hasLogin: boolean): string {
  if (wait !== undefined && status >= 400)
    return `the registry asks to wait ${Math.ceil(wait / 1000)} s: try again then`;
  if (status === 403) return forbidden(hasLogin);
  const known = reasons[status];
  if (known !== undefined) return known;
  if (status >= 500) return 'the registry failed: try again later';
  return status >= 400 ? 'the registry refuses the request' : 'which is not an answer to this request';
}

function forbidden(hasLogin: boolean): string {
  return hasLogin ? mayNotWrite : 'writing there takes a login; see --authfile=';
}
