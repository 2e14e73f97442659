import { exitStatus, exitStatusOf } from '../../common/exit-statuses.js';
import { formatBytes } from '../../common/sizes.js';
import { formatTimestamp, type ZoneNamer, zoneNamer } from '../../common/timestamp.js';
import { escapeText } from '../../varlink/text.js';
import type { Session } from '../cli/session.js';
import type { Plan, PullParameters } from '../connect/contract.js';
import { attempt, sentence } from '../connect/describe.js';
import { fieldLook, renderFields, type ShownField } from '../terminal/fields.js';
import { keyFields } from '../trust/keys.js';
import { writeJson } from './report.js';

/**
 * Shows what a pull would do, and what stands in its way. Nothing is written.
 *
 * @returns the exit status: that with which the pull would fail
 */
export async function showPlan(session: Session, parameters: PullParameters): Promise<number> {
  const connection = await session.connectForChange();
  const plan = await attempt('look at the image', () => connection.transfer.plan(parameters));
  if (session.settings.json !== 'off') writeJson(session, plan);
  else
    session.context.stdout.write(
      renderFields(planFields(plan, zoneNamer(session.context.environment.timeZone)), fieldLook(session)),
    );
  return tellObstacles(session, plan);
}

/**
 * Tells what stands in the way of a pull.
 *
 * @returns the exit status: that with which the pull would fail
 */
export function tellObstacles(session: Session, { obstacles }: Pick<Plan, 'obstacles'>): number {
  for (const { message } of obstacles) session.log.error(`The pull would fail: ${sentence(message)}`);
  const [first] = obstacles;
  return exitStatus[first === undefined ? 'success' : exitStatusOf(`io.ferry.Transfer.${first.error}`)];
}

/** What is free, and whether that is less than what comes. */
export function freeSpace({ bytes, bytesAvailable }: Pick<Plan, 'bytes' | 'bytesAvailable'>): ShownField {
  const isTight = bytes !== undefined && bytes !== null && bytesAvailable < bytes;
  return {
    name: 'Free space',
    text: `${formatBytes(bytesAvailable)}${isTight ? ', less than the download' : ''}`,
    ...(isTight ? { style: 'warning' as const } : {}),
  };
}

export function planFields(plan: Plan, zoneName: ZoneNamer): ShownField[] {
  const { url, answeredBy, lastModified, waitsFor } = plan;
  return [
    place('URL', url),
    place('Answered by', answeredBy === url ? undefined : answeredBy),
    { name: 'Last changed', text: lastModified ? formatTimestamp(lastModified, zoneName) : undefined },
    { name: 'Download', text: download(plan) },
    verification(plan),
    { name: 'Trust entry', text: plan.trustEntry ? escapeText(plan.trustEntry) : undefined },
    { name: 'Demanded by', text: plan.demandedBy?.length ? escapeText(plan.demandedBy.join(', ')) : undefined },
    ...(plan.trustedKeys ? keyFields(plan.trustedKeys, zoneName) : []),
    { name: 'Digest', text: plan.digest ?? undefined },
    { name: 'Comes with', text: plan.sidecars.length > 0 ? escapeText(plan.sidecars.join(', ')) : undefined },
    { name: 'Image', text: plan.path ? escapeText(plan.path) : 'none, only the pristine download' },
    { name: 'Replaces', text: plan.replaces.length > 0 ? escapeText(plan.replaces.join(', ')) : undefined },
    { name: 'Pristine copy', text: plan.pristinePath ? escapeText(plan.pristinePath) : 'not kept' },
    freeSpace(plan),
    { name: 'Waits for', text: waitsFor ? `transfer ${waitsFor}, which downloads the same` : undefined },
  ];
}

function place(name: string, url: string | undefined): ShownField {
  return { name, text: url && escapeText(url), target: url };
}

function download({ fromCache, bytes, resumesAt, compression, verify }: Plan): string {
  if (fromCache) return `none, the pristine copy ${verify === 'digest' ? 'has the given digest' : 'is current'}`;
  const size = bytes === undefined || bytes === null ? 'of unknown size' : formatBytes(bytes);
  const goingOn = resumesAt ? `the ${size} that follow the ${formatBytes(resumesAt)} kept of an earlier pull` : size;
  return compression ? `${goingOn}, ${compression}` : goingOn;
}

function verification({ verify, checksumFile, digest, signatureFile, signedBy, signerName }: Plan): ShownField {
  const name = 'Verification';
  if (verify === 'no') return { name, text: 'none (--verify=no)', style: 'warning' };
  if (verify === 'digest') return { name, text: 'by the given digest' };
  if (verify === 'checksum' && digest && !checksumFile) return { name, text: 'by the digest in its manifest' };
  // A newer service may know others.
  if (verify !== 'checksum' && verify !== 'signature') return { name, text: `by ${verify}` };
  if (!checksumFile && signatureFile)
    return { name, text: `signature over the image in ${escapeText(signatureFile)}, checked when the image has come` };
  if (!checksumFile) return { name, text: `by ${verify}: impossible`, style: 'bad' };
  const listed = `checksum in ${escapeText(checksumFile)}`;
  if (!signatureFile) return { name, text: listed };
  const place = signatureFile === checksumFile ? 'there' : `in ${escapeText(signatureFile)}`;
  return { name, text: `${listed}, signed ${place} by ${escapeText(signerName ?? '')} (key ${signedBy})` };
}
