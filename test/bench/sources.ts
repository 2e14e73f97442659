import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run, shell } from '../support/command.js';
import { projectFile } from '../support/project.js';

/** What is imported and exported beside files: trees and disks that have to lie on the filesystem that is measured. */
export type Source = 'tree' | 'share' | 'perl' | 'many' | 'disk' | 'smallDisk';

/** A codec's own program, and its input: a file of the fixtures, or a source packed by tar. */
export interface Coder {
  /** Whether the program is taken from the peer's root when Ferry is: its library is the one that both sides use. */
  readonly shared: boolean;
  readonly command: string;
  readonly input: { readonly file: string } | { readonly source: Source };
}

const decodeCommands: Readonly<Record<string, { command: string; shared: boolean }>> = {
  '.xz': { command: 'xz -dcT0', shared: true },
  '.zst': { command: 'zstd -dcq', shared: true },
  '.gz': { command: 'pigz -dc', shared: false },
  '.bz2': { command: 'lbzip2 -dc', shared: false },
};

/** What decodes a file with all cores; empty for what is not compressed. */
export function decoders(file: string): { coder?: Coder } {
  if (file.endsWith('.qcow2')) return { coder: { shared: false, command: 'qemu-img', input: { file } } };
  const decode = decodeCommands[file.slice(file.lastIndexOf('.'))];
  return decode === undefined ? {} : { coder: { ...decode, input: { file } } };
}

const encodeCommands: Readonly<Record<string, { command: string; shared: boolean }>> = {
  xz: { command: 'xz -cT0', shared: true },
  zstd: { command: 'zstd -cqT0', shared: true },
  gzip: { command: 'pigz -c', shared: false },
  bzip2: { command: 'lbzip2 -c', shared: false },
};

/** What encodes a source with all cores; empty for what is not compressed. */
export function encoders(compression: string, source: Source): { coder?: Coder } {
  const encode = encodeCommands[compression];
  return encode === undefined ? {} : { coder: { ...encode, input: { source } } };
}

/** How each source is made, with $1 the Debian tree, $2 the benchmark's files and $3 the new path. Trees are subvolumes on btrfs. */
const recipes: Readonly<Record<Source, string>> = {
  tree: 'make_tree "$3"; cp -a "$1"/. "$3"/; rm -rf "$3"/opt/curiosities',
  share: 'make_tree "$3"; cp -a "$1"/usr/share/. "$3"/',
  perl: 'make_tree "$3"; cp -a "$1"/usr/share/perl/. "$3"/',
  many: `make_tree "$3"; python3 "${projectFile('test', 'bench', 'many.py')}" "$3"`,
  disk: 'cp --sparse=always "$2"/disk.raw "$3"',
  smallDisk: 'truncate -s 256M "$3"; mkfs.ext4 -q -F -d "$1"/usr/share/perl "$3"; fallocate --dig-holes "$3"',
};

const makeTree = 'make_tree() { btrfs subvolume create "$1" >/dev/null 2>&1 || mkdir "$1"; }\n';

/** The sources on one filesystem, made when they are first asked for. */
export class Sources {
  readonly #directory: string;
  readonly #files: string;

  /** `files` is the directory of the benchmark's files. */
  constructor(directory: string, files: string) {
    this.#directory = directory;
    this.#files = files;
  }

  path(source: Source): string {
    const path = join(this.#directory, source.endsWith('isk') ? `${source}.raw` : source);
    if (existsSync(path)) return path;
    const tree = run(projectFile('test', 'support', 'images', 'fixtures.sh'), ['tree']).trim();
    shell(makeTree + recipes[source], [tree, this.#files, path]);
    // Written back now, and not while something is measured.
    run('sync', []);
    return path;
  }

  /** The path of what a coder reads. */
  input({ input }: Coder): string {
    if ('file' in input) return join(this.#files, input.file);
    const path = this.path(input.source);
    if (path.endsWith('.raw')) return path;
    const archive = `${path}.tar`;
    if (!existsSync(archive)) run('tar', ['-cf', archive, '-C', path, '.']);
    return archive;
  }
}
