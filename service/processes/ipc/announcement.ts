import { Failure } from '../../../common/failure.js';
import { etagMax } from '../../../common/validator.js';
import { parseJson } from '../../../varlink/json.js';
import type { ByteSource } from '../../formats/bytes.js';
import { noRoom, roomLack } from '../../formats/disk/room.js';
import { SizeLimit } from '../../formats/size-limit.js';
import type { ImageRoot } from '../../images/layout/root.js';
import { log } from './channel.js';
import { withoutNulls } from './definition.js';
import type { ImageFormat, NewImage } from './messages.js';
import type { Announcement } from './parts.js';

/** More than any announcement has, in bytes. */
const lengthLimit = 64 * 1024;

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isValidator(value: unknown): boolean {
  return value === undefined || (typeof value === 'string' && value.length <= etagMax);
}

/**
 * Reads what the fetch process says of the bytes that follow. It meets strangers.
 *
 * @throws Failure WorkerFailed when it makes no sense, or the process has ended
 */
export function readAnnouncement(source: ByteSource): Announcement {
  const buffer = Buffer.alloc(lengthLimit);
  let length = 0;
  for (let count = -1; count !== 0; length += Math.max(count, 0)) {
    count = source.read(buffer, length, buffer.length - length);
  }
  const { total, validator, offset } = parse(buffer.subarray(0, length));
  if (!isCount(offset) || !(total === undefined || (isCount(total) && total >= offset)) || !isValidator(validator))
    throw new Failure('WorkerFailed', 'The fetch process announced what makes no sense', { process: 'fetch' });
  return { total, validator, offset };
}

function parse(text: Buffer): Record<keyof Announcement, never> {
  try {
    return Object(withoutNulls(parseJson(text)));
  } catch {
    return Object({});
  }
}

/**
 * Checks before the first byte that what is announced is not too large.
 *
 * @throws Failure UnsupportedFormat when it is larger than allowed
 */
export function checkTotal({ total }: Announcement, { format, sizeMax }: NewImage): void {
  new SizeLimit({ sizeMax, kind: format === 'tar' ? 'archive' : 'image' }).checkWhole(total ?? 0);
}

/**
 * Checks before the first byte that there may be room for what is announced. A disk may hold zeros, which take no room, so that
 * there it is a warning.
 *
 * @throws Failure InsufficientSpace when there cannot be room for an archive
 */
export function checkRoom({ total, offset }: Announcement, root: ImageRoot, format: ImageFormat): void {
  if (total === undefined) return;
  const lack = roomLack(total - offset, root.descriptor);
  if (lack === undefined) return;
  if (format === 'tar') throw noRoom('The archive', lack);
  const { needed, available } = lack;
  log(
    'warning',
    `The image needs ${needed} bytes, and there is room for ${available}: it fits only if the rest is zeros`,
  );
}
