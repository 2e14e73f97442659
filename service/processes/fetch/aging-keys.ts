import { Failure } from '../../../common/failure.js';
import { agingOf } from '../../verify/trust/aging.js';
import { countsAmong } from '../../verify/trust/fingerprints.js';
import { log } from '../ipc/channel.js';
import type { Download } from '../ipc/messages.js';
import { keysOf } from './tell-keys.js';

/** How many keys are named. */
const namedMax = 5;

/**
 * Tells of the keys of the trust entry for a download when none of them will count in 30 days: before pulls fail because of that. What
 * is wrong with its keyrings is for the verification to say.
 */
export async function tellOfAging({ trust, keyrings, verification }: Download): Promise<void> {
  if (trust === undefined || verification !== 'signature') return;
  try {
    const found = await Promise.all(keyrings.map(keysOf));
    const keys = found.flat().filter((key) => countsAmong(key, trust.fingerprints));
    const notices = keys.map((key) => agingOf(key, new Date()));
    if (notices.includes(undefined)) return;
    for (const notice of notices.slice(0, namedMax)) log('notice', `${notice} (trust entry ${trust.path})`);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}
