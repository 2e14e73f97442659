import { lastComponent, siblingUrl } from '../../../common/url.js';
import { stripRawSuffix, stripTarSuffix } from '../../images/layout/names.js';
import type { ImageFormat } from '../ipc/messages.js';

/** The name that a sidecar has beside an image on the server: `IMAGE.roothash` for `IMAGE.raw.xz`. */
export function sidecarName(url: string, format: ImageFormat, suffix: string): string {
  const strip = format === 'tar' ? stripTarSuffix : stripRawSuffix;
  return `${strip(lastComponent(url) ?? '')}${suffix}`;
}

/** Where that is. */
export function sidecarUrl(url: string, format: ImageFormat, suffix: string): string {
  return siblingUrl(url, sidecarName(url, format, suffix));
}
