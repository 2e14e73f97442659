/** Most bytes of a sidecar that is settings, a hash or a signature. */
export const smallSidecarMax = 1024 * 1024;
/** Most bytes of verity data that a server encoded, before it is decoded and after: it has to be in memory then. */
export const encodedSidecarMax = 64 * 1024 * 1024;

/** What verity data begins with, by veritysetup(8). */
const veritySignature = Buffer.from('verity\0\0');

/** How many hexadecimal digits the digests have that dm-verity knows. */
const digestDigits = [32, 40, 56, 64, 96, 128];

/** Completes "it …"; undefined for a file that is what it must be. */
const faults: Readonly<Record<string, (bytes: Buffer) => string | undefined>> = {
  '.nspawn': (bytes) => (hasSections(bytes) ? undefined : 'has no sections'),
  '.roothash': (bytes) => (isDigest(bytes) ? undefined : 'is not the hexadecimal digits of a digest'),
  '.roothash.p7s': (bytes) => (isDer(bytes) ? undefined : 'is not a signature in DER'),
  '.verity': (bytes) => (isVerity(bytes) ? undefined : 'does not begin as verity data does'),
};

/**
 * Why a file is not what a sidecar with that suffix must be. Servers answer with pages of their own where they have none.
 *
 * @param bytes all of it; of a `.verity` file the first ones are enough
 */
export function sidecarFault(suffix: string, bytes: Buffer): string | undefined {
  if (bytes.length === 0) return 'is empty';
  const fault = faults[suffix]?.(bytes);
  if (fault === undefined) return undefined;
  return /^[\s\u00ef\u00bb\u00bf]*</.test(bytes.subarray(0, 1024).toString('latin1')) ? 'is HTML or XML' : fault;
}

/** How many bytes tell whether it is verity data. */
export const verityProbe = veritySignature.length;

function isVerity(bytes: Buffer): boolean {
  return bytes.subarray(0, verityProbe).equals(veritySignature);
}

/** systemd.nspawn(5): sections as in unit files. systemd reads line ends of all kinds, and passes over a byte order mark. */
function hasSections(bytes: Buffer): boolean {
  return (
    !bytes.includes(0) &&
    /^(?:\u00ef\u00bb\u00bf)?[ \t]*\[[a-z][a-z0-9 _-]*\][ \t]*\r?$/im.test(bytes.toString('latin1'))
  );
}

/** systemd reads the digits in either case, and passes over white space. */
function isDigest(bytes: Buffer): boolean {
  const [, digits = ''] = /^[ \t\r\n]*([0-9a-f]+)[ \t\r\n]*$/i.exec(bytes.toString('latin1')) ?? [];
  return digestDigits.includes(digits.length);
}

/** Whether it is one sequence in DER (X.690 §8.1.3), as every PKCS #7 file is (RFC 2315 §14). */
function isDer(bytes: Buffer): boolean {
  const [tag, length = 0x80] = bytes;
  if (tag !== 0x30 || length === 0x80) return false;
  if (length < 0x80) return bytes.length === 2 + length;
  const size = length - 0x80;
  return size <= 4 && bytes.length > 2 + size && bytes.length === 2 + size + bytes.readUIntBE(2, size);
}
