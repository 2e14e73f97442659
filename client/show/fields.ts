import { formatBytes } from '../../common/sizes.js';
import { formatTimestamp, type ZoneNamer } from '../../common/timestamp.js';
import { escapeText } from '../../varlink/text.js';
import type { DiskPartition, ImageDetails, ImageSize, Integer } from '../connect/contract.js';
import type { ShownField } from '../terminal/fields.js';
import { originFields } from './origin.js';

/** A field that is told only if it is known. */
type Known<Value> = Value | null | undefined;

function timeText(microseconds: Known<Integer>, zoneName: ZoneNamer): string | undefined {
  return microseconds ? formatTimestamp(microseconds, zoneName) : undefined;
}

function unknownText(reason: Known<string>): string {
  return reason ? `not known: ${reason}` : 'not known';
}

function bytesText(bytes: Integer): string {
  return `${formatBytes(bytes)} (${bytes} bytes)`;
}

function countedText({ state, countedAt, files }: ImageSize, zoneName: ZoneNamer): string | undefined {
  // The size of a disk is looked up, not counted.
  if (files === undefined || files === null) return undefined;
  const time = formatTimestamp(countedAt, zoneName);
  if (state === 'earlier') return `${time}; it may have changed, --recount counts again`;
  return state === 'unchanged' ? `${time}, unchanged since` : time;
}

function sizeFields({ size, sizeProblem }: ImageDetails, zoneName: ZoneNamer): ShownField[] {
  if (!size) return [{ name: 'Size', text: unknownText(sizeProblem) }];
  const { bytes, bytesOnDisk, files, unreadable } = size;
  return [
    { name: 'Size', text: bytesText(bytes) },
    { name: 'On Disk', text: bytesText(bytesOnDisk) },
    { name: 'Entries', text: files ? String(files) : undefined },
    { name: 'Not Counted', text: Number(unreadable) > 0 ? `${unreadable} unreadable directories` : undefined },
    { name: 'Counted', text: countedText(size, zoneName) },
  ];
}

/** The value of a field of os-release(5). */
function releaseField(release: readonly string[], name: string): string | undefined {
  const field = release.find((each) => each.startsWith(`${name}=`));
  return field?.slice(name.length + 1) || undefined;
}

/** What the image says it is: a name for people, or the identifiers that extensions have. */
function systemText({ release, releaseFile, releaseProblem }: ImageDetails): string {
  if (!releaseFile && release.length === 0) return unknownText(releaseProblem);
  const pretty = releaseField(release, 'PRETTY_NAME');
  const identifiers = ['ID', 'VERSION_ID', 'SYSEXT_LEVEL', 'CONFEXT_LEVEL', 'ARCHITECTURE'];
  const parts = identifiers.flatMap((name) => releaseField(release, name) ?? []);
  return pretty ?? (parts.length > 0 ? parts.join(' ') : `${releaseFile ?? 'its release file'} does not say`);
}

function partitionText({ designator, fileSystem, label, architecture, verity }: DiskPartition): string {
  const protection = verity && verity !== 'no' ? `verity ${verity}` : undefined;
  const traits = [fileSystem, architecture, label ? `'${label}'` : undefined, protection].filter((trait) => trait);
  return [designator, ...traits].join(' ');
}

/** What systemd-dissect(1) tells of a disk. */
function inspectionFields({ inspection }: ImageDetails): ShownField[] {
  if (!inspection) return [];
  const { architecture, hostname, machineId, uses, partitions } = inspection;
  return [
    { name: 'Architecture', text: architecture ?? undefined },
    { name: 'Hostname', text: hostname ?? undefined },
    { name: 'Machine ID', text: machineId ?? undefined },
    { name: 'Use As', text: uses.join(', ') || undefined },
    ...partitions.map((partition) => ({ name: 'Partition', text: partitionText(partition) })),
  ];
}

/** Said only where it is not as the host has it. */
function ownersText({ owners }: ImageDetails): string | undefined {
  return owners === 'foreign' ? 'foreign UID range' : undefined;
}

function stateText({ state, stateOf }: ImageDetails): string {
  if (!stateOf) return state;
  return state === 'attached' ? `attached as ${stateOf}` : `${state} as ${stateOf}`;
}

function parentText({ parentUuid, parentPath }: ImageDetails): string | undefined {
  return parentPath ?? (parentUuid ? `${parentUuid}, which is not among the images` : undefined);
}

function limitFields({ image }: ImageDetails): ShownField[] {
  // Of disks the limit is their size.
  if (image.type !== 'subvolume') return [];
  return [
    { name: 'Exclusive', text: image.usageExclusive ? bytesText(image.usageExclusive) : undefined },
    { name: 'Limit', text: image.limit ? bytesText(image.limit) : undefined },
  ];
}

/** What is known of an image, for people. Text that strangers wrote is escaped where it is laid out. */
export function detailFields(details: ImageDetails, zoneName: ZoneNamer): ShownField[] {
  const { image, sidecars, startCommands, uuid } = details;
  return [
    { name: 'Name', text: image.name, style: 'notice' },
    { name: 'Class', text: image.class },
    { name: 'Type', text: image.type },
    { name: 'Path', text: image.path },
    { name: 'Read-only', text: image.readOnly ? 'yes' : 'no' },
    { name: 'State', text: stateText(details) },
    { name: 'System', text: systemText(details) },
    ...inspectionFields(details),
    { name: 'Owners', text: ownersText(details) },
    { name: 'Created', text: timeText(image.creationTimestamp, zoneName) },
    { name: 'Changed', text: timeText(image.modificationTimestamp, zoneName) },
    ...sizeFields(details, zoneName),
    ...limitFields(details),
    ...originFields(details, zoneName),
    { name: 'UUID', text: uuid ?? undefined },
    { name: 'Snapshot Of', text: parentText(details) },
    ...sidecars.map((path) => ({ name: 'Sidecar', text: path })),
    ...startCommands.map((command, index) => ({ name: index === 0 ? 'Start With' : 'or', text: escapeText(command) })),
  ];
}
