import type { Value } from '../like.js';

// What common says, as far as more than one test demands it: see docs/testing.md.

export const beginsInUpperCase = 'begins with HTTP: instead of http:, in lower case.';
export const cannotBeParsedAsUrl = 'cannot be parsed: check its host name and port.';
export const cannotParseLogLevel = (value: Value) => `Failed to parse log level '${value}', ignoring.`;
export const cannotParseLogSetting = (setting: Value, value: Value) =>
  `Failed to parse log ${setting} '${value}', ignoring.`;
export const cannotParseLogTarget = (value: Value) => `Failed to parse log target '${value}', ignoring.`;
export const doesNotBeginWithScheme = 'does not begin with http://, https:// or file:///.';
export const fileSystemCannot = 'the file system does not support this';
export const fileSystemFull = 'the file system is full';
export const fileSystemReadOnly = 'the file system is read-only';
export const fileUrlNamesHost = (host: Value) =>
  `names the host '${host}': file URLs have three slashes, as in file:///path.`;
export const inputOutputError = 'the disk reports an input/output error';
export const inUse = 'it is in use (a mount point?)';
export const mustBeEncoded = (what: Value, position: Value) =>
  `has ${what} at position ${position}: percent-encode it.`;
export const nameTooLong = 'the name is too long';
export const noSuchFile = 'no such file or directory';
export const notAscii = (character: Value) => `the character '${character}', which is not ASCII`;
export const notAvailableForNow = 'it is not available for now (too many processes?)';
export const quotaUsedUp = 'the disk quota is used up';
export const reservedForCache = "names that begin with '.raw-' or '.tar-' are reserved for cached downloads";
export const reservedForLayers = "names that begin with '.oci-' are reserved for layers of container images";
export const reservedForSysupdate = "names that begin with '.sysupdate.' are reserved for systemd-sysupdate";
export const standsForHost = 'it stands for this host itself';
export const tooManyLinks = 'there are too many symbolic links, or one where none may be';
export const tooManyOpenFiles = 'too many open files';
