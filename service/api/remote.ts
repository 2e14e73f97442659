import type { Transfer } from '../transfers/transfer.js';

/** The URL of a transfer as a user may see it: what follows `?` may be a secret of the one who asked for it. */
export function visibleRemote({ subject: { remote, uid } }: Transfer, viewer: number): string | undefined {
  const mayKnow = viewer === 0 || viewer === uid;
  return mayKnow || remote === undefined ? remote : remote.replace(/\?.*$/s, '?…');
}
