import { isJsonObject, type JsonObject } from '../../../../varlink/idl/value.js';
import type { ContainerSettings } from './settings-file.js';

/** What is found in a tree that a container can be started with. */
export interface Programs {
  /** The path of an init system inside. */
  readonly init: string | undefined;
  /** The path of a shell inside. */
  readonly shell: string | undefined;
  /** The architecture, in the words of Go: amd64, arm64. */
  readonly architecture: string;
}

/** What the configuration of an image is made of. */
export interface ConfigSources {
  /** A configuration that the image came with; undefined without one. */
  readonly given: JsonObject | undefined;
  readonly settings: ContainerSettings;
  readonly programs: Programs;
  /** Fields of os-release(5), NAME=VALUE. */
  readonly release: readonly string[];
}

const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** What tells systemd, and others that know it, to shut down. */
const initStopSignal = 'SIGRTMIN+3';

/** Labels (OCI image specification, "Annotations"), by the fields of os-release that say the same. */
const labels: readonly [label: string, field: string][] = [
  ['org.opencontainers.image.title', 'PRETTY_NAME'],
  ['org.opencontainers.image.url', 'HOME_URL'],
  ['org.opencontainers.image.vendor', 'VENDOR_NAME'],
  ['org.opencontainers.image.version', 'VERSION_ID'],
];

function labelsOf(release: readonly string[]): Record<string, string> {
  const fields = new Map(
    release.map((field) => [field.slice(0, field.indexOf('=')), field.slice(field.indexOf('=') + 1)]),
  );
  return Object.fromEntries(
    labels.flatMap(([label, field]) => {
      const value = fields.get(field);
      return value === undefined || value === '' ? [] : [[label, value]];
    }),
  );
}

/** What is started, and the signal that stops it. */
function commandOf(
  { boot, parameters }: ContainerSettings,
  { init, shell }: Programs,
): [command: string[], stop?: string] {
  const starts = boot ?? (parameters === undefined && init !== undefined);
  if (starts) return [[init ?? '/sbin/init', ...(parameters ?? [])], initStopSignal];
  if (parameters !== undefined) return [[...parameters]];
  return [shell === undefined ? [] : [shell]];
}

/** An object without what is undefined or empty. */
function compact(value: Readonly<Record<string, unknown>>): JsonObject {
  const isSaid = ([, each]: [string, unknown]) =>
    each !== undefined && each !== '' && !(typeof each === 'object' && each !== null && Object.keys(each).length === 0);
  return Object.fromEntries(Object.entries(value).filter(isSaid)) as JsonObject;
}

function derivedConfig({ settings, programs, release }: ConfigSources): JsonObject {
  const [command, stop] = commandOf(settings, programs);
  const hasPath = settings.environment.some((variable) => variable.startsWith('PATH='));
  return compact({
    User: settings.user,
    ExposedPorts: Object.fromEntries(settings.ports.map((port) => [port, {}])),
    Env: [...(hasPath ? [] : [defaultPath]), ...settings.environment],
    Cmd: command,
    WorkingDir: settings.workingDirectory,
    Labels: labelsOf(release),
    StopSignal: settings.killSignal ?? stop,
  });
}

/** The keys of a given configuration that hold for the exported image, too: what its layers were does not. */
const keptKeys = ['created', 'author', 'architecture', 'variant', 'os', 'os.version', 'os.features', 'config'] as const;

/**
 * The configuration of an image with one layer (OCI image specification, "Image Configuration").
 *
 * @param layerDigest SHA-256 of the layer before it is compressed, in lower-case hexadecimal
 */
export function imageConfig(sources: ConfigSources, layerDigest: string): Buffer {
  const { given, programs } = sources;
  const made = given === undefined ? { config: derivedConfig(sources) } : pick(given);
  const rootfs = { type: 'layers', diff_ids: [`sha256:${layerDigest}`] };
  return Buffer.from(JSON.stringify({ architecture: programs.architecture, os: 'linux', ...made, rootfs }));
}

function pick(given: JsonObject): JsonObject {
  return Object.fromEntries(keptKeys.flatMap((key) => (given[key] == null ? [] : [[key, given[key]]]))) as JsonObject;
}

/** The text of a configuration; undefined if it is none. */
export function readGivenConfig(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) && (value['config'] == null || isJsonObject(value['config']))
      ? (value as JsonObject)
      : undefined;
  } catch {
    return undefined;
  }
}
