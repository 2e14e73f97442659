import { chownSync } from 'node:fs';

/** Does something with the rights of another user; only root can. What it does must not wait. */
export function asUser<Result>(user: number, action: () => Result): Result {
  const groups = process.getgroups?.() ?? [];
  process.setgroups?.([user]);
  process.setegid?.(user);
  process.seteuid?.(user);
  try {
    return action();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
    process.setgroups?.(groups);
  }
}

/** Gives a directory to a user. */
export function givenTo(path: string, user: number): void {
  chownSync(path, user, user);
}
