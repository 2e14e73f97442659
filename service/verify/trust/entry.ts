import { urlProblem } from '../../../common/url.js';
import { type Pattern, parsePattern } from './pattern.js';
import { type Assignment, type Fault, parseSettings, type Section } from './settings.js';

/** How strictly a download has to be verified, the laxest first. */
export const minimums = ['no', 'checksum', 'signature'] as const;
export type Minimum = (typeof minimums)[number];

/** Where keys are that an entry names. */
export interface KeySource {
  /** As it was written. */
  readonly text: string;
  /** The line that names it, counted from 1. */
  readonly line: number;
  /** Whether the text is the key itself, and not a path. */
  readonly isInline: boolean;
  /** Whether the file may be missing. */
  readonly isOptional: boolean;
}

/** A [Trust] section: who is trusted for some URLs. */
export interface TrustEntry {
  /** That of its file without `.conf`. */
  readonly name: string;
  /** The path of its file. */
  readonly path: string;
  /** The line of its header, counted from 1. */
  readonly line: number;
  readonly patterns: readonly Pattern[];
  readonly keySources: readonly KeySource[];
  /** Hexadecimal digits in upper case, or SHA256: and a digest in base64; empty if any key will do. */
  readonly fingerprints: readonly string[];
  /** Undefined where the caller may choose. */
  readonly minimum: Minimum | undefined;
  readonly requireSigners: number;
  readonly checksumFiles: readonly string[];
  readonly description: string | undefined;
  /** What is wrong with it: it must not be used then. */
  readonly faults: readonly Fault[];
  /** Whether it is not known which URLs it is for. */
  readonly mayCoverAll: boolean;
}

/** The most signers that an entry can demand. */
const signersMax = 100;

interface Draft {
  patterns: Pattern[];
  keySources: KeySource[];
  fingerprints: string[];
  minimum: Minimum | undefined;
  requireSigners: number;
  checksumFiles: string[];
  description: string | undefined;
  mayCoverAll: boolean;
}

/** Takes a value, which is not empty; gives back what is wrong with it, as the rest of a sentence. */
type Take = (draft: Draft, value: string, line: number) => string | undefined;

interface Setting {
  readonly take: Take;
  /** What an empty value does. */
  readonly clear: (draft: Draft) => void;
}

const settings: Readonly<Record<string, Setting>> = {
  URL: {
    take: (draft, value) => firstProblem(words(value), (word) => takePattern(draft, word)),
    clear: (draft) => void (draft.patterns = []),
  },
  Keyring: { take: takeKeyring, clear: (draft) => void (draft.keySources = []) },
  Fingerprint: { take: takeFingerprint, clear: (draft) => void (draft.fingerprints = []) },
  Verify: { take: takeMinimum, clear: (draft) => void (draft.minimum = undefined) },
  RequireSigners: { take: takeSigners, clear: (draft) => void (draft.requireSigners = 1) },
  ChecksumFile: {
    take: (draft, value) => firstProblem(words(value), (word) => takeChecksumFile(draft, word)),
    clear: (draft) => void (draft.checksumFiles = []),
  },
  Description: {
    take: (draft, value) => void (draft.description = value),
    clear: (draft) => void (draft.description = undefined),
  },
};

function words(value: string): string[] {
  return value.split(/\s+/).filter((word) => word !== '');
}

function firstProblem(all: readonly string[], take: (word: string) => string | undefined): string | undefined {
  const problems = all.map(take);
  return problems.find((problem) => problem !== undefined);
}

function takePattern(draft: Draft, word: string): string | undefined {
  const pattern = parsePattern(word);
  if (typeof pattern !== 'string') return void draft.patterns.push(pattern);
  // Whatever it was to cover, nothing may slip past it.
  draft.mayCoverAll = true;
  return `has a URL= that ${pattern}`;
}

/** A public key of minisign or signify, and one of OpenSSH, alone or as a line of allowed signers. */
const inlineKey = /^(RW[A-Za-z0-9+/]{54}|(\S+\s+)*(ssh-|ecdsa-sha2-|sk-)[a-z0-9@.-]+\s+AAAA[A-Za-z0-9+/]+=*(\s.*)?)$/;

function takeKeyring(draft: Draft, value: string, line: number): undefined {
  const isInline = inlineKey.test(value);
  const isOptional = !isInline && value.startsWith('-');
  draft.keySources.push({ text: isOptional ? value.slice(1) : value, line, isInline, isOptional });
}

