/** What the bytes of calls that a connection has in memory are counted on. */
export interface Account {
  /** Counts bytes that have come; false, and not counted, if they are too many. */
  take(bytes: number): boolean;
  /** Gives back what was counted, when the bytes are out of the memory. */
  give(bytes: number): void;
}

export const unlimited: Account = { take: () => true, give: () => {} };
