import { type ImageClass, imageClasses } from '../../../common/image-classes.js';
import {
  type HistoryOperation,
  historyOperationValues,
  type VerifiedBy,
  verifiedByValues,
} from '../../../interfaces/generated/io.ferry.Image/enums.generated.js';

/** Something that was done to images, or that failed. The fields are those of HistoryEvent in io.ferry.Image. */
export interface HistoryEvent {
  /** Microseconds since 1970. */
  time: number;
  operation: HistoryOperation;
  class: ImageClass | undefined;
  name: string | undefined;
  newName: string | undefined;
  path: string | undefined;
  uid: number;
  user: string | undefined;
  error: string | undefined;
  replaced: boolean;
  verification: VerifiedBy | undefined;
  signedBy: string | undefined;
  bytes: number | undefined;
  count: number | undefined;
  url: string | undefined;
  transfer: number | undefined;
}

/** What whoever notes an event says of it; the time and the name of the user are added. */
export type NotedEvent = Pick<HistoryEvent, 'operation' | 'uid'> &
  Partial<Omit<HistoryEvent, 'operation' | 'uid' | 'time' | 'user'>>;

function oneOf<Value>(value: unknown, values: readonly Value[]): Value | undefined {
  return values.find((known) => known === value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** Reads an event as it was written; undefined for anything else. What a newer version has added is left out. */
export function readEvent(text: string): HistoryEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Record<string, unknown>;
  const [time, uid] = [countOf(fields['time']), countOf(fields['uid'])];
  const operation = oneOf(fields['operation'], historyOperationValues);
  if (time === undefined || uid === undefined || operation === undefined) return undefined;
  return {
    time,
    operation,
    class: oneOf(fields['class'], imageClasses),
    name: textOf(fields['name']),
    newName: textOf(fields['newName']),
    path: textOf(fields['path']),
    uid,
    user: textOf(fields['user']),
    error: textOf(fields['error']),
    replaced: fields['replaced'] === true,
    verification: oneOf(fields['verification'], verifiedByValues),
    signedBy: textOf(fields['signedBy']),
    bytes: countOf(fields['bytes']),
    count: countOf(fields['count']),
    url: textOf(fields['url']),
    transfer: countOf(fields['transfer']),
  };
}
