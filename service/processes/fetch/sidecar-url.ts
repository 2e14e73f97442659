import { stripSuffixes } from '../../../common/suffixes.js';
import { lastComponent, siblingUrl } from '../../../common/url.js';
import type { ImageFormat } from '../ipc/messages.js';

/** The name that a sidecar has beside an image on the server: `IMAGE.roothash` for `IMAGE.raw.xz`. */
export function sidecarName(url: string, format: ImageFormat, suffix: string): string {
  return `${stripSuffixes(lastComponent(url) ?? '', format)}${suffix}`;
}

/** Where that is. */
export function sidecarUrl(url: string, format: ImageFormat, suffix: string): string {
  return siblingUrl(url, sidecarName(url, format, suffix));
}
