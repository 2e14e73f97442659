import type { EntryType } from './entry.js';
import { Type } from './header.js';

/** What an entry is by the type in its header. */
export const entryTypes = new Map<number, EntryType>([
  [Type.oldFile, 'file'],
  [Type.file, 'file'],
  [Type.contiguousFile, 'file'],
  [Type.gnuSparse, 'file'],
  [Type.hardLink, 'hardLink'],
  [Type.symbolicLink, 'symbolicLink'],
  [Type.characterDevice, 'characterDevice'],
  [Type.blockDevice, 'blockDevice'],
  [Type.directory, 'directory'],
  [Type.gnuDirectory, 'directory'],
  [Type.fifo, 'fifo'],
]);
