import { resolve } from 'node:path';
import { type ImageClass, imageClasses, imageRootPath, type Scope } from '../../common/image-classes.js';
import { compressionOf } from '../../common/suffixes.js';
import { type HostName, type MachineName, parseHost, parseMachine } from '../connect/places.js';
import { isDamaged } from '../names.js';
import { UserError } from './failure.js';
import type { ProcessContext } from './process-context.js';
import {
  type Compression,
  compressions,
  type JsonMode,
  jsonModes,
  parseBoolean,
  parseChoice,
  parseSize,
  type Verification,
  verifications,
} from './values.js';

/** The options as written, in canonical form. */
export interface RawSettings {
  readonly class: string | undefined;
  readonly imageRoot: string | undefined;
  readonly verify: string | undefined;
  readonly keyrings: readonly string[] | undefined;
  readonly keepDownload: string | undefined;
  readonly limitRate: string | undefined;
  readonly resume: string | undefined;
  readonly force: string | undefined;
  readonly readOnly: string | undefined;
  readonly strict: string | undefined;
  readonly sizeMax: string | undefined;
  readonly format: string | undefined;
  readonly dryRun: string | undefined;
  readonly watch: string | undefined;
  readonly quiet: string | undefined;
  readonly json: string | undefined;
  readonly pager: string | undefined;
  readonly legend: string | undefined;
  readonly askPassword: string | undefined;
  readonly scope: string | undefined;
  readonly host: string | undefined;
  readonly machine: string | undefined;
  readonly address: string | undefined;
}

/** The options, judged. What is undefined was not given. */
export interface Settings {
  readonly class: ImageClass | undefined;
  /** Absolute. */
  readonly imageRoot: string | undefined;
  readonly verify: Verification | undefined;
  /** Absolute paths. */
  readonly keyrings: readonly string[];
  readonly keepDownload: boolean | undefined;
  /** Bytes per second. */
  readonly limitRate: number | undefined;
  readonly resume: boolean;
  readonly force: boolean;
  readonly readOnly: boolean;
  readonly strict: boolean;
  /** Bytes. */
  readonly sizeMax: number | undefined;
  readonly format: Compression | undefined;
  readonly dryRun: boolean;
  readonly watch: boolean;
  readonly quiet: boolean;
  readonly json: JsonMode;
  readonly pager: boolean;
  readonly legend: boolean;
  readonly askPassword: boolean;
  readonly scope: Scope | undefined;
  readonly host: HostName | undefined;
  readonly machine: MachineName | undefined;
  readonly address: string | undefined;
}

/** @throws UserError if a value cannot be understood */
export function readSettings(raw: RawSettings, context: ProcessContext): Settings {
  const absolute = (path: string, option: string) => {
    if (path === '') throw new UserError(`Option ${option} needs a path.`);
    if (isDamaged(path))
      throw new UserError(`Cannot use '${path}' for ${option}: the path is not valid UTF-8.${wayIn(option)}`);
    return resolve(context.workingDirectory, path);
  };
  checkPlace(raw);
  checkKeyrings(raw);
  return {
    class: optional(raw.class, (text) => parseChoice('--class=', text, imageClasses)),
    imageRoot: optional(raw.imageRoot, (text) => absolute(text, '--image-root=')),
    verify: optional(raw.verify, (text) => parseChoice('--verify=', text, verifications)),
    keyrings: (raw.keyrings ?? []).map((text) => absolute(text, '--keyring=')),
    keepDownload: optional(raw.keepDownload, (text) => parseBoolean('--keep-download=', text)),
    limitRate: optional(raw.limitRate, (text) => parseSize('--limit-rate=', text)),
    resume: readFlag(raw.resume, '--resume', true),
    force: readFlag(raw.force, '--force', false),
    readOnly: readFlag(raw.readOnly, '--read-only', false),
    strict: readFlag(raw.strict, '--strict', false),
    sizeMax: optional(raw.sizeMax, (text) => parseSize('--size-max=', text)),
    format: optional(raw.format, readFormat),
    dryRun: readFlag(raw.dryRun, '--dry-run', false),
    watch: readFlag(raw.watch, '--watch', false),
    quiet: readFlag(raw.quiet, '--quiet', false),
    json: readJsonMode(raw.json, context),
    pager: readFlag(raw.pager, '--pager', true),
    legend: readFlag(raw.legend, '--legend', true),
    askPassword: readFlag(raw.askPassword, '--ask-password', true),
    scope: optional(raw.scope, (text) => parseChoice('--scope=', text, ['system', 'user'])),
    host: optional(raw.host, parseHost),
    machine: optional(raw.machine, parseMachine),
    address: optional(raw.address, checkAddress),
  };
}

