import { Failure } from '../../../common/failure.js';
import { escapeText, isReadable } from '../../../varlink/text.js';

/** Configurations of registries have a few KiB; Docker's own limit for what describes an image is 4 MiB. */
const bytesMax = 4 * 1024 * 1024;

/** What an OCI image says of how a container of it is run (config.md of the image specification 1.1). */
export interface OciConfig {
  /** In the words of Go: `linux`, `amd64`, `v8`. */
  os: string | undefined;
  architecture: string | undefined;
  variant: string | undefined;
  /** Name or number, of the image's own accounts. */
  user: string | undefined;
  group: string | undefined;
  /** Entries NAME=VALUE, as they come. */
  environment: string[];
  entrypoint: string[];
  command: string[];
  workingDirectory: string | undefined;
  /** Name or number, as it comes. */
  stopSignal: string | undefined;
  /** PORT, PORT/tcp and the like, as they come. */
  exposedPorts: string[];
  volumes: string[];
  /** Names of further settings of how it is run, that ask for something. */
  furtherSettings: string[];
}

type JsonObject = Readonly<Record<string, unknown>>;

function refuse(problem: string): never {
  const what = `the configuration of the image: ${problem}`;
  throw new Failure('Corrupt', `Cannot use ${what}; tell its publisher`, { what });
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function decode(bytes: Uint8Array): unknown {
  if (bytes.length > bytesMax) refuse(`it has ${bytes.length} bytes, and at most ${bytesMax} are read`);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return refuse('it is not JSON in UTF-8');
  }
}

/** A text that can be handed to a program. */
function checkText(name: string, value: unknown): string {
  if (typeof value !== 'string') refuse(`${name} is not a string`);
  if (!isReadable(value)) refuse(`${name} has characters that no text may have`);
  return value;
}

function textOf(object: JsonObject, name: string): string | undefined {
  const value = object[name];
  return isAbsent(value) || value === '' ? undefined : checkText(name, value);
}

function listOf(object: JsonObject, name: string): string[] {
  const value = object[name];
  if (isAbsent(value)) return [];
  // Docker has written commands of one word this way.
  if (typeof value === 'string') return value === '' ? [] : [checkText(name, value)];
  if (!Array.isArray(value)) refuse(`${name} is not a list of strings`);
  return value.map((entry) => checkText(`an entry of ${name}`, entry));
}

/** The keys of what Go writes for a set. */
function setOf(object: JsonObject, name: string): string[] {
  const value = object[name];
  if (isAbsent(value)) return [];
  if (!isObject(value)) refuse(`${name} is not a JSON object`);
  return Object.keys(value).map((key) => checkText(`a key of ${name}`, key));
}

/** USER[:GROUP]. What neither a name nor a number can be would be lost on the way, and the container run as root. */
function accountOf(object: JsonObject): Pick<OciConfig, 'user' | 'group'> {
  const text = textOf(object, 'User');
  if (text === undefined) return { user: undefined, group: undefined };
  const [user = '', group, ...more] = text.split(':');
  const isName = (name: string | undefined) => name === undefined || /^[^\s\p{Cc}"'\\/]{0,256}$/u.test(name);
  if (more.length > 0 || !isName(user) || !isName(group))
    refuse(`User '${escapeText(text.slice(0, 100))}' is not a user`);
  return { user: user === '' ? undefined : user, group: group === '' ? undefined : group };
}

function signalOf(object: JsonObject): string | undefined {
  const value = object['StopSignal'];
  return typeof value === 'number' ? String(value) : textOf(object, 'StopSignal');
}

function isSwitchedOff(name: string, value: unknown): boolean {
  const isEmpty = isAbsent(value) || value === 0 || value === false || value === '';
  if (isEmpty || name !== 'Healthcheck' || !isObject(value)) return isEmpty;
  const test = value['Test'];
  return isAbsent(test) || (Array.isArray(test) && (test.length === 0 || test[0] === 'NONE'));
}

/** Others, such as Labels, Hostname, Shell and OnBuild, say nothing about how a container is run. */
const furtherNames = ['Memory', 'MemorySwap', 'CpuShares', 'Healthcheck', 'NetworkDisabled', 'StopTimeout'];

/**
 * Reads the configuration of an OCI image, or of one in Docker's form. What is null counts as absent.
 *
 * @throws Failure Corrupt when it is not a configuration, is too long, or says what could not be handed to a container
 */
export function parseConfig(bytes: Uint8Array): OciConfig {
  const whole = decode(bytes);
  if (!isObject(whole)) refuse('it is not a JSON object');
  const rootfs = whole['rootfs'];
  if (isObject(rootfs) && !isAbsent(rootfs['type']) && rootfs['type'] !== 'layers')
    refuse(`its root file system is not of type 'layers'`);
  const inner = whole['config'] ?? {};
  if (!isObject(inner)) refuse(`its 'config' is not a JSON object`);
  return {
    os: textOf(whole, 'os'),
    architecture: textOf(whole, 'architecture'),
    variant: textOf(whole, 'variant'),
    ...accountOf(inner),
    environment: listOf(inner, 'Env'),
    entrypoint: listOf(inner, 'Entrypoint'),
    command: listOf(inner, 'Cmd'),
    workingDirectory: textOf(inner, 'WorkingDir'),
    stopSignal: signalOf(inner),
    exposedPorts: setOf(inner, 'ExposedPorts'),
    volumes: setOf(inner, 'Volumes'),
    furtherSettings: furtherNames.filter((name) => !isSwitchedOff(name, inner[name])),
  };
}
