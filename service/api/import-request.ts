import { fstatSync } from 'node:fs';
import { Failure } from '../../common/failure.js';
import { imageFileName } from '../../common/image-classes.js';
import { defaultSizeMax } from '../../common/sizes.js';
import type { ImageFormat, ImportParameters } from '../../interfaces/generated/io.ferry.Transfer.generated.js';
import { accessMode, currentOffset } from '../../linux/descriptors.js';
import { serviceErrors } from '../../varlink/error.js';
import { parsePlatform } from '../formats/oci/platform.js';
import { validateNewName } from '../images/layout/names.js';
import type { Host } from '../transfers/host.js';
import type { ImportRequest } from '../transfers/kinds/import.js';
import type { OciImport } from '../transfers/oci/import-oci.js';
import { ociFileName } from '../transfers/oci/pull-oci.js';
import type { Peer } from './authorize.js';
import { chooseImageRoot, positive } from './pull-request.js';

/**
 * A count that may be zero: files can be empty.
 *
 * @throws VarlinkError InvalidParameter when it is negative
 */
function count(value: number | bigint | null | undefined, parameter: string): number | undefined {
  return value === 0 || value === 0n ? 0 : positive(value, parameter);
}

/** The form of what a directory or an archive becomes is the same. */
function formatOf({ format }: ImportParameters): ImageFormat {
  return format === 'raw' ? 'raw' : 'tar';
}

/** What a container image becomes, and which one it is. */
type OciPart = Pick<OciImport, 'tag' | 'platform' | 'layout'>;

/** An import whose parameters have been checked; `oci` for a container image. */
export interface CheckedImport extends ImportRequest {
  readonly oci: OciPart | undefined;
}

/** @throws VarlinkError InvalidParameter for what only container images have, given for something else */
function ociPart({ format, tag, platform, layout }: ImportParameters): OciPart | undefined {
  if (format === 'oci')
    return { tag: tag ?? undefined, platform: parsePlatform(platform ?? undefined), layout: layout ?? undefined };
  for (const [name, value] of Object.entries({ tag, platform, layout }))
    if (value != null) throw serviceErrors.invalidParameter(name);
  return undefined;
}

function fileNameOf({ name, layout }: ImportParameters, format: ImageFormat): string {
  return layout === 'mstack' ? ociFileName(name, layout) : imageFileName(name, format);
}

/**
 * Checks what a caller wants to import.
 *
 * @throws Failure InvalidUrl when the platform cannot be read
 * @throws Failure InvalidName when no image can have the name
 * @throws Failure FileSystemError ENOENT when the user has no directory for images
 * @throws VarlinkError InvalidParameter for an impossible count or image directory
 * @throws VarlinkError PermissionDenied when an untrusted caller gives an image directory
 */
export function checkImport(host: Host, peer: Peer, parameters: ImportParameters): CheckedImport {
  const { class: imageClass } = parameters;
  const format = formatOf(parameters);
  return {
    image: {
      format,
      class: imageClass,
      imageRoot: chooseImageRoot(host, peer, imageClass, parameters.imageRoot),
      name: validateNewName(parameters.name, imageClass, fileNameOf(parameters, format)),
      force: parameters.force ?? false,
      readOnly: parameters.readOnly ?? false,
      sizeMax: positive(parameters.sizeMax, 'sizeMax') ?? defaultSizeMax,
      strict: parameters.strict ?? false,
    },
    directory: parameters.format === 'directory',
    oci: ociPart(parameters),
    bytesTotal: count(parameters.bytesTotal, 'bytesTotal'),
  };
}

function unusable(message: string): Failure {
  return new Failure('FileSystemError', message, { path: 'fileDescriptor', errorName: 'EBADF' });
}

/**
 * Checks that a pushed descriptor can be read as what it is said to be, and gives back how many bytes it has, if that is known.
 *
 * @throws Failure FileSystemError EBADF that says what is wrong with it
 */
export function checkSource(descriptor: number, format: ImportParameters['format']): number | undefined {
  const status = fstatSync(descriptor);
  if (!accessMode(descriptor).readable) throw unusable('What was passed to import from was not opened for reading');
  if (format === 'directory') {
    if (status.isDirectory()) return undefined;
    throw unusable(
      'What was passed to import from is not a directory, which import-fs needs; use import-tar or import-raw for files',
    );
  }
  if (status.isDirectory())
    throw unusable('What was passed to import from is a directory; use import-fs for directories');
  return status.isFile() ? Math.max(0, status.size - (currentOffset(descriptor) ?? 0)) : undefined;
}

/**
 * Checks that a pushed descriptor can be written to.
 *
 * @throws Failure FileSystemError EBADF when it cannot
 */
export function checkTarget(descriptor: number): void {
  if (fstatSync(descriptor).isDirectory()) throw unusable('What was passed to export to is a directory');
  if (!accessMode(descriptor).writable) throw unusable('What was passed to export to was not opened for writing');
}

/**
 * The descriptor that a call names by its index; the caller of this function closes it.
 *
 * @throws VarlinkError InvalidParameter when it names none, or one that did not come with it
 */
export function pushedDescriptor(
  call: { descriptor(index: number | bigint): number },
  index: number | bigint | null | undefined,
): number {
  if (index == null) throw serviceErrors.invalidParameter('fileDescriptor');
  return call.descriptor(index);
}
