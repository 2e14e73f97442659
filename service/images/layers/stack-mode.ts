import { constants, fstatSync, lstatSync, readdirSync } from 'node:fs';
import { Failure } from '../../../common/failure.js';
import { close, mkdirat, openat, RENAME_NOREPLACE, renameat2 } from '../../../linux/files.js';
import { statusAt } from '../../../linux/status.js';
import { escapeText } from '../../../varlink/text.js';
import { attributesHeld, isOriginAttribute } from '../../formats/metadata/attributes.js';
import { OpenInode } from '../../formats/metadata/inode.js';
import { exact, type LossKeeper } from '../../formats/metadata/losses.js';
import { MetadataWriter, withoutUmask } from '../../formats/metadata/writer.js';
import { openTree } from '../install/holder.js';
import { removeEntry } from '../manage/remove-tree.js';

/*
 * A stack, NAME.mstack, consists of layers, `layer@N`, and may have `rw`, in whose `data` systemd keeps what is written over them. One
 * without `rw` is read-only.
 */

const writable = 'rw';

function at(stack: number, name = ''): string {
  return `/proc/self/fd/${stack}/${name}`;
}

function numberOf(name: string): number | undefined {
  const [, digits] = /^layer@(\d{1,9})$/.exec(name) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * The names of a stack's layers that are numbered, lowest first.
 *
 * @throws Error of node when they cannot be read
 */
export function layerNames(stack: number): string[] {
  const names = readdirSync(at(stack)).filter((name) => numberOf(name) !== undefined);
  return names.sort((a, b) => (numberOf(a) ?? 0) - (numberOf(b) ?? 0));
}

/** What somebody has put together by hand may have layers that are disks, or are in an order that only systemd knows. */
function refuseUnknown(stack: number, path: string): void {
  const known = (name: string) => numberOf(name) !== undefined || name === writable || name.startsWith('.');
  const unknown = readdirSync(at(stack)).find((name) => !known(name));
  if (unknown === undefined) return;
  const message = `Cannot change whether ${escapeText(path)} is read-only: it has '${escapeText(unknown)}', which Ferry does not know`;
  throw new Failure('FileSystemError', message, { path, errorName: 'EOPNOTSUPP' });
}

/** Whether an open stack can be written to. */
export function isStackWritable(stack: number): boolean {
  return lstatSync(at(stack, writable), { throwIfNoEntry: false }) !== undefined;
}

/** Gives an open directory the owner, mode, times and attributes of another one. */
export function describeDirectory(source: number, target: number, losses: LossKeeper = exact): void {
  const { user, group, mode, accessed, modified } = statusAt(source, '');
  const attributes = [...attributesHeld(source, (name) => isOriginAttribute(name) || isOverlay(name))];
  const described = { user, group, mode: mode & 0o7777, accessed, modified, attributes };
  const made = { mode: fstatSync(target).mode & 0o7777, owner: undefined };
  new MetadataWriter(losses, 'try').describe(new OpenInode(target), { path: '' }, described, made);
}

/** Whether an attribute is one that overlayfs keeps for itself. */
export function isOverlay(name: string): boolean {
  return /^(trusted|user)\.overlay\./.test(name);
}

/**
 * Makes what is written over a stack: empty, with a root like that of the highest layer, which it hides.
 *
 * @throws SystemError, Error of node
 */
export function makeWritable(stack: number, losses: LossKeeper = exact): void {
  const highest = layerNames(stack).at(-1);
  withoutUmask(() => {
    mkdirat(stack, writable, 0o755);
    if (highest === undefined) return;
    mkdirat(stack, `${writable}/data`, 0o700);
    const source = openat(stack, highest, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      const target = openTree(stack, `${writable}/data`);
      try {
        describeDirectory(source, target, losses);
      } finally {
        close(target);
      }
    } finally {
      close(source);
    }
  });
}

/** Whether a name in a stack is a directory of its own, and no link to one that others share. */
function isOwn(stack: number, name: string | undefined): name is string {
  return name !== undefined && lstatSync(at(stack, name), { throwIfNoEntry: false })?.isDirectory() === true;
}

/**
 * Makes an open stack read-only: what was written over its layers becomes the highest of them. Whatever ends this early, the stack is whole.
 *
 * @param path for people
 * @throws Failure FileSystemError for a stack that is not made like Ferry's, or when something is mounted in it; SystemError, Error of node
 */
export function freezeStack(stack: number, path: string): void {
  if (!isStackWritable(stack)) return;
  refuseUnknown(stack, path);
  const highest = layerNames(stack).at(-1);
  if (isOwn(stack, `${writable}/data`)) {
    const next = highest === undefined ? 0 : (numberOf(highest) ?? 0) + 1;
    renameat2(stack, `${writable}/data`, stack, `layer@${next}`, RENAME_NOREPLACE);
  }
  removeEntry(stack, writable);
}

/**
 * Makes an open stack writable: if its highest layer is a directory of its own, that is written to again.
 *
 * @param path for people
 * @throws Failure FileSystemError for a stack that is not made like Ferry's; SystemError, Error of node
 */
export function thawStack(stack: number, path: string): void {
  if (isStackWritable(stack)) return;
  refuseUnknown(stack, path);
  const highest = layerNames(stack).at(-1);
  if (!isOwn(stack, highest)) {
    makeWritable(stack);
    return;
  }
  withoutUmask(() => mkdirat(stack, writable, 0o755));
  renameat2(stack, highest, stack, `${writable}/data`, RENAME_NOREPLACE);
}
