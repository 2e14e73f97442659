import { digestPattern } from '../../../common/digest.js';

/*
 * A layer of a container image is kept as `.oci-sha256:HEX`, where systemd keeps it too, and what overlayfs cannot say of it beside that,
 * with `.layer` at the end. What systemd had unpacked there, with whiteouts that were not converted, has `.systemd` at its end.
 */

const prefix = '.oci-';

/** The directory of a layer, by its digest. */
export function layerName(digest: string): string {
  return prefix + digest;
}

/** The record of a layer, by its digest. */
export function layerRecordName(digest: string): string {
  return `${prefix}${digest}.layer`;
}

/** What systemd had unpacked of a layer, once Ferry has a directory for it; `copy` counts from 1. */
export function replacedLayerName(digest: string, copy: number): string {
  return `${prefix}${digest}.systemd${copy === 1 ? '' : `.${copy}`}`;
}

/** Whether a text is a digest of a layer: one that is known, in the one form that it has. */
export function isLayerDigest(digest: string): boolean {
  return digestPattern.test(digest);
}
