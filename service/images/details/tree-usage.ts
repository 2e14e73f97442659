import type { LinkedFile } from '../../../linux/directory-usage.js';

/** What a tree holds, in bytes. */
export interface TreeUsage {
  files: number;
  bytes: number;
  allocated: number;
  /** Directories that could not be read, and are not counted. */
  unreadable: number;
  /** Whether parts of it are on other devices, as subvolumes in it are. */
  isNested: boolean;
}

/** What a thread has found of its part of a tree. */
export interface PartialCount extends TreeUsage {
  /** Files of several names, which another part may have as well. */
  readonly links: ReadonlyMap<string, LinkedFile>;
}

/** What has been counted so far. */
export interface Counted {
  readonly files: number;
  readonly allocated: number;
}

/** How far a count has come. */
export type OnCount = (usage: Counted) => void;
