import { decodeNumber, padding, Type, tarBlockSize } from '../tar/header.js';
import type { ContentKind } from './kinds.js';

/** What says something of the next member only, and is not one. */
const extensions: readonly number[] = [
  Type.pax,
  Type.solarisPax,
  Type.paxGlobal,
  Type.gnuLongName,
  Type.gnuLongTarget,
  Type.gnuVolume,
];

/** The names of the members of a tar archive whose headers are among its first bytes, but for that of the root. */
function memberNames(head: Buffer): string[] {
  const names: string[] = [];
  for (let at = 0; at + tarBlockSize <= head.length && head[at] !== 0; ) {
    const size = decodeNumber(head, at + 124, 12);
    if (!(size >= 0)) break;
    if (!extensions.includes(head[at + 156] ?? 0)) {
      const [name = ''] = head.toString('latin1', at, at + 100).split('\0');
      if (!/^\.\/?$/.test(name)) names.push(name.replace(/^\.\//, ''));
    }
    at += tarBlockSize + size + padding(size);
  }
  return names;
}

/** Whether a tar archive may be an appliance by its first header: its descriptor, manifest and certificate come before the disks. */
export function mayBeAppliance(header: Buffer): boolean {
  const [name] = memberNames(header);
  return name === undefined || /^[^/]+\.(ovf|mf|cert)$/i.test(name);
}

function isAppliance(names: readonly string[]): boolean {
  const first = names.findIndex((name) => !/^[^/]+\.(mf|cert)$/i.test(name));
  return /^[^/]+\.ovf$/i.test(names[first] ?? '');
}

/** What a tar archive is used for, by its members: an appliance, or a container image; undefined for anything else. */
export function lookLikeMembers(head: Buffer): ContentKind | undefined {
  const names = memberNames(head);
  if (isAppliance(names)) return 'ova';
  if (names.includes('oci-layout') || names[0] === 'blobs/sha256/' || names[1] === 'blobs/sha256/') return 'ociArchive';
  const isDocker = names.includes('manifest.json') && names.some((name) => /^[0-9a-f]{64}(\.json|\.tar|\/)/.test(name));
  return isDocker || /^[0-9a-f]{64}(\.json|\/)$/.test(names[0] ?? '') ? 'dockerArchive' : undefined;
}
