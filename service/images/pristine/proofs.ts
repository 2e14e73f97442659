import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { Failure } from '../../../common/failure.js';
import { lastComponent, siblingUrl, withoutUserinfo } from '../../../common/url.js';
import { hasCode } from '../../../linux/errno.js';
import { ArchiveReader } from '../../formats/tar/archive.js';
import type { ByteString } from '../../formats/tar/byte-string.js';
import { Type, tarBlockSize } from '../../formats/tar/header.js';
import { writeHeader } from '../../formats/tar/pack/encode.js';
import { ArchiveOutput } from '../../formats/tar/unpack/output.js';
import { failOn } from '../install/file-system-failure.js';

/*
 * The proofs of a pristine download: the checksum and signature files that showed what it must be, kept beside it under its name with
 * the suffix `.proofs` (layout/pristine-names.ts), so that it can be verified again without the server, and mirrored. They are a tar archive:
 * first `proofs.json`, which says what each of the others is, then these as the server had them, under the names that they have there.
 */

/** Most bytes of the whole archive. */
export const proofsMax = 1024 * 1024;

const manifestName = 'proofs.json';

/** One checksum or signature file that counted. */
export interface KeptProof {
  /** The name under which the server had it beside the image, or its URL if it lay elsewhere. */
  readonly name: string;
  /** `checksums`: a checksum file, perhaps signed in itself. `signature`: over the file `of`. */
  readonly role: 'checksums' | 'signature';
  /** Of a checksum file: the name of the image or sidecar that it lists. Of a signature: the name of what it signs, which may be the image. */
  readonly of: string;
  readonly bytes: Buffer;
}

/** What proved a download. Whether it still does is to be judged anew, with the keys of today. */
export interface KeptProofs {
  /** The name or URL of the only checksum file that counted, if the pull named one (`--checksum-file=`). */
  readonly checksumFile: string | undefined;
  readonly files: readonly KeptProof[];
}

/**
 * Makes the archive; undefined if it would have more than `proofsMax` bytes.
 *
 * @param time of its members
 */
export function encodeProofs({ checksumFile, files }: KeptProofs, time: Date): Buffer | undefined {
  if (files.reduce((sum, { bytes }) => sum + bytes.length, 0) > proofsMax) return undefined;
  const taken = new Set([manifestName]);
  const members = files.map((file, index) => ({ ...file, path: memberName(file.name, index, taken) }));
  const manifest = Buffer.from(`${JSON.stringify(describe(checksumFile, members), null, 2)}\n`);
  const pieces: Buffer[] = [];
  const sink = {
    write: (buffer: Buffer, offset: number, length: number) =>
      void pieces.push(Buffer.from(buffer.subarray(offset, offset + length))),
  };
  const output = new ArchiveOutput(sink, () => {});
  writeMember(output, manifestName, manifest, time);
  for (const { path, bytes } of members) writeMember(output, path, bytes, time);
  output.zeros(2 * tarBlockSize);
  output.flush();
  const archive = Buffer.concat(pieces);
  return archive.length > proofsMax ? undefined : archive;
}

type Described = Omit<KeptProof, 'bytes'> & { readonly path: string };

/** What stands in the manifest: no user name and password of a URL. */
function describe(checksumFile: string | undefined, members: readonly Described[]): object {
  const files = members.map(({ path, name, role, of }) => ({
    path,
    name: withoutUserinfo(name),
    role,
    of: withoutUserinfo(of),
  }));
  return { version: 1, checksumFile: checksumFile && withoutUserinfo(checksumFile), files };
}

/** The file's own name, unless another member has it: in front of that goes a number. */
function memberName(name: string, index: number, taken: Set<string>): string {
  const own = lastComponent(name) ?? name.replace(/[?#].*$/s, '').replace(/^.*\//s, '');
  const usable = own === '' || own === '.' || own === '..' || own.includes('/') ? 'file' : own;
  const path = taken.has(usable) ? `${index + 1}-${usable}` : usable;
  taken.add(path);
  return path;
}

function writeMember(output: ArchiveOutput, path: string, bytes: Buffer, time: Date): void {
  const modified = { seconds: Math.floor(time.getTime() / 1000), nanoseconds: 0 };
  const plain = { type: Type.file, target: '', mode: 0o644, user: 0, group: 0, major: 0, minor: 0, records: [] };
  writeHeader(output, { ...plain, path: bytesOf(path), size: bytes.length, modified });
  output.write(bytes);
  output.pad(bytes.length);
}

function bytesOf(text: string): ByteString {
  return Buffer.from(text).toString('latin1');
}

/**
 * Reads the proofs that are kept in a file; undefined if there is no such file. Nothing of them is believed but that they are well
 * formed: they have to be judged as if a server had sent them.
 *
 * @throws Failure Corrupt when the file is not such an archive, is damaged, or has more than `proofsMax` bytes
 * @throws Failure FileSystemError when it cannot be read
 */
export function readProofs(path: string): KeptProofs | undefined {
  const archive = readBounded(path);
  if (archive === undefined) return undefined;
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
  return new Failure('Corrupt', message, { what: 'the kept checksum and signature files', offset: null });
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
  return new Failure('Corrupt', 'malformed', { what: 'the archive', offset: null });
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
