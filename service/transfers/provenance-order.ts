import { findProvenanceKey, provenanceKey } from '../images/provenance/key.js';
import type { ProvenanceOrder } from '../processes/ipc/messages.js';
import type { Host } from './host.js';

/**
 * What a process needs to record with an image where it came from; undefined where that cannot be recorded, which `warn` is told.
 *
 * @param uid user id of the one who has the image made
 */
export function provenanceOrder(
  { stateDirectory }: Pick<Host, 'stateDirectory'>,
  uid: number,
  warn: (message: string) => void,
): ProvenanceOrder | undefined {
  try {
    if (stateDirectory === undefined) throw new Error('HOME is not set');
    return { base64: provenanceKey(stateDirectory).toString('base64'), uid };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    warn(`Cannot record where the image came from, as there is no key: ${reason}`);
    return undefined;
  }
}

/** The key of the records, in base64: one that cannot be read leaves them unchecked. */
export function knownProvenanceKey({ stateDirectory, log }: Pick<Host, 'stateDirectory' | 'log'>): string | undefined {
  try {
    return stateDirectory === undefined ? undefined : findProvenanceKey(stateDirectory)?.toString('base64');
  } catch (error) {
    log.warning(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}
