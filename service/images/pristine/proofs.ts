import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { Failure } from '../../../common/failure.js';
import { siblingUrl, withoutUserinfo } from '../../../common/url.js';
import { hasCode } from '../../../linux/errno.js';
import { ArchiveReader } from '../../formats/tar/archive.js';
import { failOn } from '../install/file-system-failure.js';
import { type KeptProof, type KeptProofs, manifestName, proofsMax } from './encode-proofs.js';

export type { KeptProof, KeptProofs } from './encode-proofs.js';

/**
 * Reads the proofs that are kept in a file; undefined if there is no such file. Nothing of them is believed but that they are well
 * formed: they have to be judged as if a server had sent them.
 *
 * @throws Failure Corrupt when the file is not such an archive, is damaged, or has more than `proofsMax` bytes
 * @throws Failure FileSystemError when it cannot be read
 */
export function readProofs(path: string): KeptProofs | undefined {
  const archive = readBounded(path);
  return archive && decodeProofs(archive, path);
}

/**
 * The same for an archive that was read already.
 *
 * @param path where it is, for people
 * @throws Failure Corrupt when it is not such an archive, is damaged, or has more than `proofsMax` bytes
 */
export function decodeProofs(archive: Buffer, path: string): KeptProofs {
  try {
    return decode(archive);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw corrupt(path, 'they are damaged');
  }
}

function readBounded(path: string): Buffer | undefined {
  return failOn(path, () => {
    const descriptor = openIfPresent(path);
    if (descriptor === undefined) return undefined;
    try {
      const status = fstatSync(descriptor);
      if (!status.isFile()) throw corrupt(path, 'this is not a regular file');
      const bytes = Buffer.alloc(proofsMax + 1);
      let length = 0;
      for (let count = -1; count !== 0 && length < bytes.length; length += count)
        count = readSync(descriptor, bytes, length, bytes.length - length, length);
      if (length > proofsMax) throw corrupt(path, `they have more than ${proofsMax} bytes`);
      return bytes.subarray(0, length);
    } finally {
      closeSync(descriptor);
    }
  });
}

function openIfPresent(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    if (hasCode(error, 'ELOOP', 'ENXIO')) throw corrupt(path, 'this is not a regular file');
    throw error;
  }
}

function corrupt(path: string, reason: string): Failure {
  const message = `Cannot read the kept checksum and signature files in ${path}: ${reason}; pull the image again`;
  return new Failure('Corrupt', message, { what: 'the kept checksum and signature files' });
}

/** @throws Failure Corrupt, UnsupportedFormat */
function decode(archive: Buffer): KeptProofs {
  const members = readMembers(archive);
  const { checksumFile, files } = readManifest(members.get(manifestName));
  return {
    checksumFile,
    files: files.map(({ path, name, role, of }) => {
      const bytes = members.get(path);
      if (bytes === undefined || path === manifestName) throw malformed();
      return { name, role, of, bytes };
    }),
  };
}

function readMembers(archive: Buffer): Map<string, Buffer> {
  let at = 0;
  const read = (buffer: Buffer, offset: number, length: number) => {
    const count = archive.copy(buffer, offset, at, Math.min(at + length, archive.length));
    at += count;
    return count;
  };
  const reader = new ArchiveReader({ read });
  const members = new Map<string, Buffer>();
  for (let entry = reader.next(); entry !== undefined; entry = reader.next()) {
    const path = Buffer.from(entry.path, 'latin1').toString();
    if (entry.type !== 'file' || entry.sparse !== undefined || members.has(path)) throw malformed();
    members.set(path, Buffer.from(reader.input.take(entry.stored), 'latin1'));
  }
  if (!reader.endMarker) throw malformed();
  return members;
}

type Described = Omit<KeptProof, 'bytes'> & { readonly path: string };

function readManifest(bytes: Buffer | undefined): { checksumFile: string | undefined; files: readonly Described[] } {
  const value = parse(bytes?.toString() ?? '');
  if (typeof value !== 'object' || value === null) throw malformed();
  const { checksumFile, files, version } = value as Record<string, unknown>;
  const isNamed = checksumFile === undefined || typeof checksumFile === 'string';
  if (version !== 1 || !isNamed || !Array.isArray(files) || !files.every(isDescribed)) throw malformed();
  return { checksumFile, files };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed();
  }
}

function isDescribed(value: unknown): value is Described {
  if (typeof value !== 'object' || value === null) return false;
  const { path, name, role, of } = value as Record<string, unknown>;
  return [path, name, of].every((text) => typeof text === 'string') && (role === 'checksums' || role === 'signature');
}

function malformed(): Failure {
  return new Failure('Corrupt', 'malformed', { what: 'the archive' });
}

/**
 * Gives the kept files in place of the server, as gatherProof() asks for them (`fetchSmall` of its request): what is not kept is not
 * there. The request takes `checksumFile` from the proofs, too.
 *
 * @param url of the download, as its record has it
 */
export function serveProofs({ files }: KeptProofs, url: string): (asked: string) => Promise<Buffer | undefined> {
  const isUrl = (name: string) => /^[a-z]+:\//.test(name);
  const place = (name: string) => withoutUserinfo(isUrl(name) ? name : siblingUrl(url, name));
  const byUrl = new Map(files.map(({ name, bytes }) => [place(name), bytes]));
  return async (asked) => byUrl.get(withoutUserinfo(asked));
}