function takeFingerprint(draft: Draft, value: string): string | undefined {
  const plain = value.replace(/[\s]|^0x/gi, '');
  const digits = plain.replace(/:/g, '');
  if (/^SHA256:[A-Za-z0-9+/]{43}=?$/.test(plain)) return void draft.fingerprints.push(plain.replace(/=$/, ''));
  if (/^([0-9a-f]{16}|[0-9a-f]{40}|[0-9a-f]{64})$/i.test(digits))
    return void draft.fingerprints.push(digits.toUpperCase());
  return 'has a Fingerprint= that is not one: give 40 or 64 hexadecimal digits, 16 of minisign, or SHA256:… of OpenSSH';
}

function takeMinimum(draft: Draft, value: string): string | undefined {
  const minimum = minimums.find((each) => each === value);
  if (minimum === undefined) return 'has a Verify= that is not no, checksum or signature';
  return void (draft.minimum = minimum);
}

function takeSigners(draft: Draft, value: string): string | undefined {
  const count = /^[0-9]{1,3}$/.test(value) ? Number(value) : 0;
  if (count < 1 || count > signersMax) return `has a RequireSigners= that is not a number from 1 to ${signersMax}`;
  return void (draft.requireSigners = count);
}

function takeChecksumFile(draft: Draft, word: string): string | undefined {
  const isUrl = /^[a-z]+:/i.test(word);
  const problem = isUrl ? urlProblem(word) : /^\/|(^|\/)\.\.(\/|$)|[?#\\]|[^\x21-\x7e]/.test(word);
  if (problem === undefined || problem === false) return void draft.checksumFiles.push(word);
  return 'has a ChecksumFile= that is neither the name of a file beside the image nor a URL';
}

/** The entries of a file, which is empty where it masks another one. `name`: without `.conf`. */
export function parseEntries(name: string, path: string, text: string): TrustEntry[] {
  return parseSettings(text)
    .filter(({ title }) => title === undefined || !title.startsWith('X-'))
    .map((section) => entryOf(name, path, section));
}

/** An entry that stands for a file of which nothing is known. */
export function unreadableEntry(name: string, path: string, reason: string): TrustEntry {
  return { ...emptyDraft(), name, path, line: 1, faults: [{ line: 1, reason }], mayCoverAll: true };
}

function emptyDraft(): Draft {
  return {
    patterns: [],
    keySources: [],
    fingerprints: [],
    minimum: undefined,
    requireSigners: 1,
    checksumFiles: [],
    description: undefined,
    mayCoverAll: false,
  };
}

function entryOf(name: string, path: string, section: Section): TrustEntry {
  const draft = emptyDraft();
  const faults: Fault[] = [...section.faults, ...misnamed(section)];
  for (const assignment of section.assignments) faults.push(...assign(draft, assignment));
  const guessed = faults.flatMap(({ text }) => (text === undefined ? [] : patternsIn(text)));
  draft.patterns.push(...guessed);
  if (draft.patterns.length === 0 && !draft.mayCoverAll) {
    draft.mayCoverAll = true;
    faults.push({ line: section.line, reason: 'has no URL=, which says what it is for' });
  }
  return { ...draft, name, path, line: section.line, faults: faults.sort((a, b) => a.line - b.line) };
}

function misnamed({ title, line }: Section): Fault[] {
  if (title === undefined || title === 'Trust') return [];
  return [{ line, reason: `has the section [${title}], which is not [Trust]` }];
}

function assign(draft: Draft, { name, value, line }: Assignment): Fault[] {
  if (name.startsWith('X-')) return [];
  const setting = Object.hasOwn(settings, name) ? settings[name] : undefined;
  if (setting === undefined) return [{ line, reason: `has the unknown setting '${name}='`, text: value }];
  if (value === '') {
    setting.clear(draft);
    return [];
  }
  const reason = setting.take(draft, value, line);
  return reason === undefined ? [] : [{ line, reason }];
}

/** What a line that makes no sense may have been meant to cover. */
function patternsIn(text: string): Pattern[] {
  const candidates = words(text.replace(/^[^=:*]*=/, '')).filter((word) => /:\/\/|^\*\./.test(word));
  return candidates.map(parsePattern).filter((pattern) => typeof pattern !== 'string');
}
