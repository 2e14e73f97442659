import type { Session } from '../cli/session.js';
import type { Result } from '../connect/contract.js';
import { jsonText, outcomeDocument } from '../outcome/document.js';
import type { Json } from '../terminal/json.js';

/** Says how bytes were verified: `verified by the signature of key …`. */
function verification(result: Result): string {
  if (result.verifiedBy === 'no') return 'not verified';
  if (result.manifestDigest && result.verifiedBy === 'checksum') return 'verified by the digests in its manifest';
  if (result.verifiedBy === 'digest') return 'verified by the given digest';
  // Another way than those that we know is a newer service's: nothing more is said of it than it says itself.
  if (result.verifiedBy !== 'signature') return `verified by ${result.verifiedBy}`;
  return result.signedBy ? `verified by signature of key ${result.signedBy}` : 'verified by signature';
}

function losses(result: Result): string[] {
  const count = Number(result.lossCount);
  if (count === 0) return [];
  return [`${count} ${count === 1 ? 'file' : 'files'} not stored exactly`];
}

/** The last line of a pull. */
function pulledMessage(result: Result): string {
  const details = [
    ...(result.manifestDigest ? [`manifest ${result.manifestDigest}`] : []),
    verification(result),
    ...(result.fromCache ? ['from the cache'] : []),
    ...losses(result),
  ].join(', ');
  if (result.path) return `Image ${imageName(result.path)} is ready in ${result.path} (${details}).`;
  return `The pristine download is kept in ${result.pristinePath ?? 'the image directory'} (${details}).`;
}

/** Says what a pull has made. */
export function reportPulled(session: Session, result: Result): void {
  if (!session.settings.quiet) session.log.notice(pulledMessage(result));
  writeJson(session, result);
}

/** The last line of an import. */
export function importedMessage(result: Result, name: string): string {
  const details = losses(result);
  const place = result.path ? ` in ${result.path}` : '';
  return `Image ${name} is ready${place}${details.length > 0 ? ` (${details.join(', ')})` : ''}.`;
}

/** Path to name, the reverse of how the service names what it places. */
function imageName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.(?:raw|mstack)$/, '');
}

/** Writes something as JSON to standard output, where --json= asks for it. */
export function writeJson(session: Session, value: Json): void {
  const { json } = session.settings;
  if (json === 'off') return;
  session.context.stdout.write(jsonText(outcomeDocument(session.failures, value), json));
}
