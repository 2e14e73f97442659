import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from '../../../common/directories.js';
import { imageClasses, imageRootPath } from '../../../common/image-classes.js';
import { heldName, isTemporaryName } from '../../images/install/holder.js';
import { isLockName } from '../../images/install/locks.js';
import { isPartialName } from '../../images/pristine/partial.js';
import { isUpdated } from '../../installation.js';
import type { Leftover } from '../../processes/ipc/messages.js';
import type { Host } from '../host.js';
import { runOne } from '../supervisor/run-one.js';

/** For how long a note is kept in any case, in milliseconds: longer than any server is waited for before the first byte. */
const freshMs = 60 * 60 * 1000;

/**
 * Image directories in use are noted below /run, so that a service that was killed finds what it left in directories that are
 * no class's own.
 */
function notesDirectory(host: Host): string {
  return join(host.runtimeDirectory, 'roots');
}

/**
 * Notes an image directory before the first temporary file is made in it.
 *
 * @throws Error of node:fs when it cannot be noted
 */
export function noteRoot(host: Host, imageRoot: string): void {
  const directory = notesDirectory(host);
  makeDirectory(directory, 0o700);
  writeFileSync(join(directory, createHash('sha256').update(imageRoot).digest('hex').slice(0, 32)), imageRoot);
}

function read<Value>(action: () => Value, otherwise: Value): Value {
  try {
    return action();
  } catch {
    return otherwise;
  }
}

function notedRoots(host: Host): { note: string; root: string }[] {
  const directory = notesDirectory(host);
  return read(() => readdirSync(directory), []).map((name) => {
    const note = join(directory, name);
    return { note, root: read(() => readFileSync(note, 'utf8'), '') };
  });
}

function holds(root: string, mayGo: (name: string) => boolean): boolean {
  return root !== '' && read(() => readdirSync(root), []).some(mayGo);
}

function isTemporary(name: string): boolean {
  return isTemporaryName(name) || isPartialName(name);
}

/** Trees that were being made or removed. */
function heldTrees(root: string): string[] {
  const names = read(() => readdirSync(root), []).filter(isTemporaryName);
  return names.map((name) => join(root, name, heldName));
}

/** Lock files are removed by who holds them, unless that is killed. */
function mayBeLeft(name: string): boolean {
  return isTemporary(name) || isLockName(name);
}

/**
 * Removes what ended transfers left in an image directory; what running ones hold is locked and stays. Partial downloads
 * stay as well, for the next pull to go on with, but for old ones and the one that is named. After an update all of that is for
 * the next service to do.
 */
export async function cleanRoot(host: Host, root: string, partial?: string): Promise<void> {
  if (!holds(root, mayBeLeft) || isUpdated()) return;
  try {
    await runOne(host, {
      name: 'cleanup',
      order: { type: 'cleanRoot', root, partial },
      trees: heldTrees(root),
      result: 'cleaned',
      advice: 'the next start of the service removes what is left',
      context: 'cleanup',
      onMessage(message) {
        if (message.type === 'log') host.log.write(message.priority, message.message);
        else if (message.type === 'leftovers') tellRemoved(host, root, message.leftovers);
      },
    });
  } catch (error) {
    host.log.warning(error instanceof Error ? error.message : String(error));
    host.log.warning(`Could not remove everything that ended transfers left in ${root}`);
  }
}

function tellRemoved(host: Host, root: string, leftovers: readonly Leftover[]): void {
  for (const { path } of leftovers) host.log.info(`Removed ${path}, which an ended transfer had left`);
  const bytes = leftovers.reduce((sum, leftover) => sum + leftover.bytes, 0);
  host.history.note({ operation: 'clean', path: root, count: leftovers.length, bytes, uid: process.getuid?.() ?? 0 });
}

/** Removes what transfers of services that are gone left, in the directories of all classes and in noted ones. */
export async function cleanAll(host: Host): Promise<void> {
  const noted = notedRoots(host);
  const own = imageClasses.flatMap((name) => imageRootPath(name, host.scope, host.environment) ?? []);
  const roots = new Set([...own, ...noted.map(({ root }) => root)]);
  await Promise.all([...roots].map((root) => cleanRoot(host, root)));
  for (const { note, root } of noted) if (!holds(root, isTemporary) && !isFresh(note)) rmSync(note, { force: true });
}

/** Whether a note was made or renewed lately: its transfer may have made nothing yet. */
function isFresh(note: string): boolean {
  return read(() => Date.now() - statSync(note).mtimeMs < freshMs, false);
}
