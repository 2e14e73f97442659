import type { Value } from '../like.js';

// What images says, as far as more than one test demands it: see docs/testing.md.

export const attachedAsService = (name: Value, state: Value) =>
  `is attached as the portable service ${name} (${state}); detach it with`;
export const cannotNameByServer = (name: Value) =>
  `The server calls the file '${name}', which cannot name an image; give a name`;
export const cannotBeImageNameBecause = (reason: Value) =>
  `cannot be the name of an image: ${reason}. Give another one`;
export const charactersThatDoNotPrint = 'it contains characters that do not print';
export const completeButMayBeUndone = 'is complete and has its name, but what follows failed, and a crash may undo it';
export const namedByNobody = (url: Value) =>
  `Cannot name the image: neither '${url}' nor the server names a file; give a name`;
export const mountPointInTree = 'in a tree to be removed, is a mount point. Unmount it and try again';
export const noRoomFor = (what: Value, step: Value) =>
  `bytes available): ${what} could not be written. ${step} and try again`;
export const wasRemovedOrReplaced = 'was removed or replaced';
export const notMarkedReadOnly = 'could not be marked read-only';

export const noReleaseInLayers = 'Its layers have no /etc/os-release or /usr/lib/os-release';
