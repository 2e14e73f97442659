import { Failure } from '../../../../common/failure.js';
import { tarBlockSize } from '../../tar/header.js';

/** A file of an archive that archive-writer.ts has made, where it lies. */
export interface ArchivePart {
  readonly offset: number;
  readonly bytes: number;
}

/** Headers that are read at most: it has five files, and an extended header before each at worst. */
const headersMax = 32;

/** What to throw of an archive that is not as archive-writer.ts makes it. */
export function damaged(): Failure {
  return new Failure('Corrupt', 'The archive of the image that is pushed is damaged', { what: 'the archive' });
}

/** Reads what archives have of a size: an octal number, or the record of an extended header. */
function sizeIn(header: Buffer, extended: string): number {
  const [, record] = /^\d+ size=(\d+)$/m.exec(extended) ?? [];
  return record === undefined ? Number.parseInt(header.toString('latin1', 124, 136), 8) : Number(record);
}

/**
 * Finds the files of an archive that archive-writer.ts has made, by their paths, and reads no more than their headers.
 *
 * @param read gives bytes of the archive
 * @throws Failure Corrupt when it is not such an archive
 */
export function findParts(read: (position: number, length: number) => Buffer): ReadonlyMap<string, ArchivePart> {
  const parts = new Map<string, ArchivePart>();
  let extended = '';
  let position = 0;
  // Headers are counted, not paths: in what is damaged one may come again and again.
  for (let count = 0; count < headersMax; count++) {
    const header = read(position, tarBlockSize);
    if (header.every((byte) => byte === 0)) return parts;
    const bytes = sizeIn(header, extended);
    if (!Number.isSafeInteger(bytes)) break;
    const offset = position + tarBlockSize;
    const isExtended = header.toString('latin1', 156, 157) === 'x';
    extended = isExtended ? read(offset, bytes).toString('latin1') : '';
    const path = header.toString('latin1', 0, 100).replace(/\0.*$/s, '');
    if (!isExtended) parts.set(path, { offset, bytes });
    position = offset + Math.ceil(bytes / tarBlockSize) * tarBlockSize;
  }
  throw damaged();
}
