import type { Value } from '../like.js';

// What client says, as far as more than one test demands it: see docs/testing.md.

export const belongsToUser = (user: Value) => `it belongs to user ${user}, not to`;
export const bridgeEndedWithStatus = (host: Value) =>
  `Cannot reach Ferry on ${host}: 'ferryctl bridge' there ended with status`;
export const cannotBeImageName = 'cannot be the name of an image';
export const cannotReachWithout = (host: Value, program: Value) =>
  `Cannot reach ${host}: '${program}' is not installed.`;
export const cannotReadAsBoolean = (value: Value, option: Value) =>
  `Cannot read '${value}' as a boolean for ${option}: expected yes or no.`;
export const cannotWriteToStandardOutput = 'Cannot write to standard output';
export const connectionBroke = (host: Value) => `The connection to ${host} broke: ssh`;
export const continuesInBackground = (id: Value) => `Transfer ${id} continues in the background. Cancel it with`;
export const ferryNotFoundOn = (host: Value) => `Ferry not found on ${host}: install it there`;
export const isExportedTo = (image: Value, file: Value, facts: Value) =>
  `Image ${image} is exported to ${file} (${facts}).`;
export const imageIsReadyIn = (image: Value) => `Image ${image} is ready in`;
export const isCopyOf = (image: Value) => `Image ${image} is a copy of`;
export const bySignatureOf = (key: Value) => `by signature of key ${key}`;
export const verifiedByManifest = 'verified by the digests in its manifest';
export const letsItContinue = 'lets it continue in the background';
export const modeGivesOthersRights = (mode: Value) => `its mode is 0${mode}, which gives others rights there`;
export const needsTheirGenerator = (option: Value) =>
  `'${option}' needs systemd's own generator, of systemd 258 or newer (systemd-container)`;
export const noneIsAmong = (values: Value) => `none of ${values} is among the options`;
export const nameIsNeeded = 'A NAME is needed when the image is read from standard input.';
export const noContainerRuns = (name: Value) =>
  `No container '${name}' runs on this host: 'machinectl list' shows those that do.`;
export const notHostForOption =
  'is not a host for --host=: expected [USER@]HOST[:PORT][/CONTAINER], IPv6 addresses in brackets.';
export const notOffered = (what: Value) => `the service does not offer ${what}; it may be of another version.`;
export const notValidUtf8 = 'it is not valid UTF-8';
export const onlyTheseTakeIt = (first: Value, second: Value) => `only ${first} and ${second} take it`;
export const parameterNotAccepted = 'the service does not accept the parameter';
export const permissionDenied = 'permission denied; become root, or let polkit allow it.';
export const removeItOrSetRuntimeDirectory = 'remove it, or set $XDG_RUNTIME_DIR';
export const serviceBrokeProtocol = 'the service broke the protocol';
export const serviceMetUnexpected = (what: Value) => `the service met an unexpected ${what}; see its log.`;
export const sshCouldNotConnect = (host: Value) => `Cannot reach ${host}: ssh could not connect.`;
export const thatFollowKept = (more: Value, kept: Value) =>
  `the ${more} that follow the ${kept} kept of an earlier pull`;
export const unknownValue = (value: Value, option: Value) => `Unknown value '${value}' for ${option}: expected`;
export const optionNeedsArgument = (option: Value) => `Option ${option} needs an argument`;
export const importVerbs = 'import-tar, import-raw or import-fs';
export const notWrittenAs = (suffix: Value) =>
  `archives of OCI images are not written as '${suffix}'; choose .oci or .tar, and --format= for the layer`;
