/** The messages of https://varlink.org/Method-Call: JSON objects, each ended by a NUL byte. */
import { ProtocolError } from '../error.js';
import { isJsonObject } from '../idl/value.js';
import { type JsonObject, type ParseOptions, parseJson, printExactJson, printJson } from '../json.js';
import { callValuesMax, messageSizeMax } from './limits.js';

export interface Call {
  /** Fully qualified, as it was sent. */
  readonly method: string;
  readonly parameters: JsonObject;
  readonly more: boolean;
  readonly oneway: boolean;
  readonly upgrade: boolean;
}

export interface Reply {
  readonly parameters: JsonObject;
  readonly continues: boolean;
  /** The name of the error, if it is one. */
  readonly error: string | undefined;
}

const callKeys = ['method', 'parameters', 'more', 'oneway', 'upgrade'];

/** @throws ProtocolError for all that sd-varlink closes the connection for */
export function parseCall(bytes: Buffer): Call {
  const message = parseObject(bytes, callKeys, {
    valuesMax: callValuesMax,
    refusesUnportable: true,
    marksFaults: true,
  });
  if (typeof message['method'] !== 'string') throw new ProtocolError('a call without a method');
  const call = {
    method: message['method'],
    parameters: parametersOf(message),
    more: flagOf(message, 'more'),
    oneway: flagOf(message, 'oneway'),
    upgrade: flagOf(message, 'upgrade'),
  };
  const set = [call.more, call.oneway, call.upgrade].filter(Boolean);
  if (set.length > 1) throw new ProtocolError('a call with more than one of more, oneway and upgrade');
  return call;
}

/** @throws ProtocolError */
export function parseReply(bytes: Buffer): Reply {
  const message = parseObject(bytes, ['parameters', 'continues', 'error']);
  const error = message['error'] ?? undefined;
  const reply = { parameters: parametersOf(message), continues: flagOf(message, 'continues'), error };
  if (error === undefined) return { ...reply, error };
  if (typeof error !== 'string' || error === '') throw new ProtocolError('an error that is not a name');
  if (reply.continues) throw new ProtocolError('a reply with both error and continues');
  return { ...reply, error };
}

/**
 * Prints a call, with the NUL that ends it. Flags are only sent when they are set.
 *
 * @throws JsonError for what not every peer could read: the service must not take it for something else
 */
export function printCall(method: string, parameters: object, flag?: 'more' | 'oneway' | 'upgrade'): Buffer {
  return framed(printExactJson({ method, parameters, ...(flag && { [flag]: true }) }));
}

/** Prints a reply, with the NUL that ends it. */
export function printReply(parameters: object, continues = false): Buffer {
  return print({ parameters, continues: continues || undefined });
}

/** Prints an error reply, with the NUL that ends it. */
export function printError(name: string, parameters: object): Buffer {
  return print({ error: name, parameters });
}

function print(message: object): Buffer {
  return framed(printJson(message));
}

function framed(text: string): Buffer {
  const bytes = Buffer.from(`${text}\0`, 'utf8');
  if (bytes.length > messageSizeMax)
    throw new RangeError(`a message of ${bytes.length} bytes is longer than the ${messageSizeMax} that peers accept`);
  return bytes;
}

function parseObject(bytes: Buffer, keys: readonly string[], options?: ParseOptions): JsonObject {
  const value = parseOrRefuse(bytes, options);
  if (!isJsonObject(value)) throw new ProtocolError('a message that is not an object');
  const unknown = Object.keys(value).find((key) => !keys.includes(key));
  if (unknown !== undefined) throw new ProtocolError(`a message with an unknown key ${JSON.stringify(unknown)}`);
  return value as JsonObject;
}

function parseOrRefuse(bytes: Buffer, options?: ParseOptions) {
  try {
    return parseJson(bytes, options);
  } catch (error) {
    throw new ProtocolError('a message that is not JSON', { cause: error });
  }
}

function parametersOf(message: JsonObject): JsonObject {
  const parameters = message['parameters'] ?? {};
  if (!isJsonObject(parameters)) throw new ProtocolError('parameters that are not an object');
  return parameters as JsonObject;
}

function flagOf(message: JsonObject, name: string): boolean {
  const flag = message[name] ?? false;
  if (typeof flag !== 'boolean' || message[name] === null) throw new ProtocolError(`${name} is not a bool`);
  return flag;
}
