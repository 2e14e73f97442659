import { judgeFor } from '../../../../../service/processes/fetch/judge-signatures.js';
import type { SignatureDemand } from '../../../../../service/processes/ipc/messages.js';
import type { FakeRegistry } from '../../../../support/registry/fake-registry.js';
import type { SigningKey } from '../../../../support/registry/signatures.js';
import { resolve } from '../../http/registry/resolving.js';

export const advice = 'have it signed';

/** A demand by a trust entry, which wants a signature by one of these keys. */
export function demandOf(keys: readonly (SigningKey | string)[], more: Partial<SignatureDemand> = {}): SignatureDemand {
  return {
    source: 'the entry',
    advice,
    keyrings: keys.map((key, index) => {
      const text = typeof key === 'string' ? key : key.pem;
      return { path: `/keys/${index}`, base64: Buffer.from(text).toString('base64') };
    }),
    fingerprints: [],
    requireSigners: 1,
    identity: { kind: 'matchRepository' },
    mayBeNameless: true,
    ...more,
  };
}

/** What the repository a/b is called in the tests. */
export function nameIn(registry: FakeRegistry): { repository: string; tag: string } {
  return { repository: `${registry.host}/a/b`, tag: 'latest' };
}

/** The fingerprints of who has signed `a/b:latest`. */
export async function signersIn(registry: FakeRegistry, demands: SignatureDemand[]): Promise<readonly string[]> {
  const judge = await judgeFor({ demands, name: nameIn(registry) });
  return (await resolve(registry, { judge })).signers;
}

/** How messages call `a/b:latest`. */
export function subjectIn(registry: FakeRegistry): string {
  return `${registry.host}/a/b:latest`;
}
