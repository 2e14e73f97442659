import { lastComponent, withoutUserinfo } from '../../../common/url.js';
import type { ByteString } from '../../formats/tar/byte-string.js';
import { Type, tarBlockSize } from '../../formats/tar/header.js';
import { writeHeader } from '../../formats/tar/pack/encode.js';
import { ArchiveOutput } from '../../formats/tar/unpack/output.js';

/*
 * The proofs of a pristine download: the checksum and signature files that showed what it must be, kept beside it under its name with
 * the suffix `.proofs` (layout/pristine-names.ts), so that it can be verified again without the server, and mirrored. They are a tar archive:
 * first `proofs.json`, which says what each of the others is, then these as the server had them, under the names that they have there.
 */

/** Most bytes of the whole archive. */
export const proofsMax = 1024 * 1024;

/** The first member, which says what the others are. */
export const manifestName = 'proofs.json';

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
