import { brotliDecompressSync, constants, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { Failure } from '../../common/failure.js';
import { displayUrl } from '../../common/url.js';
import { escapeText, firstOf } from '../../varlink/text.js';

type Undo = (bytes: Buffer, bounds: { maxOutputLength: number; finishFlush?: number }) => Buffer;

// RFC 9110 §8.4.1.2 has deflate in a zlib wrapper, and servers that leave it out.
const inflate: Undo = (bytes, bounds) => {
  try {
    return inflateSync(bytes, bounds);
  } catch {
    return inflateRawSync(bytes, bounds);
  }
};

const undoers: Readonly<Record<string, Undo>> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: inflate,
  'x-deflate': inflate,
  br: brotliDecompressSync,
};

/** Encodings that no decoder of images undoes, and what makes their decoders take bytes that do not end there. */
const opaque: Readonly<Record<string, number>> = {
  br: constants.BROTLI_OPERATION_FLUSH,
  deflate: constants.Z_SYNC_FLUSH,
  'x-deflate': constants.Z_SYNC_FLUSH,
};

/** The encodings that a Content-Encoding names, in the order in which they were applied (RFC 9110 §8.4); in lower case. */
function encodingsOf(header: string | undefined): string[] {
  const names = (header ?? '').split(',').map((name) => name.trim().toLowerCase());
  return names.filter((name) => name !== '' && name !== 'identity');
}

/** Whether a Content-Encoding says that there is something to undo. */
export function isEncoded(header: string | undefined): boolean {
  return encodingsOf(header).length > 0;
}

/** How many bytes tell whether they are encoded as their label says. */
const probe = 16 * 1024;

/**
 * Refuses an image that the server encoded unasked so that it can be neither recognized nor decoded. Labels that the bytes do not bear
 * out are common, and harmless.
 *
 * @throws Failure UnsupportedFormat for one that begins as the label says
 */
export function refuseOpaque(url: string, firstBytes: Buffer, header: string | undefined): void {
  const name = encodingsOf(header).at(-1) ?? '';
  const finishFlush = Object.hasOwn(opaque, name) ? opaque[name] : undefined;
  const undoer = undoers[name];
  if (finishFlush === undefined || undoer === undefined) return;
  try {
    undoer(firstBytes.subarray(0, probe), { finishFlush, maxOutputLength: 1024 * probe });
  } catch {
    return;
  }
  const message = `Cannot use ${displayUrl(url)}: the server encoded it with '${name}', though not asked to; use another mirror`;
  throw new Failure('UnsupportedFormat', message, { needed: `the encoding ${name}`, allowed: 'bytes as they are' });
}

/** Whether nothing is encoded in it, whatever its label says. */
function isText(bytes: Buffer): boolean {
  return bytes.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d);
}

/**
 * Undoes what a server did to a small file unasked: nothing further on would. A text that is wrongly labelled as encoded stays as it
 * is.
 *
 * @throws Failure DownloadFailed when the file cannot be decoded, or has more than `limitBytes` then
 */
export function undoEncodings(url: string, bytes: Buffer, header: string | undefined, limitBytes: number): Buffer {
  let decoded = bytes;
  for (const name of encodingsOf(header).reverse()) {
    if (isText(decoded)) return decoded;
    decoded = undo(url, decoded, name, limitBytes);
  }
  return decoded;
}

function undo(url: string, bytes: Buffer, name: string, limitBytes: number): Buffer {
  const shown = displayUrl(url);
  const fail = (reason: string) => new Failure('DownloadFailed', `Cannot decode ${shown}: ${reason}`, { url: shown });
  const undoer = Object.hasOwn(undoers, name) ? undoers[name] : undefined;
  if (undoer === undefined)
    throw fail(
      `the server sent it with the Content-Encoding '${escapeText(firstOf(name, 40))}', which is not supported`,
    );
  try {
    return undoer(bytes, { maxOutputLength: limitBytes });
  } catch {
    throw fail(`it is not encoded with ${name}, as the server says, or unpacks to more than ${limitBytes} bytes`);
  }
}
