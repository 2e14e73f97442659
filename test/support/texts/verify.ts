import type { Value } from '../like.js';

// What `ferryctl verify` says, as far as more than one test demands it: see docs/testing.md.

export const hasRecordedDigest = (what: Value, digest: Value) => `The ${what} has the recorded sha256 ${digest}`;
export const diskHasChanged = (what: Value, found: Value, expected: Value) =>
  `The ${what} has changed: it has sha256 ${found}, recorded is ${expected}; pull it again`;
export const writableHasChanged = 'The image is writable and has changed since it was placed';
export const recordIsOfArchive =
  'Cannot compare the pristine download with its record: that is of the archive the tree was unpacked from';
export const recordIsOfEncoded = (what: Value) =>
  `Cannot compare the ${what} with its record: that is of the compressed or qcow2 file it was made from`;
export const noneAreKept = 'No checksum or signature files are kept with the pristine download; add --online';
export const listsWithoutSignature = (list: Value) => `${list} lists the recorded digest; no signature was checked`;
export const serverListsOther = (list: Value, listed: Value, had: Value) =>
  `The server's ${list} lists ${listed}, but the download had ${had}: the publisher may have replaced it; pull it again`;
export const listsAndIsSigned = (list: Value, key: Value) =>
  `${list} lists the recorded digest and is signed by ${key}`;
export const changedMeanwhile = (what: Value) =>
  `The ${what} was changed, replaced or removed while it was verified; verify it again`;
