import { lastComponent } from '../../../common/url.js';
import { gatherProof, type Proof } from '../../verify/proof.js';
import { log } from '../ipc/channel.js';
import type { CachedOriginal, PullFetchOrder } from '../ipc/messages.js';
import type { Origin } from './origin.js';

/** A pristine image that the server can be asked about. */
export type UsableOriginal = CachedOriginal & { etag: string };

/** Pristine images that the server is asked about: their record can answer for them under the verification asked for. */
export function usableOriginals({ cached, verification, partial }: PullFetchOrder): UsableOriginal[] {
  const usable = cached.filter((original): original is UsableOriginal => {
    return original.etag !== null && (verification === 'no' || original.record !== null);
  });
  // What was interrupted is newer than what is here, unless it is the same.
  return partial === null || usable.some(({ etag }) => etag === partial.validator) ? usable : [];
}

/** What the image must be. `priority`: of what is told about the search. Rejects as gatherProof. */
export function proofFor(order: PullFetchOrder, origin: Origin, priority: number): Promise<Proof> {
  const { url, verification, keyrings } = order;
  return gatherProof({
    url,
    verification,
    keyrings: keyrings.map(({ path, base64 }) => ({ path, bytes: Buffer.from(base64, 'base64') })),
    fetchSmall: (sibling, limit) => origin.fetchSmall(sibling, limit),
    now: new Date(),
    onNotice: (message) => log(priority, message),
  });
}

/** Whether freshly fetched sums agree with what was recorded of a pristine image. */
export async function vouchesFor(proof: Proof, url: string, { record }: CachedOriginal): Promise<boolean> {
  if (proof.verification === 'no') return true;
  if (record === null) return false;
  const { sha256, sha512 } = record;
  const digests = sha512 === null ? { sha256 } : { sha256, sha512 };
  return (await proof.check(lastComponent(url) ?? '', digests)).isOk();
}
