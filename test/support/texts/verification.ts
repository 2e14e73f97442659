import type { Value } from '../like.js';

// What verification says, as far as more than one test demands it: see docs/testing.md.

export const nameOne =
  'Name one with --checksum-file=, give the digest with --digest=, or use --verify=no to do without.';
export const askForSignature = 'Ask the publisher for a signature, or use --verify=checksum to do without.';
export const askToListIt = 'Ask the publisher to list it, or use --verify=no to do without.';
export const differentDigests = (file: Value, digests: Value) =>
  `lists '${file}' with different digests (${digests}): ask the publisher which is right`;
export const doesNotMatchChecksum = (list: Value, algorithm: Value, expected: Value, found: Value) =>
  `does not match its checksum: ${list} lists ${algorithm} ${expected}, the bytes received have ${found}. Nothing was placed. If trying again gives the same, the publisher's file and list do not belong together, or one was tampered with`;
export const listsOnlyWeak = (names: Value) => `lists only ${names} checksums; sha256 or sha512 is needed`;
export const isLargerThanBytes = (limitBytes: Value) => `is larger than ${limitBytes} bytes`;
export const beforeKeyWasMade = 'but before that key was made';
export const hashCanBeForged = (hash: Value) => `but over a ${hash} hash, which can be forged`;
export const isNotOfFile = 'but is not a signature of a file';
export const installKeyring = 'Install a keyring with that key, or give one with --keyring=.';
export const noChecksumFile = (names: Value) => `no checksum file was found beside it (looked for ${names})`;
export const nothingVouches = (names: Value) =>
  `no checksum file or signature was found beside it (looked for ${names})`;
export const signatureDoesNotFit = (keyring: Value, signer: Value, names: Value) =>
  `The signature ${keyring} by ${signer} is not one of ${names}: the file was changed after it was signed, or the signature belongs to another version. Try again, and tell the publisher if it stays so.`;
export const signedByUnknownKey = (key: Value) => `is signed by key ${key}, which is in none of the keyrings`;
export const wasBestBefore = (then: Value, now: Value) =>
  `was best before ${then}, and it is ${now}: the publisher, or someone in between, serves an old list. Try another mirror, and check the clock of this host`;
export const listsOnly = (name: Value) => `does not list it, but only '${name}'`;
export const listsNoName = 'has only a checksum without a name';
export const isMarkupAndNoList = 'is HTML or XML, perhaps a login page, and not a checksum file';

export const checksumFileEmpty = 'is empty: give the name of a file beside the image, or a URL.';
export const checksumFileIsDirectory = 'is a directory: give the name of a file beside the image, or a URL.';
export const checksumFileHasQuery = 'has a query or a fragment: give the whole URL.';
export const checksumFileNotAscii = 'is not in printable ASCII: percent-encode it.';
export const checksumFileOfOtherKind = 'cannot belong to this image: use file:// for both of them or for neither.';
export const checksumFileUnusable = (text: string, problem: string) =>
  `Cannot use '${text}' for --checksum-file=: it ${problem}`;

export const byGivenDigest = 'by the given digest';
export const digestNotNamed = 'it does not begin with sha256: or sha512:';
export const digestUnreadable = 'the digest is neither hexadecimal nor whole base64';
export const digestUnsupported = (algorithm: string) => `${algorithm} is not supported, only sha256 and sha512 are`;
export const digestOfWrongLength = (algorithm: string, wanted: number, found: number) =>
  `a ${algorithm} digest has ${wanted} hexadecimal digits, this one has ${found}`;
export const digestUnusable = (url: string, problem: string) => `Cannot use the digest in '${url}': ${problem}`;
export const twoDigests = (url: string, one: string, other: string) =>
  `Cannot pull '${url}': two digests are given, ${one} and ${other}; give one`;
export const digestGivenDiffers = (name: string, algorithm: string, given: string, found: string) =>
  `Cannot verify '${name}': the digest given is ${algorithm}:${given}, the bytes received have ${found}; nothing was placed. Check the digest: it is that of the file as the server has it, not unpacked, and the publisher may have replaced the file.`;
export const digestOfImageOnly = 'cannot be verified, and the digest given is only that of the image';
export const isTooWeakRsa = (bits: Value) => `which is too weak (RSA, ${bits} bits)`;
export const isNotValidBefore = (day: Value) => `which is not valid before ${day}`;
export const namespaceNotTrusted = "which is not trusted for the namespace 'file'";
export const criticalExtension = (oid: string) => `which has the critical extension ${oid}, and that is not supported`;
export const hashNotSupported = 'but over a hash that is not supported';
