import { exitStatus } from '../../common/exit-statuses.js';
import { type ZoneNamer, zoneNamer } from '../../common/timestamp.js';
import { escapeText } from '../../varlink/text.js';
import type { Session } from '../cli/session.js';
import type { Finding, ShownTrust, TrustEntry } from '../connect/contract.js';
import { attempt, sentence } from '../connect/describe.js';
import { fieldLook, renderFields, type ShownField } from '../terminal/fields.js';
import { writeListing } from '../terminal/listing.js';
import type { Column } from '../terminal/table.js';
import { writeJson } from '../transfer/report.js';
import { keyFields } from './keys.js';

const entryColumns: readonly Column[] = [
  { heading: 'NAME' },
  { heading: 'URLS', shorten: 'ends' },
  { heading: 'VERIFY' },
  { heading: 'PATH', shorten: 'ends' },
];

/** `trust list`. */
export async function listTrust(session: Session): Promise<number> {
  const connection = await session.connect();
  const { entries } = await attempt('list trust entries', () => connection.trust.list({}));
  await writeListing(session, {
    columns: entryColumns,
    rows: entries.map(({ name, urls, verify, path, problem }) => [
      { text: escapeText(name), ...(problem ? { style: 'bad' as const } : {}) },
      { text: escapeText(urls.join(' ')) },
      { text: verify ?? undefined },
      { text: escapeText(path) },
    ]),
    json: entries,
    noun: { one: 'trust entry', many: 'trust entries' },
  });
  for (const { problem } of entries) if (problem) session.log.warning(`Trust entry ${sentence(problem)}`);
  return 0;
}

/** `trust show`. The exit status is that of a failed verification if a pull would be refused. */
export async function showTrust(session: Session, url: string): Promise<number> {
  const connection = await session.connect();
  const shown = await attempt('look at trust entries', () => connection.trust.show({ url }));
  if (session.settings.json !== 'off') writeJson(session, shown);
  else {
    const fallback = url.startsWith('docker://') ? 'no key counts' : 'the general keyrings count';
    const fields = trustFields(shown, zoneNamer(session.context.environment.timeZone), fallback);
    session.context.stdout.write(renderFields(fields, fieldLook(session)));
  }
  if (shown.problem) session.log.error(`A pull would fail: ${sentence(shown.problem)}`);
  return shown.problem ? exitStatus.verification : exitStatus.success;
}

export function trustFields(
  { entry, others, verify, acceptsKeyrings, keys }: ShownTrust,
  zoneName: ZoneNamer,
  fallback = 'the general keyrings count',
): ShownField[] {
  return [
    { name: 'Entry', text: entry ? placeOf(entry) : `none, ${fallback}` },
    { name: 'Description', text: entry?.description ?? undefined },
    { name: 'Covers', text: entry?.urls.join(' ') },
    { name: 'Verification', text: verify && verify !== 'no' ? `at least ${verify}` : 'as --verify= says' },
    {
      name: 'Signers',
      text: entry && Number(entry.requireSigners) > 1 ? `at least ${entry.requireSigners}` : undefined,
    },
    {
      name: 'Checksum files',
      text: entry && entry.checksumFiles.length > 0 ? entry.checksumFiles.join(' ') : undefined,
    },
    { name: '--keyring=', text: acceptsKeyrings ? 'counts as well' : 'refused' },
    ...keyFields(keys, zoneName),
    { name: 'Next best', text: others[0] ? placeOf(others[0]) : entry ? fallback.replace(/ counts?$/, '') : undefined },
  ];
}

function placeOf({ path, line }: TrustEntry): string {
  return `${escapeText(path)}:${line}`;
}

const findingColumns: readonly Column[] = [{ heading: 'SEVERITY' }, { heading: 'PLACE' }, { heading: 'MESSAGE' }];

/** `trust check`. The exit status is that of a failed verification if there are errors. */
export async function checkTrust(session: Session): Promise<number> {
  const connection = await session.connect();
  const { findings } = await attempt('check trust entries', () => connection.trust.check({}));
  await writeListing(session, {
    columns: findingColumns,
    rows: findings.map((finding) => [
      { text: finding.severity, style: finding.severity === 'error' ? 'bad' : 'warning' },
      { text: escapeText(findingPlace(finding)) },
      { text: escapeText(finding.message) },
    ]),
    json: findings,
    noun: { one: 'finding', many: 'findings' },
  });
  return findings.some(({ severity }) => severity === 'error') ? exitStatus.verification : exitStatus.success;
}

function findingPlace({ path, line }: Finding): string {
  return line === undefined || line === null ? path : `${path}:${line}`;
}
