import { digestPattern } from '../../../common/digest.js';
import { etagMax } from '../../../common/validator.js';
import { configMax, layersMax } from '../../formats/oci/limits.js';

/*
 * How large a part of a message may be. Whoever speaks keeps to it (tell() in channel.ts cuts what is for people);
 * whoever hears refuses more.
 */

/** Of messages for people, in UTF-16 code units. */
export const messageMax = 8192;
/** Of the stack of a mistake. */
export const stackMax = 16 * 1024;
/** Of URLs, names and paths: no HTTP header and no path is longer. */
export const textMax = 16 * 1024;
/** Of lists in a message. */
export const itemsMax = layersMax;

/** Bytes of a line. */
export const lineMax = 256 * 1024;
/**
 * Bytes of a line of the fetch process. Its longest honest message is that of a resolved reference: the configuration of an image, in
 * which each character may take six bytes in JSON, and 4096 layers (400 bytes each).
 */
export const fetchLineMax = 8 * 1024 * 1024;

const patterns: Readonly<Record<string, RegExp>> = {
  sha256: /^[0-9a-f]{64}$/,
  sha512: /^[0-9a-f]{128}$/,
  digest: digestPattern,
  diffId: digestPattern,
  manifestDigest: digestPattern,
  indexDigest: digestPattern,
  token: /^[\x21-\x7e]+$/,
  signedBy: /^([0-9a-fA-F]{16,64}|SHA256:[0-9A-Za-z+/]{43})$/,
  suffix: /^(\.[a-z0-9]{1,16}){1,3}$/,
  path: /^\//,
  pristinePath: /^\//,
  cachedPath: /^\//,
};

const lengths: Readonly<Record<string, number>> = {
  message: messageMax,
  stack: stackMax,
  etag: etagMax,
  config: configMax,
};

/** What is wrong with a text of that field; undefined if nothing is, or it is no text. */
export function textFault(name: string, value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const max = lengths[name] ?? textMax;
  if (value.length > max) return `more than ${max} characters`;
  return patterns[name]?.test(value) === false ? 'not of the form that it has' : undefined;
}

/** Milliseconds since 1970 of the last moment that a Date can hold. */
const timeMax = 8.64e15;

const ranges: Readonly<Record<string, readonly [number, number]>> = {
  // Nothing that a process says is for all terminals of the host.
  priority: [3, 7],
  lastModified: [-timeMax, timeMax],
};

/** What is wrong with an integer of that field, undefined if nothing is. */
export function integerFault(name: string, value: unknown): string | undefined {
  const [min, max] = ranges[name] ?? [0, Number.MAX_SAFE_INTEGER];
  return typeof value === 'number' && value >= min && value <= max ? undefined : `not from ${min} to ${max}`;
}
