import { Failure } from '../../common/failure.js';
import { displayUrl } from '../../common/url.js';
import { saidOf } from './complaint.js';

const advice: Record<number, string> = {
  400: 'the server did not understand the request',
  401: 'the server asks for credentials: put them into netrc or give a credential (they are not sent after a redirect to another host)',
  402: 'the server asks for payment',
  403: 'the server does not let us have it: check the URL and the credentials',
  404: 'there is no such file: check the URL',
  407: 'the proxy asks for credentials: put them into the URL of the proxy variable',
  408: 'the server was tired of waiting: try again',
  410: 'the file is gone for good: check the URL',
  429: 'the server has had too many requests from here: try again later',
  451: 'the server may not give it out, for legal reasons',
  500: 'the server failed: try again later',
  502: 'a gateway got no good answer from the server behind it: try again later',
  503: 'the server is overloaded or being worked on: try again later',
  504: 'a gateway got no answer from the server behind it: try again later',
};

/** The failure for an answer that is not the resource. `complaint`: what the server says about it. */
export function refused(url: string, status: number, complaint?: string): Failure {
  const known = advice[status] ?? generalAdvice(status);
  const shown = displayUrl(url);
  const said = saidOf(complaint) || '.';
  return new Failure('DownloadFailed', `Cannot download ${shown}: HTTP status ${status}, ${known}${said}`, {
    url: shown,
    status,
  });
}

/** The failure for a server that is busy for longer than is worth waiting; `wait` in milliseconds. */
export function askedToWait(url: string, status: number, wait: number): Failure {
  const shown = displayUrl(url);
  const seconds = Math.ceil(wait / 1000);
  const message = `Cannot download ${shown}: HTTP status ${status}, the server asks to wait ${seconds} s; try again then`;
  return new Failure('DownloadFailed', message, { url: shown, status });
}

function generalAdvice(status: number): string {
  if (status >= 500) return 'the server failed: try again later';
  if (status >= 400) return 'the server refuses the request';
  return 'which is not an answer to this request';
}

/** Whether the same request may well be answered otherwise in a moment. */
export function isPassing(status: number): boolean {
  return status >= 500 || status === 429 || status === 408;
}
