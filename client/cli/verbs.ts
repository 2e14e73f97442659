import type { VerbCommandClass } from './command.js';
import { type OptionScope, optionTable } from './options.js';

/** A verb as the user sees it, and where its code is. */
export interface VerbDescription {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** How --help shows the arguments. */
  readonly synopsis: string;
  readonly minimumArguments: number;
  readonly maximumArguments: number;
  readonly help: string;
  /** The scopes of the options that it takes, beside those that every verb takes. */
  readonly takes: readonly OptionScope[];
  /** `Internal` ones are not shown: people have no use for them. */
  readonly group: 'Commands' | 'Image Commands' | 'Internal';
  /** Loads the command; nothing of a verb is read before it is known to be the one asked for. */
  readonly load: () => Promise<{ default: VerbCommandClass }>;
}

/** The verb that runs when none is given, as with importctl(1). */
export const defaultVerb = 'list-transfers';

/** Shells ask for completions with whatever was typed so far. */
const everything = optionTable.map(({ scope }) => scope);

/** Every verb, in the order of --help. `help` is answered without a command. */
export const verbTable: readonly VerbDescription[] = [
  {
    name: 'pull-tar',
    synopsis: 'URL [NAME]',
    minimumArguments: 1,
    maximumArguments: 2,
    help: 'Download a tar archive as an image',
    group: 'Commands',
    takes: ['class', 'root', 'pull', 'place', 'read-only', 'rehearse'],
    load: () => import('../commands/pull-tar.js'),
  },
  {
    name: 'pull-raw',
    synopsis: 'URL [NAME]',
    minimumArguments: 1,
    maximumArguments: 2,
    help: 'Download a raw or qcow2 disk image',
    group: 'Commands',
    takes: ['class', 'root', 'pull', 'place', 'read-only', 'rehearse'],
    load: () => import('../commands/pull-raw.js'),
  },
  {
    name: 'import-tar',
    synopsis: 'FILE [NAME]',
    minimumArguments: 1,
    maximumArguments: 2,
    help: 'Import a local tar archive as an image',
    group: 'Commands',
    takes: ['class', 'root', 'place', 'read-only'],
    load: () => import('../commands/import-tar.js'),
  },
  {
    name: 'import-raw',
    synopsis: 'FILE [NAME]',
    minimumArguments: 1,
    maximumArguments: 2,
    help: 'Import a local raw or qcow2 disk image',
    group: 'Commands',
    takes: ['class', 'root', 'place', 'read-only'],
    load: () => import('../commands/import-raw.js'),
  },
  {
    name: 'import-fs',
    synopsis: 'DIRECTORY [NAME]',
    minimumArguments: 1,
    maximumArguments: 2,
    help: 'Import a local directory as an image',
    group: 'Commands',
    takes: ['class', 'root', 'place', 'read-only'],
    load: () => import('../commands/import-fs.js'),
  },
  {
    name: 'export-tar',
    synopsis: 'NAME [FILE]',
    minimumArguments: 1,
    maximumArguments: 2,
    help: 'Export an image as a tar archive',
    group: 'Commands',
    takes: ['class', 'root', 'export'],
    load: () => import('../commands/export-tar.js'),
  },
  {
    name: 'export-raw',
    synopsis: 'NAME [FILE]',
    minimumArguments: 1,
    maximumArguments: 2,
    help: 'Export a raw disk image',
    group: 'Commands',
    takes: ['class', 'root', 'export'],
    load: () => import('../commands/export-raw.js'),
  },
  {
    name: 'list-transfers',
    aliases: ['list-transfer', 'list'],
    synopsis: '',
    minimumArguments: 0,
    maximumArguments: 0,
    help: 'Show the transfers under way',
    group: 'Commands',
    takes: ['class', 'watch'],
    load: () => import('../commands/list-transfers.js'),
  },
  {
    name: 'cancel-transfer',
    aliases: ['cancel'],
    synopsis: 'ID…',
    minimumArguments: 1,
    maximumArguments: Number.POSITIVE_INFINITY,
    help: 'Cancel transfers',
    group: 'Commands',
    takes: [],
    load: () => import('../commands/cancel-transfer.js'),
  },
  {
    name: 'list-images',
    synopsis: '',
    minimumArguments: 0,
    maximumArguments: 0,
    help: 'Show the images of this host',
    group: 'Image Commands',
    takes: ['class', 'root'],
    load: () => import('../commands/list-images.js'),
  },
  {
    name: 'remove-image',
    synopsis: 'NAME…',
    minimumArguments: 1,
    maximumArguments: Number.POSITIVE_INFINITY,
    help: 'Remove images',
    group: 'Image Commands',
    takes: ['class', 'root'],
    load: () => import('../commands/remove-image.js'),
  },
  {
    name: 'rename-image',
    synopsis: 'NAME NEW-NAME',
    minimumArguments: 2,
    maximumArguments: 2,
    help: 'Rename an image',
    group: 'Image Commands',
    takes: ['class', 'root'],
    load: () => import('../commands/rename-image.js'),
  },
  {
    name: 'clone-image',
    synopsis: 'NAME NEW-NAME',
    minimumArguments: 2,
    maximumArguments: 2,
    help: 'Make a copy of an image',
    group: 'Image Commands',
    takes: ['class', 'root', 'read-only'],
    load: () => import('../commands/clone-image.js'),
  },
  {
    name: 'read-only-image',
    synopsis: 'NAME [BOOL]',
    minimumArguments: 1,
    maximumArguments: 2,
    help: 'Make an image read-only, or writable',
    group: 'Image Commands',
    takes: ['class', 'root'],
    load: () => import('../commands/read-only-image.js'),
  },
  {
    name: 'clean',
    synopsis: '',
    minimumArguments: 0,
    maximumArguments: 0,
    help: 'Remove pristine downloads and leftovers',
    group: 'Image Commands',
    takes: ['class', 'root', 'rehearse'],
    load: () => import('../commands/clean.js'),
  },
  {
    name: 'bridge',
    synopsis: '',
    minimumArguments: 0,
    maximumArguments: 0,
    help: 'Connect standard input and output to the service',
    group: 'Internal',
    takes: [],
    load: () => import('../commands/bridge.js'),
  },
  {
    name: 'complete',
    synopsis: 'KIND',
    minimumArguments: 1,
    maximumArguments: 1,
    help: 'Show the words that a shell may offer',
    group: 'Internal',
    takes: everything,
    load: () => import('../commands/complete.js'),
  },
];

/** The scopes of the options that a verb takes. */
export function scopesOf({ takes }: VerbDescription): ReadonlySet<OptionScope> {
  return new Set<OptionScope>(['all', 'connect', 'output', ...takes]);
}
