import { posix } from 'node:path';
import { cutText, escapeText } from '../../../varlink/text.js';
import type { OciConfig } from './config.js';
import { signalName } from './stop-signals.js';

/** A settings file of systemd.nspawn(5), and what it leaves out. */
export interface NspawnSettings {
  text: string;
  /** What of the configuration it cannot say, for people: few clauses, each of one line. */
  untranslated: string[];
}

/** What of a configuration becomes lines, or cannot. */
interface Translation {
  lines: string[];
  untranslated: string[];
}

/** Longer words can be handed to no program (MAX_ARG_STRLEN of execve(2), with the NUL at the end). */
const wordBytesMax = 128 * 1024 - 1;
/** With a longer line systemd refuses the file (LONG_LINE_MAX). */
const lineBytesMax = 1024 * 1024 - 1;
const pathBytesMax = 4095;

/** systemd takes both for the end of a line, however they are quoted. */
const hasLineBreak = (text: string) => /[\n\r]/.test(text);

/**
 * A word as systemd reads it from a settings file (config_parse_strv()): quotes group, and within them nothing is special, a
 * backslash or percent sign neither; a quote of one kind can stand between two of the other.
 */
function quoted(word: string): string {
  if (/^[A-Za-z0-9_=+\-/.:,@%]+$/.test(word)) return word;
  const parts = word.match(/[^"]+|"+/g) ?? [''];
  return parts.map((part) => (part.startsWith('"') ? `'${part}'` : `"${part}"`)).join('');
}

function lineOf(key: string, value: string): string | undefined {
  const line = `${key}=${value}`;
  return Buffer.byteLength(line) <= lineBytesMax ? line : undefined;
}

/** Why no container could be given a word; undefined if it can. */
function problemOf(word: string): string | undefined {
  if (hasLineBreak(word)) return 'has a line break, which no settings file can hold';
  return Buffer.byteLength(word) > wordBytesMax ? 'is longer than 128 KiB, which no program can be given' : undefined;
}

/** A few of many, for people. */
function listed(items: readonly string[]): string {
  const shown = items.slice(0, 5).map((item) => escapeText(cutText(item, 60)));
  const rest = items.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ');
}

function environmentOf({ environment }: OciConfig): Translation {
  const values = new Map<string, string>();
  const nameless: string[] = [];
  for (const entry of environment) {
    const cut = entry.indexOf('=');
    if (cut > 0) values.set(entry.slice(0, cut), entry);
    else nameless.push(entry);
  }
  const problems = new Map<string, string[]>();
  const lines: string[] = [];
  for (const [name, entry] of values) {
    const problem = problemOf(entry);
    if (problem === undefined) lines.push(`Environment=${quoted(entry)}`);
    else if (problems.has(problem)) problems.get(problem)?.push(name);
    else problems.set(problem, [name]);
  }
  const untranslated = [...problems].map(([problem, names]) => `the environment variable ${listed(names)} ${problem}`);
  if (nameless.length > 0) untranslated.push(`the environment entry ${listed(nameless)} is not NAME=VALUE`);
  return { lines, untranslated };
}

function parametersOf({ entrypoint, command }: OciConfig): Translation {
  const words = [...entrypoint, ...command];
  if (words.length === 0) return { lines: [], untranslated: [] };
  const [problem] = words.map(problemOf).filter((each) => each !== undefined);
  if (problem !== undefined) return { lines: [], untranslated: [`a word of the command ${problem}`] };
  const line = lineOf('Parameters', words.map(quoted).join(' '));
  if (line !== undefined) return { lines: [line], untranslated: [] };
  return { lines: [], untranslated: ['the command is longer than 1 MiB, which no settings file can hold'] };
}

function isRoot(user: string | undefined): boolean {
  return user === undefined || user === 'root' || /^0+$/.test(user);
}

/** systemd takes the group from the image's own accounts. */
function accountOf({ user, group }: OciConfig): Translation {
  const lines = user === undefined || isRoot(user) ? [] : [`User=${user}`];
  const isOwn = group === undefined || group === user || (isRoot(user) && isRoot(group));
  return { lines, untranslated: isOwn ? [] : [`the group ${escapeText(group)} of the user`] };
}

/** There are no quotes in paths: what begins or ends with space, or ends with a backslash, would become another one. */
function directoryOf({ workingDirectory }: OciConfig): Translation {
  if (workingDirectory === undefined) return { lines: [], untranslated: [] };
  const path = posix.resolve('/', workingDirectory);
  if (path === '/') return { lines: [], untranslated: [] };
  const isWritable = !hasLineBreak(path) && !/[\s\\]$/.test(path) && Buffer.byteLength(path) <= pathBytesMax;
  if (isWritable) return { lines: [`WorkingDirectory=${path}`], untranslated: [] };
  return { lines: [], untranslated: [`the working directory ${listed([path])}`] };
}

function signalOf({ stopSignal = 'TERM' }: OciConfig): Translation {
  const signal = signalName(stopSignal);
  return {
    lines: [`KillSignal=${signal ?? 'TERM'}`],
    untranslated: signal === undefined ? [`the stop signal ${listed([stopSignal])}`] : [],
  };
}

/** PORT or PORT/PROTOCOL as Port= has it; undefined for ranges and other protocols. */
function portOf(text: string): string | undefined {
  const [, port, protocol = 'tcp'] = /^(\d{1,5})(?:\/(tcp|udp))?$/.exec(text) ?? [];
  const number = Number(port);
  return number > 0 && number <= 0xffff ? `${protocol}:${number}` : undefined;
}

/**
 * Ports that an image tells of are not opened by that: the administrator decides, and a container that shares the host's network does not
 * start with Port=. So they are put where an administrator can use them.
 */
function portsOf({ exposedPorts }: OciConfig): Translation {
  if (exposedPorts.length === 0) return { lines: [], untranslated: [] };
  const ports = [...new Set(exposedPorts.map(portOf).filter((port) => port !== undefined))].slice(0, 100);
  const lines = ['', '# Ports that the image serves. To open them on the host:', '#[Network]', '#VirtualEthernet=yes'];
  return {
    lines: ports.length === 0 ? [] : [...lines, ...ports.map((port) => `#Port=${port}`)],
    untranslated: [`the ports ${listed(exposedPorts)}, which stay closed`],
  };
}

/** Data stays in the image, which is what a volume is for; Bind= without a directory of the host would lose it with each stop. */
function volumesOf({ volumes }: OciConfig): Translation {
  if (volumes.length === 0) return { lines: [], untranslated: [] };
  const paths = volumes.filter((path) => /^\/[^\p{Cc}:\\]*$/u.test(path) && path.length < 1000).slice(0, 100);
  const lines = ['', '# Volumes of the image. To keep their data on the host:', '#[Files]'];
  return {
    lines: paths.length === 0 ? [] : [...lines, ...paths.map((path) => `#Bind=/path/on/host:${path}`)],
    untranslated: [`the volumes ${listed(volumes)}, whose data stays in the image`],
  };
}

/**
 * Makes a settings file for systemd-nspawn(1) of what an OCI image says of how it is run, as systemd's pull-oci does; but every value
 * arrives as it was, and what cannot is told of.
 */
export function nspawnSettings(config: OciConfig): NspawnSettings {
  const exec = [signalOf, accountOf, directoryOf, environmentOf, parametersOf].map((translate) => translate(config));
  const others = [portsOf, volumesOf].map((translate) => translate(config));
  const all = [...exec, ...others];
  const head = ['# Made from the configuration of an OCI image', '[Exec]', 'Boot=no'];
  const { furtherSettings } = config;
  return {
    text: `${[...head, ...all.flatMap(({ lines }) => lines)].join('\n')}\n`,
    untranslated: [
      ...all.flatMap(({ untranslated }) => untranslated),
      ...(furtherSettings.length === 0 ? [] : [`the settings ${furtherSettings.join(', ')}`]),
    ],
  };
}
