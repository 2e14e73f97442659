import { Failure } from '../../../common/failure.js';
import type { RegistryAccess } from '../../processes/ipc/messages.js';
import type { Found } from './resolve.js';

/** What another registry may not have: that it does not answer, or has something else under a digest. */
const ofRegistry: readonly string[] = ['DownloadFailed', 'VerificationFailed'];

/**
 * Gets a part of what was found from the registry that has named it, or else from the next ones. Its digest says that it is the same.
 *
 * @param get is given how the registry is spoken to: each gets its own login alone
 * @param onNext told why another one is asked
 * @throws whatever `get` throws of the last one that is asked
 */
export async function fromEach<Resolved extends { readonly token?: string | undefined }, Part>(
  { location, others, resolved }: Found<Resolved>,
  get: (access: RegistryAccess) => Promise<Part>,
  onNext: (message: string) => void,
): Promise<Part> {
  const { access } = location;
  const ways = [{ ...access, token: resolved.token ?? access.token }, ...others.map((other) => other.access)];
  for (const [index, way] of ways.entries()) {
    try {
      return await get(way);
    } catch (error) {
      if (!(error instanceof Failure) || !ofRegistry.includes(error.kind) || index === ways.length - 1) throw error;
      onNext(`${error.message.replace(/\.$/, '')}; trying the next place`);
    }
  }
  throw new Error('no location was given');
}