/** Node cannot open a file of such a name, but what a shell opens it can read. */
function wayIn(option: string): string {
  return option === '--keyring=' ? ' Redirect standard input from it, with --keyring=/dev/stdin.' : '';
}

/** One place is enough, and a path there has nothing to do with our working directory. */
function checkPlace({ host, machine, address, imageRoot, scope }: RawSettings): void {
  if (address !== undefined && scope !== undefined)
    throw new UserError(`Cannot use --address= and --${scope} together: the address says which service is meant`);
  const given = Object.entries({ host, machine, address }).filter(([, value]) => value !== undefined);
  const [first, second] = given.map(([name]) => `--${name}=`);
  if (second !== undefined) {
    const hint = address === undefined ? ' For a container on another host write --host=HOST/CONTAINER.' : '';
    throw new UserError(`Options ${first} and ${second} exclude each other.${hint}`);
  }
  if (imageRoot === undefined || imageRoot.startsWith('/') || (host ?? machine) === undefined) return;
  throw new UserError(`Option --image-root= needs an absolute path with ${first}: '${imageRoot}' is none.`);
}

/** Whoever names a key expects that a signature by it counts. */
function checkKeyrings({ keyrings = [], verify }: RawSettings): void {
  if (keyrings.length > 0 && verify === 'no')
    throw new UserError('Cannot use --keyring= with --verify=no: no signature is checked then');
}

function optional<Value>(text: string | undefined, read: (text: string) => Value): Value | undefined {
  return text === undefined ? undefined : read(text);
}

function readFlag(text: string | undefined, option: string, otherwise: boolean): boolean {
  return text === undefined ? otherwise : parseBoolean(option, text);
}

/** The manual page says `zst`, importctl's own help says `zstd`. */
function readFormat(text: string): Compression {
  if (text === 'zst') return 'zstd';
  return parseChoice('--format=', text, compressions, compressionOf(`.${text}`));
}

function readJsonMode(text: string | undefined, context: ProcessContext): JsonMode {
  if (text === undefined) return 'off';
  if (text === 'auto') return context.stdout.isTerminal ? 'pretty' : 'short';
  return parseChoice('--json=', text, jsonModes);
}

function checkAddress(text: string): string {
  if (/^(?:unix|exec|ssh|ssh-unix|ssh-exec):./.test(text)) return text;
  if (text.startsWith('/')) return `unix:${text}`;
  throw new UserError(`'${text}' is no Varlink address for --address=: expected unix:PATH or exec:PROGRAM.`);
}

/**
 * The class of an image that is to be placed or exported.
 *
 * @throws UserError if none was given and the program was called as importctl, which has no default
 */
export function requireClass(settings: Settings, context: ProcessContext): ImageClass {
  if (settings.class !== undefined) return settings.class;
  if (context.programName !== 'importctl') return 'machine';
  const directories = imageClasses.map((name) => `${name} (${imageRootPath(name, 'system')})`).join(', ');
  throw new UserError(`A class is needed, given with --class= or -m, -P, -S, -C: ${directories}.`);
}
