import { Failure } from '../../../common/failure.js';
import { checkCallersKeys, checkFaults, coveringEntries } from '../../verify/trust/choose.js';
import type { TrustEntry } from '../../verify/trust/entry.js';
import { countsAmong } from '../../verify/trust/fingerprints.js';
import type { Host } from '../host.js';
import { type DescribedKey, describeKeys } from './describe-keys.js';
import { readTrustedKeyrings } from './trust.js';
import { readTrustEntries, trustDirectories } from './trust-files.js';

/** Who is trusted for a URL. */
export interface ShownTrust {
  /** Undefined if none covers the URL. */
  readonly entry: TrustEntry | undefined;
  /** Less specific ones that cover it as well, the next best first. */
  readonly others: readonly TrustEntry[];
  /** Why a pull would be refused; undefined if it would not. */
  readonly problem: string | undefined;
  readonly acceptsKeyrings: boolean;
  readonly keys: readonly DescribedKey[];
}

/**
 * Finds out who is trusted for a URL.
 *
 * @throws as describeKeys()
 */
export async function showTrust(host: Host, url: string, signal: AbortSignal): Promise<ShownTrust> {
  const problems: string[] = [];
  const note = noteIn(problems);
  const entries = await readTrustEntries(trustDirectories(host));
  const coverings = note(() => coveringEntries(entries, url)) ?? [];
  const [entry, ...others] = coverings.map((covering) => covering.entry);
  if (entry !== undefined) note(() => checkFaults(entry, url));
  const isImage = url.startsWith('docker:');
  // The general keyrings are for files.
  const keyrings = entry === undefined && isImage ? [] : await keyringsOf(host, entry, problems);
  const { keys, unusable } = await describeKeys(host, keyrings, signal);
  problems.push(...unusable.map(({ message }) => message));
  return {
    entry,
    others,
    problem: problems[0],
    acceptsKeyrings: entry === undefined || noteIn([])(() => checkCallersKeys(entry, url) ?? true) === true,
    keys: keys.filter((key) => countsAmong(key, entry?.fingerprints ?? []) && (key.scheme === 'sigstore') === isImage),
  };
}

async function keyringsOf(host: Host, entry: TrustEntry | undefined, problems: string[]) {
  try {
    return await readTrustedKeyrings(host, entry, []);
  } catch (error) {
    noteIn(problems)(() => {
      throw error;
    });
    return [];
  }
}

/** Does something; a Failure is noted, and gives undefined. */
function noteIn(problems: string[]): <Value>(act: () => Value) => Value | undefined {
  return (act) => {
    try {
      return act();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      problems.push(error.message);
      return undefined;
    }
  };
}
