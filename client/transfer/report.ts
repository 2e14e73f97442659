import { imageNameOf } from '../../common/image-names.js';
import type { Session } from '../cli/session.js';
import type { ServiceConnection } from '../connect/connect.js';
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
  if (!result.signedBy) return 'verified by signature';
  const key = `key ${shortKey(result.signedBy)}`;
  return `verified by signature of ${result.signerName ? `${result.signerName}, ${key}` : key}`;
}

/** Of a fingerprint in hexadecimal, the digits that programs show: of OpenPGP's before version 6 the last 16, else the first. */
function shortKey(fingerprint: string): string {
  if (/^[0-9A-F]{40}$/i.test(fingerprint)) return fingerprint.slice(-16);
  return /^[0-9A-F]{64}$/i.test(fingerprint) ? fingerprint.slice(0, 16) : fingerprint;
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
  if (result.path) return `Image ${imageNameOf(result.path)} is ready in ${result.path} (${details}).`;
  return `The pristine download is kept in ${result.pristinePath ?? 'the image directory'} (${details}).`;
}

/** Says what a pull has made. */
export function reportPulled(session: Session, connection: ServiceConnection, result: Result): void {
  reportMade(session, connection, result, pulledMessage(result));
}

/** Says what an import has made. */
export function reportImported(session: Session, connection: ServiceConnection, result: Result, name: string): void {
  reportMade(session, connection, result, importedMessage(result, name));
}

function reportMade(session: Session, { route }: ServiceConnection, result: Result, message: string): void {
  if (!session.settings.quiet) session.log.success(message);
  // The last one is the one that needs the least of an image.
  const command = result.startCommands?.at(-1);
  const verb = command?.startsWith('systemd-nspawn') ? 'Start' : 'Use';
  if (command !== undefined) session.log.info(`${verb} it${route.elsewhere ? ' there' : ''} with: ${command}`);
  writeJson(session, result);
}

/** The last line of an import. */
function importedMessage(result: Result, name: string): string {
  const details = losses(result);
  const place = result.path ? ` in ${result.path}` : '';
  return `Image ${name} is ready${place}${details.length > 0 ? ` (${details.join(', ')})` : ''}.`;
}

/** Writes something as JSON to standard output, where --json= asks for it. */
export function writeJson(session: Session, value: Json): void {
  const { json } = session.settings;
  if (json === 'off') return;
  session.context.stdout.write(jsonText(outcomeDocument(session.failures, value), json));
}
