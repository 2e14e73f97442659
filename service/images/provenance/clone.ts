import type {
  ProvenanceOrder,
  ProvenanceState,
} from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import { escapeText } from '../../../varlink/text.js';
import type { Warn } from '../layout/host.js';
import { type NewProvenance, readProvenance } from './provenance.js';

/** Why it is not known where an image came from, although it has a record. */
const reasons: Partial<Record<ProvenanceState, string>> = {
  copied: 'its record was written for another image, of which it is a copy',
  forged: 'its record is forged',
  unreadable: 'its record cannot be read',
  unchecked: 'the key that its record was written with is gone',
};

/**
 * What is recorded with a clone: where the open source came from, if that is known for certain. It is read when the copy is made: what
 * changes meanwhile counts as changed.
 *
 * @param name that of the source
 * @throws SystemError, Error of node
 */
export function detailsOfClone(
  source: number,
  name: string,
  order: ProvenanceOrder,
  warn: Warn,
): {
  details: NewProvenance;
  key: Buffer;
} {
  const key = Buffer.from(order.base64, 'base64');
  const { state, changed, provenance } = readProvenance(source, key);
  const clone = { operation: 'clone', clonedFrom: name } as const;
  if (state === 'known' && provenance !== undefined)
    return { details: { ...provenance, ...clone, changedBefore: changed }, key };
  const reason = reasons[state];
  if (reason !== undefined)
    warn(`Cannot tell where ${escapeText(name)} came from: ${reason}; the clone's record leaves it out`);
  return { details: { ...clone, uid: order.uid }, key };
}
