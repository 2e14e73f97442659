import { formatBytes } from '../../common/sizes.js';
import { formatTimestamp, type ZoneNamer } from '../../common/timestamp.js';
import type { ImageDetails, Integer, Provenance } from '../connect/contract.js';
import type { ShownField } from '../terminal/fields.js';

/** What is to be said of the record itself. */
const aboutRecord: Readonly<Record<string, string>> = {
  copied: 'recorded for another image, of which this is a copy',
  forged: 'not known: the record was changed or written by something other than Ferry',
  unreadable: 'not known: the record cannot be read, or a newer Ferry wrote it',
  unchecked: 'not known: the key of the record is gone',
  none: 'not recorded',
};

const verbs: Readonly<Record<string, string>> = { pull: 'pulled', import: 'imported', clone: 'cloned' };

function verifiedText(
  { url, verification, signedBy, verifiedAt }: Provenance,
  zoneName: ZoneNamer,
): string | undefined {
  if (!verification) return undefined;
  if (verification === 'no') return 'no';
  const time = verifiedAt ? ` on ${formatTimestamp(verifiedAt, zoneName)}` : '';
  if (verification === 'digest') return `by digest${time}`;
  if (verification === 'checksum' && /^(?:docker|oci):/.test(url ?? '')) return `by the digests in its manifest${time}`;
  const signature = signedBy ? `by signature of key ${signedBy}` : 'by signature';
  return `${verification === 'signature' ? signature : 'by checksum'}${time}`;
}

function placedText({ operation, placedAt, version }: Provenance, zoneName: ZoneNamer): string {
  const by = version === '' ? '' : ` by Ferry ${version}`;
  return `${verbs[operation] ?? operation} on ${formatTimestamp(placedAt, zoneName)}${by}`;
}

function timeText(microseconds: Integer | null | undefined, zoneName: ZoneNamer): string | undefined {
  return microseconds ? formatTimestamp(microseconds, zoneName) : undefined;
}

function recordFields(provenance: Provenance, zoneName: ZoneNamer): ShownField[] {
  const { url, etag, lastModified, sha256, sha512, bytes, pristine, clonedFrom } = provenance;
  return [
    { name: 'Source', text: url ?? undefined },
    { name: 'ETag', text: etag ?? undefined },
    { name: 'Published', text: timeText(lastModified, zoneName) },
    { name: 'Download', text: bytes ? `${formatBytes(bytes)} (${bytes} bytes)` : undefined },
    { name: 'SHA-256', text: sha256 ?? undefined },
    { name: 'SHA-512', text: sha512 ?? undefined },
    { name: 'Verified', text: verifiedText(provenance, zoneName) },
    { name: 'Placed', text: placedText(provenance, zoneName) },
    { name: 'Clone Of', text: clonedFrom ?? undefined },
    { name: 'Pristine', text: pristine ?? undefined },
  ];
}

/** Where an image came from, and whether it is still as it came. */
export function originFields(
  { provenance, provenanceState, changed }: ImageDetails,
  zoneName: ZoneNamer,
): ShownField[] {
  const about = { name: 'Origin', text: aboutRecord[provenanceState] };
  if (!provenance) return [about];
  const since = provenanceState === 'known' ? { no: 'no', yes: 'yes', unknown: 'not known' }[changed] : undefined;
  return [about, ...recordFields(provenance, zoneName), { name: 'Changed Since', text: since }];
}
