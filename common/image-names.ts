import { NAME_MAX } from '../linux/headers/constants.js';
import { escapeText, readable } from '../varlink/text.js';

/**
 * Why no image can have this name; undefined if one can. These are the rules of systemd (image_name_is_valid()): a file name in
 * UTF-8 without C0 controls and DEL, that does not begin with `.#`. Whatever machined lists can be listed and removed.
 */
export function imageNameProblem(name: string): string | undefined {
  if (name === '') return 'it is empty';
  if (name === '.' || name === '..') return 'it stands for a directory';
  if (name.includes('/')) return "it contains a '/'";
  if (/[\u0000-\u001f\u007f]/.test(name)) return 'it contains a control character';
  if (readable(name) !== name) return 'it is not valid UTF-8';
  if (name.startsWith('.#')) return "names that begin with '.#' are reserved for temporary files";
  if (Buffer.byteLength(name) > NAME_MAX) return `it is longer than ${NAME_MAX} bytes`;
  return undefined;
}

/**
 * Why no new image can get this name, whatever its class; undefined if one can. Beyond the rules for all images, every tool must be
 * able to print it, and it must not mean something else to Ferry or systemd: whoever got such a name could not be found again.
 */
export function newImageNameProblem(name: string): string | undefined {
  if (name === '.host') return 'it stands for this host itself';
  if (/^\.(raw|tar)-/.test(name)) return "names that begin with '.raw-' or '.tar-' are reserved for cached downloads";
  if (name.startsWith('.oci-')) return "names that begin with '.oci-' are reserved for layers of container images";
  if (name.startsWith('.sysupdate.')) return "names that begin with '.sysupdate.' are reserved for systemd-sysupdate";
  return imageNameProblem(name) ?? (escapeText(name) === name ? undefined : 'it contains characters that do not print');
}

/** The name of the image at a path: what the service makes of a name when it places the image, in reverse. */
export function imageNameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.(?:raw|mstack)$/, '');
}
