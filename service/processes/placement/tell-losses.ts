import { Failure } from '../../../common/failure.js';
import type { Loss, Losses, LossKind } from '../../formats/metadata/losses.js';
import { log } from '../ipc/channel.js';

/** Nothing was lost. */
export const noLosses: Losses = { entries: 0, kinds: [] };

/** What of each kind was lost: one, and several. */
const words: Readonly<Record<LossKind, readonly [string, string]>> = {
  owners: ['owner', 'owners'],
  modes: ['mode', 'modes'],
  times: ['time', 'times'],
  devices: ['device node', 'device nodes'],
  fifos: ['named pipe or socket', 'named pipes and sockets'],
  links: ['link', 'links'],
  attributes: ['extended attribute or ACL', 'extended attributes and ACLs'],
  flags: ['chattr flag', 'chattr flags'],
  numbers: ['unreadable number', 'unreadable numbers'],
};

/** `2 owners ('a', 'b')`. */
function describe({ kind, count, examples }: Loss): string {
  const [one, several] = words[kind];
  const what = `${count} ${count === 1 ? one : several}`;
  // Of a cached download only the counts are known.
  if (examples.length === 0) return what;
  return `${what} (${examples.join(', ')}${count > examples.length ? ', …' : ''})`;
}

/**
 * Tells what could not be stored, in one warning.
 *
 * @throws Failure MetadataLost instead, with `strict`
 */
export function tellLosses({ entries, kinds }: Losses, strict: boolean): void {
  if (entries === 0) return;
  const files = `${entries} ${entries === 1 ? 'file' : 'files'}`;
  const what = kinds.map(describe).join(', ');
  if (!strict) log('warning', `Cannot store ${files} exactly: without ${what}`);
  else
    throw new Failure(
      'MetadataLost',
      `Cannot store ${files} exactly, as --strict requires: without ${what}; omit --strict, or use another file system or more rights`,
      { lossCount: entries },
    );
}

/** The larger one of two counts of the same tree: of its unpacking, and of its copying. */
export function moreOf(one: Losses, other: Losses): Losses {
  return one.entries >= other.entries ? one : other;
}
