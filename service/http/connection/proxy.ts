import type { Environment } from '../../../common/environment.js';
import { Failure } from '../../../common/failure.js';
import { displayUrl } from '../../../common/url.js';

/**
 * The proxy for a URL, by the variables and in the order of curl(1): `http_proxy` in lower case only (upper case could
 * come from a CGI header), the others in either; undefined if none applies.
 */
export function proxyFor(url: URL, environment: Environment): URL | undefined {
  const own =
    url.protocol === 'http:' ? environment['http_proxy'] : environment['https_proxy'] || environment['HTTPS_PROXY'];
  const value = own || environment['all_proxy'] || environment['ALL_PROXY'];
  if (!value || isExempt(url, environment['no_proxy'] || environment['NO_PROXY'] || '')) return undefined;
  return parseProxy(value);
}

function parseProxy(value: string): URL {
  const text = value.includes('://') ? value : `http://${value}`;
  if (URL.canParse(text)) {
    const proxy = new URL(text);
    if (proxy.protocol === 'http:' || proxy.protocol === 'https:') return proxy;
  }
  const shown = displayUrl(text);
  throw new Failure('DownloadFailed', `The proxy '${shown}' from the environment is not an http:// or https:// URL.`, {
    url: shown,
  });
}

// Matches as curl does: "example.com" and ".example.com" both cover the host and everything beneath it.
function isExempt(url: URL, exemptions: string): boolean {
  const host = url.hostname.toLowerCase().replace(/\.$/, '');
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return exemptions
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => matches(entry, host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === '') return false;
  if (entry === '*') return true;
  const [, name = '', wanted] = /^(\[[^\]]*\]|[^:]*|[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:]*)(?::(\d+))?$/.exec(entry) ?? [];
  if (name === '' || (wanted !== undefined && wanted !== port)) return false;
  const domain = name.replace(/^\*?\./, '').replace(/\.$/, '');
  const bare = host.replace(/^\[|\]$/g, '');
  return bare === domain.replace(/^\[|\]$/g, '') || host.endsWith(`.${domain}`);
}
