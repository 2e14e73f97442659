import { close } from '../../../linux/files.js';
import { factsOf } from '../../formats/content/kinds.js';
import { type ByteString, display } from '../../formats/tar/byte-string.js';
import { joined } from '../../formats/tar/paths.js';
import { entriesOf, isExtensionTree, isOsTree, openDirectory } from '../../formats/tar/unpack/os-tree.js';
import { log } from '../ipc/channel.js';
import type { NewImage } from '../ipc/messages.js';

/** So deep below the root, and in so many directories, an operating system is looked for. */
const depthMax = 3;
const directoriesMax = 200;

/** A directory that has an operating system in it. */
interface Found {
  path: ByteString;
  /** How many entries there are beside it. */
  others: number;
}

/**
 * Tells of a tree for machines that has no operating system at its top: it will not boot. Says where there seems to be one, and what the
 * tree is. `root` is a descriptor of the tree's root directory (O_RDONLY).
 */
export function tellMissingSystem(root: number, { class: imageClass, format }: NewImage): void {
  if (imageClass !== 'machine' || format !== 'tar' || isOsTree(root)) return;
  const reasons = [whatItIs(root), ...whereItIs(root)].filter((reason) => reason !== undefined);
  log(
    'notice',
    `No os-release in the image: ${reasons.length === 0 ? `it is not an operating system` : reasons.join('; ')}`,
  );
}

/** The names in a directory; none if it cannot be read. */
function namesIn(directory: number): ByteString[] {
  try {
    return entriesOf(directory);
  } catch {
    return [];
  }
}

const disk = /\.(raw|img|qcow2|vmdk|vdi|vhdx?)$/i;
const archive = /\.(tar|tgz|txz|tbz2?|tzst|tar\.[a-z0-9]+)$/i;
const isLayer = (name: ByteString) => /^[0-9a-f]{64}(\.json|\.tar)?$/.test(name);

/** What archives of other programs become when they are unpacked, and what to do with them. */
function whatItIs(root: number): string | undefined {
  const names = namesIn(root);
  const has = (...wanted: ByteString[]) => wanted.every((name) => names.includes(name));
  const copyImage = factsOf('ociArchive').wayOut;
  if (names.length === 0) return 'it is empty';
  if (isExtensionTree(root)) return 'this is an extension; import it with --class=sysext or --class=confext';
  if (has('manifest.json') && (has('oci-layout') || has('repositories') || names.some(isLayer)))
    return `this is a container image archive (docker save); ${copyImage}`;
  if (has('oci-layout')) return `this is a container image archive (OCI layout); ${copyImage}`;
  if (has('metadata.yaml')) return incus(names);
  if (names.some((name) => /\.ovf$/i.test(name))) return withDisk('this is a virtual appliance (OVF)', names);
  if (has('metadata.json') && (has('Vagrantfile') || names.some((name) => disk.test(name))))
    return withDisk('this is a Vagrant box', names);
  return plain(names);
}

function incus(names: ByteString[]): string | undefined {
  if (names.includes('rootfs')) return 'this is an Incus or LXD image';
  const file = names.find((name) => name.startsWith('rootfs.'));
  if (file === undefined)
    return 'this is the metadata of an Incus or LXD image; import its other file, the root file system';
  return `this is an Incus or LXD image of a virtual machine; import '${display(file)}' with import-raw`;
}

function withDisk(what: string, names: ByteString[]): string {
  const file = names.find((name) => disk.test(name));
  return file === undefined ? what : `${what}; import '${display(file)}' with import-raw`;
}

/** Trees without the file, and files that are images themselves. */
function plain(names: ByteString[]): string | undefined {
  if (names.includes('usr') || names.includes('etc'))
    return "it looks like an operating system without that file, which 'machinectl start' refuses";
  const image = names.find((name) => disk.test(name));
  if (image !== undefined) return `'${display(image)}' in it is a disk image; import that with import-raw`;
  const inner = names.find((name) => archive.test(name));
  return inner === undefined ? undefined : `'${display(inner)}' in it is an archive; import that with import-tar`;
}

function whereItIs(root: number): string[] {
  const [first, ...more] = findSystems(root);
  if (first === undefined) return [];
  const { path, others } = first;
  const beside = others === 0 ? '' : ` beside ${others} ${others === 1 ? 'other' : 'others'}`;
  const further = more.length === 0 ? '' : `, as ${more.length === 1 ? 'does' : 'do'} ${more.length} more`;
  return [`'${display(path)}'${beside} looks like an operating system${further}; import that directory with import-fs`];
}

/** The directories that have an operating system, those nearest to the root first. */
function findSystems(root: number): Found[] {
  const found: Found[] = [];
  let seen = 0;
  let level: ByteString[] = [''];
  for (let depth = 0; depth < depthMax && found.length === 0; depth++) {
    const next: ByteString[] = [];
    for (const above of level) {
      withDirectory(root, above, (directory) => {
        const names = namesIn(directory);
        for (const name of names) {
          if (seen >= directoriesMax) return;
          withDirectory(directory, name, (child) => {
            seen++;
            const path = joined(above, name);
            if (isOsTree(child)) found.push({ path, others: names.length - 1 });
            else next.push(path);
          });
        }
      });
    }
    level = next;
  }
  return found;
}

/** Does something with a directory below another one, without following links; nothing if it is not one, or cannot be opened. */
function withDirectory(from: number, path: ByteString, action: (directory: number) => void): void {
  const opened: number[] = [];
  try {
    let directory = from;
    for (const name of path.split('/').filter((each) => each !== '')) {
      const child = openOrSkip(directory, name);
      if (child === undefined) return;
      opened.push(child);
      directory = child;
    }
    action(directory);
  } finally {
    for (const descriptor of opened) close(descriptor);
  }
}

function openOrSkip(parent: number, name: ByteString): number | undefined {
  try {
    return openDirectory(parent, name);
  } catch {
    return undefined;
  }
}
