import { after, type TestContext } from 'node:test';
import { Network, type NetworkOptions } from '../../../../../service/http/connection/network.js';
import { fetchSmall } from '../../../../../service/http/small.js';
import { needs } from '../../../../support/needs.js';
import { TestAuthority } from '../../../../support/servers/certificates.js';

let authority: TestAuthority | null = null;

export function trusted(t: TestContext): TestAuthority | null {
  if (!needs(t, { programs: ['openssl'], features: ['localhost'] })) return null;
  authority ??= new TestAuthority();
  return authority;
}

after(() => authority?.[Symbol.dispose]());

export async function get(url: string, options: Partial<NetworkOptions> = {}, notices: string[] = []): Promise<string> {
  using network = new Network({ environment: {}, userAgent: 'ferry/test', ...options });
  const request = {
    network,
    signal: new AbortController().signal,
    onNotice: (text: string) => void notices.push(text),
  };
  return String(await fetchSmall(url, 1000, request));
}
