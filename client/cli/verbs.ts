import type { VerbCommandClass } from './command.js';
import type { OptionScope } from './option/kinds.js';
import { optionTable } from './option-table.js';

/** A verb as the user sees it, and where its code is. */
export interface VerbDescription {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** How --help shows the arguments: `[NAME]` may be left out, `ID…` repeated. */
  readonly synopsis: string;
  readonly help: string;
  /** The scopes of the options that it takes, beside those that every verb takes. */
  readonly takes: readonly OptionScope[];
  /** `Internal` ones are not shown: people have no use for them. */
  readonly group: 'Commands' | 'Image Commands' | 'Internal';
  /** Loads the command; nothing of a verb is read before it is known to be the one asked for. */
  readonly load: () => Promise<VerbCommandClass>;
}

/** The verb that runs when none is given, as with importctl(1). */
export const defaultVerb = 'list-transfers';

/** Shells ask for completions with whatever was typed so far. */
const everything = optionTable.map(({ scope }) => scope);

/** What pulls from URLs take. */
const ofPulls: readonly OptionScope[] = [
  'class',
  'root',
  'pull',
  'download',
  'proof',
  'keyring',
  'verify',
  'platform',
  'registry',
  'place',
  'force',
  'read-only',
  'rehearse',
];

/** Every verb, in the order of --help. `help` is answered without a command. */
export const verbTable: readonly VerbDescription[] = [
  {
    name: 'pull-tar',
    synopsis: 'URL [NAME]',
    help: 'Download a tar archive as an image',
    group: 'Commands',
    takes: ofPulls,
    load: async () => (await import('../transfer/pull.js')).pullCommand('tar'),
  },
  {
    name: 'pull-raw',
    synopsis: 'URL [NAME]',
    help: 'Download a raw or qcow2 disk image',
    group: 'Commands',
    takes: ofPulls,
    load: async () => (await import('../transfer/pull.js')).pullCommand('raw'),
  },
  {
    name: 'pull-oci',
    synopsis: 'REF [NAME]',
    help: 'Download a container image from a registry',
    group: 'Commands',
    takes: [
      'class',
      'root',
      'download',
      'oci',
      'platform',
      'registry',
      'keyring',
      'verify',
      'place',
      'force',
      'read-only',
      'rehearse',
    ],
    load: async () => (await import('../registry/pull-oci.js')).default,
  },
  {
    name: 'import-tar',
    synopsis: 'FILE [NAME]',
    help: 'Import a local tar archive as an image',
    group: 'Commands',
    takes: ['class', 'root', 'place', 'force', 'read-only'],
    load: async () => (await import('../transfer/import.js')).importCommand('tar'),
  },
  {
    name: 'import-raw',
    synopsis: 'FILE [NAME]',
    help: 'Import a local raw or qcow2 disk image',
    group: 'Commands',
    takes: ['class', 'root', 'place', 'force', 'read-only'],
    load: async () => (await import('../transfer/import.js')).importCommand('raw'),
  },
  {
    name: 'import-fs',
    synopsis: 'DIRECTORY [NAME]',
    help: 'Import a local directory as an image',
    group: 'Commands',
    takes: ['class', 'root', 'place', 'force', 'read-only'],
    load: async () => (await import('../transfer/import.js')).importCommand('directory'),
  },
  {
    name: 'import-oci',
    synopsis: 'PATH [NAME]',
    help: 'Import a container image from an archive',
    group: 'Commands',
    takes: ['class', 'root', 'place', 'force', 'read-only', 'oci', 'platform', 'archive'],
    load: async () => (await import('../transfer/import.js')).importCommand('oci'),
  },
  {
    name: 'export-tar',
    synopsis: 'NAME [FILE]',
    help: 'Export an image as a tar archive',
    group: 'Commands',
    takes: ['class', 'root', 'export'],
    load: async () => (await import('../transfer/export.js')).exportCommand('tar'),
  },
  {
    name: 'export-raw',
    synopsis: 'NAME [FILE]',
    help: 'Export a raw disk image',
    group: 'Commands',
    takes: ['class', 'root', 'export'],
    load: async () => (await import('../transfer/export.js')).exportCommand('raw'),
  },
  {
    name: 'export-oci',
    synopsis: 'NAME [FILE]',
    help: 'Export an image as an OCI image',
    group: 'Commands',
    takes: ['class', 'root', 'export'],
    load: async () => (await import('../transfer/export.js')).exportCommand('oci'),
  },
  {
    name: 'push-oci',
    synopsis: 'NAME REF',
    help: 'Push an image to a registry',
    group: 'Commands',
    takes: ['class', 'root', 'export', 'download', 'registry', 'push', 'rehearse'],
    load: async () => (await import('../registry/push-oci.js')).default,
  },
  {
    name: 'list-transfers',
    aliases: ['list-transfer', 'list'],
    synopsis: '',
    help: 'Show the transfers under way',
    group: 'Commands',
    takes: ['class', 'watch', 'table'],
    load: async () => (await import('../commands/list-transfers.js')).default,
  },
  {
    name: 'cancel-transfer',
    aliases: ['cancel'],
    synopsis: 'ID…',
    help: 'Cancel transfers',
    group: 'Commands',
    takes: [],
    load: async () => (await import('../commands/cancel-transfer.js')).default,
  },
  {
    name: 'list-images',
    synopsis: '',
    help: 'Show the images of this host',
    group: 'Image Commands',
    takes: ['class', 'root', 'list', 'table'],
    load: async () => (await import('../commands/list-images.js')).default,
  },
  {
    name: 'verify',
    synopsis: 'NAME…',
    help: 'Check whether images are still what was signed',
    group: 'Image Commands',
    takes: ['class', 'root', 'proof', 'keyring', 'online'],
    load: async () => (await import('../commands/verify.js')).default,
  },
  {
    name: 'show',
    aliases: ['inspect'],
    synopsis: 'NAME…',
    help: 'Show everything that is known of images',
    group: 'Image Commands',
    takes: ['class', 'root', 'count'],
    load: async () => (await import('../commands/show.js')).default,
  },
  {
    name: 'remove-image',
    synopsis: 'NAME…',
    help: 'Remove images',
    group: 'Image Commands',
    takes: ['class', 'root'],
    load: async () => (await import('../commands/remove-image.js')).default,
  },
  {
    name: 'rename-image',
    synopsis: 'NAME NEW-NAME',
    help: 'Rename an image',
    group: 'Image Commands',
    takes: ['class', 'root'],
    load: async () => (await import('../commands/rename-image.js')).default,
  },
  {
    name: 'clone-image',
    synopsis: 'NAME NEW-NAME',
    help: 'Make a copy of an image',
    group: 'Image Commands',
    takes: ['class', 'root', 'read-only'],
    load: async () => (await import('../commands/clone-image.js')).default,
  },
  {
    name: 'read-only-image',
    synopsis: 'NAME [BOOL]',
    help: 'Make an image read-only, or writable',
    group: 'Image Commands',
    takes: ['class', 'root'],
    load: async () => (await import('../commands/read-only-image.js')).default,
  },
  {
    name: 'clean',
    synopsis: '',
    help: 'Remove pristine downloads and leftovers',
    group: 'Image Commands',
    takes: ['class', 'root', 'rehearse', 'prune', 'table'],
    load: async () => (await import('../commands/clean.js')).default,
  },
  {
    name: 'df',
    synopsis: '',
    help: 'Show the disk space that images and downloads take',
    group: 'Image Commands',
    takes: ['class', 'root', 'table'],
    load: async () => (await import('../commands/df.js')).default,
  },
  {
    name: 'history',
    synopsis: '[NAME]…',
    help: 'Show what was done to images, when and by whom',
    group: 'Image Commands',
    takes: ['class', 'history'],
    load: async () => (await import('../commands/history.js')).default,
  },
  {
    name: 'trust',
    synopsis: 'ACTION [URL] [KEY]',
    help: 'Show and choose whose keys are trusted for which URLs (list, show URL, add URL KEY, check)',
    group: 'Commands',
    takes: ['trust', 'verify', 'force'],
    load: async () => (await import('../commands/trust.js')).default,
  },
  {
    name: 'bridge',
    synopsis: '',
    help: 'Connect standard input and output to the service',
    group: 'Internal',
    takes: [],
    load: async () => (await import('../commands/bridge.js')).default,
  },
  {
    name: 'complete',
    synopsis: 'KIND',
    help: 'Show the words that a shell may offer',
    group: 'Internal',
    takes: everything,
    load: async () => (await import('../commands/complete.js')).default,
  },
];

/** The scopes of the options that a verb takes. */
export function scopesOf({ takes }: VerbDescription): ReadonlySet<OptionScope> {
  return new Set<OptionScope>(['all', 'connect', 'output', ...takes]);
}

/** How many arguments a verb takes. */
export function argumentCounts({ synopsis }: Pick<VerbDescription, 'synopsis'>): {
  readonly minimum: number;
  readonly maximum: number;
} {
  const words = synopsis === '' ? [] : synopsis.split(' ');
  const minimum = words.filter((word) => !word.startsWith('[')).length;
  return { minimum, maximum: synopsis.endsWith('…') ? Number.POSITIVE_INFINITY : words.length };
}
