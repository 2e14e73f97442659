import type { ImageClass } from '../../../common/image-classes.js';
import type { DiskInspection, DiskPartition } from '../../../interfaces/generated/io.ferry.Image.generated.js';
import { cutText, readable } from '../../../varlink/text.js';

/** What systemd-dissect(1) has printed. */
export interface Inspected {
  readonly inspection: DiskInspection;
  /** Fields of the file that says what system the disk holds, NAME=VALUE. */
  readonly release: string[];
}

type Fields = Readonly<Record<string, unknown>>;

/** More of each is not passed on: who made the disk chose it. */
const itemsMax = 100;
const lengthMax = 4096;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text that says something. */
function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? readable(cutText(value, lengthMax)) : null;
}

function listOf<Item>(value: unknown, itemOf: (item: unknown) => Item | null): Item[] {
  const items: unknown[] = Array.isArray(value) ? value : [];
  return items.slice(0, itemsMax).flatMap((item) => itemOf(item) ?? []);
}

function partitionOf(row: unknown): DiskPartition | null {
  if (!isFields(row)) return null;
  const designator = textOf(row['designator']);
  if (designator === null) return null;
  return {
    designator,
    fileSystem: textOf(row['fstype']),
    label: textOf(row['partition_label']),
    uuid: textOf(row['partition_uuid']),
    architecture: textOf(row['architecture']),
    verity: textOf(row['verity']),
  };
}

/** `useBootableContainer: true` is the use `BootableContainer`. */
function usesOf(fields: Fields): string[] {
  const uses = Object.keys(fields).filter((name) => /^use[A-Z]\w*$/.test(name) && fields[name] === true);
  return uses.slice(0, itemsMax).map((name) => name.slice('use'.length));
}

/** The fields with the release of this class; before systemd 254 extensions of both kinds had one. */
function releaseNames(imageClass: ImageClass): readonly string[] {
  if (imageClass === 'sysext' || imageClass === 'confext') return [`${imageClass}Release`, 'extensionRelease'];
  return ['osRelease'];
}

function parse(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    return undefined;
  }
}

/** Reads what systemd-dissect(1) prints with --json=; undefined for what it does not print. */
export function readOutput(output: string, imageClass: ImageClass): Inspected | undefined {
  const fields = parse(output);
  if (!isFields(fields) || !Array.isArray(fields['mounts'])) return undefined;
  const released = releaseNames(imageClass).map((name) => listOf(fields[name], textOf));
  return {
    inspection: {
      uses: usesOf(fields),
      architecture: textOf(fields['architecture']),
      hostname: textOf(fields['hostname']),
      machineId: textOf(fields['machineId']),
      partitions: listOf(fields['mounts'], partitionOf),
    },
    release: released.find((lines) => lines.length > 0) ?? [],
  };
}
