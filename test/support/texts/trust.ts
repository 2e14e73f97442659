import type { Value } from '../like.js';

// What is said of trust entries, as far as more than one test demands it: see docs/testing.md.

export const cannotReadKeyringOf = (keyring: Value, place: Value, reason: Value) =>
  `Cannot read the keyring ${keyring} of ${place}: ${reason}; correct the entry`;
export const namesNoRegistry = 'names no registry: write it in full, as in docker://docker.io/library/debian';
export const demandsMore = (url: Value, mode: Value, file: Value, minimum: Value) =>
  `Cannot pull '${url}' with --verify=${mode}: ${file} demands Verify=${minimum}; use --verify=${minimum}, or give the digest with --digest=`;
export const demandsMoreOfImage = (...values: [Value, Value, Value, Value]) =>
  demandsMore(...values).replace('with --digest=', 'behind the reference, as in @sha256:…');
export const doesNotCount = (key: Value, reason: Value) => `${key} does not count: it ${reason}`;
export const expiresOn = (key: Value, date: Value) => `${key} expires on ${date}; look for a newer keyring`;
export const hasOddStar = "has a '*' elsewhere than in '*.' before a host name";
export const hasOddVerify = 'has a Verify= that is not no, checksum or signature';
export const hasUnknownSetting = (name: Value) => `has the unknown setting '${name}='`;
export const isEntryAlready = (name: Value, path: Value) =>
  `There is a trust entry '${name}' already (${path}); give another --name=, or use --force`;
export const isNoPattern =
  'is neither a prefix of URLs, such as https://example.org/images/, nor a pattern of hosts, such as *.example.org';
export const isNoSetting = "is not a setting of the form 'NAME=VALUE'";
export const isOutsideOfSection = 'is outside of a section: write [Trust] above it';
