import { Failure } from '../../../common/failure.js';
import { escapeText } from '../../../varlink/text.js';
import type { Keyring } from '../../verify/keyrings.js';
import { agingOf } from '../../verify/trust/aging.js';
import { minimums, type TrustEntry } from '../../verify/trust/entry.js';
import { countsAmong } from '../../verify/trust/fingerprints.js';
import { isWithin, type Pattern } from '../../verify/trust/pattern.js';
import type { Host } from '../host.js';
import { type DescribedKey, describeKeys } from './describe-keys.js';
import { readGeneralKeyrings } from './keyrings.js';
import { readEntryKeyrings } from './trust.js';
import { readTrustEntries, trustDirectories } from './trust-files.js';

/** Something that needs attention. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  /** The file. */
  readonly path: string;
  /** Undefined for a keyring. */
  readonly line: number | undefined;
  readonly message: string;
}

/** An entry with the keyrings that it names. */
interface Read {
  readonly entry: TrustEntry;
  readonly keyrings: readonly Keyring[];
}

/**
 * Looks for what is wrong with trust entries, and for what will be.
 *
 * @throws as describeKeys()
 */
export async function checkTrust(host: Host, signal: AbortSignal): Promise<Finding[]> {
  const findings: Finding[] = [];
  const entries = await readTrustEntries(trustDirectories(host));
  for (const { path, faults } of entries)
    findings.push(...faults.map(({ line, reason }) => error(path, line, `It ${reason}`)));
  const read = await Promise.all(entries.map((entry) => readKeyringsOf(entry, findings)));
  const general = await readGeneralKeyrings(host);
  const all = new Map([...read.flatMap(({ keyrings }) => keyrings), ...general].map((each) => [each.path, each]));
  const orders = [...all.values()].map(({ path, bytes }) => ({ path, base64: bytes.toString('base64') }));
  const { keys, unusable } = await describeKeys(host, orders, signal);
  findings.push(...unusable.map(({ keyring, message }) => error(keyring, undefined, message)));
  for (const each of read) findings.push(...findingsOnKeys(each, keys));
  findings.push(...general.flatMap(({ path }) => keys.filter(({ keyring }) => keyring === path)).flatMap(aging));
  return [...findings, ...findingsOnCoverage(entries)];
}

function error(path: string, line: number | undefined, message: string): Finding {
  return { severity: 'error', path, line, message };
}

function warning(path: string, line: number | undefined, message: string): Finding {
  return { severity: 'warning', path, line, message };
}

async function readKeyringsOf(entry: TrustEntry, findings: Finding[]): Promise<Read> {
  const keyrings: Keyring[] = [];
  for (const source of entry.keySources) {
    try {
      keyrings.push(...(await readEntryKeyrings({ ...entry, keySources: [source] })));
    } catch (thrown) {
      if (!(thrown instanceof Failure)) throw thrown;
      findings.push(error(entry.path, source.line, thrown.message));
    }
  }
  if (keyrings.length === 0 && entry.keySources.length > 0 && entry.keySources.every(({ isOptional }) => isOptional))
    findings.push(error(entry.path, entry.line, 'None of its keyrings exists; install one of them'));
  return { entry, keyrings };
}

function findingsOnKeys({ entry, keyrings }: Read, all: readonly DescribedKey[]): Finding[] {
  const { path, line, fingerprints, requireSigners } = entry;
  const inKeyrings = all.filter(({ keyring }) => keyrings.some((each) => each.path === keyring));
  const keys = inKeyrings.filter((key) => countsAmong(key, fingerprints));
  const isOwn = keyrings.length > 0;
  const missing = isOwn ? fingerprints.filter((each) => !inKeyrings.some((key) => countsAmong(key, [each]))) : [];
  const good = keys.filter(({ problem }) => problem === undefined);
  const lacks = isOwn && keys.length > 0 && good.length < requireSigners;
  return [
    ...missing.map((each) => error(path, line, `No key of its keyrings has the fingerprint ${each}`)),
    ...(lacks
      ? [error(path, line, `It demands ${requireSigners} signers, and has ${good.length} keys that count`)]
      : []),
    ...keys.flatMap(aging),
  ];
}

/** Of a key that has expired, was revoked, or expires soon. */
function aging(key: DescribedKey): Finding[] {
  const message = agingOf(key, new Date());
  if (message === undefined) return [];
  const [, path = key.keyring, line] = /^(.*):(\d+)$/.exec(key.keyring) ?? [];
  return [warning(path, line === undefined ? undefined : Number(line), message)];
}

/** Where one entry takes URLs from another. */
function findingsOnCoverage(entries: readonly TrustEntry[]): Finding[] {
  const claims = entries.flatMap((entry) => entry.patterns.map((pattern) => ({ entry, pattern })));
  return claims.flatMap(({ entry, pattern }, index) => {
    const same = claims.slice(0, index).find((other) => isSame(other.pattern, pattern));
    if (same !== undefined) {
      const place = `${escapeText(same.entry.path)}:${same.entry.line}`;
      return [warning(entry.path, entry.line, `Its URL=${pattern.text} has no effect: ${place} covers the same`)];
    }
    const stricter = claims.find(
      (other) => isWithin(pattern, other.pattern) && isStricter(other.entry, entry) && other.entry !== entry,
    );
    if (stricter === undefined) return [];
    const { path, line, minimum } = stricter.entry;
    const reason = `Verify=${minimum} of ${escapeText(path)}:${line} does not hold for URL=${pattern.text}, which this entry covers`;
    return [warning(entry.path, entry.line, reason)];
  });
}

function isSame(a: Pattern, b: Pattern): boolean {
  return isWithin(a, b) && isWithin(b, a);
}

function isStricter(a: TrustEntry, b: TrustEntry): boolean {
  return minimums.indexOf(a.minimum ?? 'no') > minimums.indexOf(b.minimum ?? 'no');
}
