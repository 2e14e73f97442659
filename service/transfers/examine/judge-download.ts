import { Failure } from '../../../common/failure.js';
import { checksumFileProblem, urlProblem } from '../../../common/url.js';
import { unknown } from '../../images/examine/checks.js';
import { isAsStrict } from '../../images/pristine/record.js';
import type { Download, FirstOrder, ImageCheck, KnownDownload, Verification } from '../../processes/ipc/messages.js';
import { checkCallersKeys } from '../../verify/trust/choose.js';
import type { TrustEntry } from '../../verify/trust/entry.js';
import { networkEnvironment } from '../environment.js';
import type { Host } from '../host.js';
import { readCredentials } from '../kinds/credentials.js';
import { descriptorsFor } from '../kinds/plan-pull.js';
import { openSourceFiles } from '../kinds/source-files.js';
import { asTrust, entryFor, readTrustedKeyrings } from '../kinds/trust.js';
import { runOne } from '../supervisor/run-one.js';
import { proofsPath, readKept } from './kept-proofs.js';

/** How what was recorded of a download is to be judged. */
export interface JudgeRequest {
  /** Whether the checksum and signature files are fetched again. */
  readonly online: boolean;
  /** Keyrings of the caller. */
  readonly keyrings: readonly Buffer[];
  /** The only checksum file that counts of those that are fetched. */
  readonly checksumFile: string | undefined;
  /** The text of the caller's netrc file, where the service may use it. */
  readonly netrc: string | undefined;
  /** Whether the caller may have file: URLs read. */
  readonly mayReadFiles: boolean;
}

type JudgeOrder = Extract<FirstOrder<'fetch'>, { type: 'judge' }>;

/**
 * Has a process without rights hold what was recorded of a download against checksum and signature files: those that are kept, or
 * those that the server has now. Undefined where there are none to judge and nothing to say of it.
 *
 * @throws Failure WorkerFailed when the process cannot start, or ends without telling why, as when `signal` is raised
 * @throws Failure InsufficientSpace, FileSystemError when no user can be noted for the process
 * @throws Failure ServiceStopping when the program was updated; the reason of `signal`
 */
export async function judgeDownload(
  host: Host,
  known: KnownDownload,
  request: JudgeRequest,
  signal: AbortSignal,
): Promise<ImageCheck> {
  const kind = request.online ? 'server' : 'proofs';
  try {
    const problem = request.online ? whyNotFetched(known, request) : whyNotJudged(known);
    if (problem !== undefined) return unknown(kind, problem);
    return request.online
      ? await judgeServer(host, known, request, signal)
      : await judgeKept(host, known, request, signal);
  } catch (error) {
    if (!(error instanceof Failure) || !isOfSettings(error)) throw error;
    return unknown(kind, error.message);
  }
}

/** Whether something that the host or the caller has set keeps the download from being judged. */
function isOfSettings({ kind }: Failure): boolean {
  return kind === 'VerificationFailed' || kind === 'FileSystemError' || kind === 'DownloadFailed';
}

const withoutUrl = 'Cannot judge the download: its URL was too long to be recorded; pull it again';

const ofRegistry =
  'Cannot judge the download: it came from a registry, which keeps no checksum or signature files; pull it again to compare';

function whyNotFetched({ url }: KnownDownload, { mayReadFiles, checksumFile }: JudgeRequest): string | undefined {
  if (/^(?:oci|docker):/.test(url)) return ofRegistry;
  if (urlProblem(url) !== undefined) return withoutUrl;
  if (url.startsWith('file:') && !mayReadFiles) return 'Cannot read the files of a file: URL: only root may; use sudo';
  const problem = checksumFile === undefined ? undefined : checksumFileProblem(checksumFile, url);
  return problem && `The checksum file ${problem.replace(/\.$/, '')}`;
}

function whyNotJudged({ pristinePath, url }: KnownDownload): string | undefined {
  if (/^(?:oci|docker):/.test(url)) return ofRegistry;
  if (pristinePath !== undefined) return undefined;
  return 'Cannot judge the checksum and signature files: they are gone with the pristine download; add --online';
}

async function judgeKept(
  host: Host,
  known: KnownDownload,
  request: JudgeRequest,
  signal: AbortSignal,
): Promise<ImageCheck> {
  const { record, pristinePath = '', url } = known;
  const subject = proofsPath(pristinePath);
  const archive = await readKept(subject);
  if (archive === undefined) return unknown('proofs', whyNoneAreKept(record.verification), { subject: pristinePath });
  if (urlProblem(url) !== undefined) return unknown('proofs', withoutUrl, { subject });
  const download = await describeDownload(host, known, { ...request, checksumFile: undefined });
  const order: JudgeOrder = {
    type: 'judge',
    download: { ...download, credentials: [], environment: {}, netrc: undefined },
    record,
    proofsPath: subject,
    proofs: archive.toString('base64'),
  };
  return await judge(host, order, signal);
}

function whyNoneAreKept(verification: KnownDownload['record']['verification']): string {
  if (verification === 'no') return 'Nothing proves the download: it was pulled with --verify=no; add --online';
  if (verification === 'digest')
    return 'No checksum or signature files are kept: the download was verified by the digest given for it; add --online';
  return 'No checksum or signature files are kept with the pristine download; add --online';
}

async function judgeServer(
  host: Host,
  known: KnownDownload,
  request: JudgeRequest,
  signal: AbortSignal,
): Promise<ImageCheck> {
  const download = await describeDownload(host, known, request);
  const order: JudgeOrder = { type: 'judge', download, record: known.record, proofsPath: undefined, proofs: undefined };
  return await judge(host, order, signal);
}

async function judge(host: Host, order: JudgeOrder, signal: AbortSignal): Promise<ImageCheck> {
  const files = openSourceFiles(
    order.proofs === undefined ? order.download : { url: 'http://', checksumFile: undefined },
  );
  using opened = files.descriptors;
  const { check } = await runOne(host, {
    name: 'fetch',
    descriptors: descriptorsFor(opened),
    order: { ...order, download: { ...order.download, files: files.byName } },
    result: 'judged',
    advice: 'try again',
    context: 'verify',
    signal,
    takesSpare: true,
    onMessage(message) {
      if (message.type === 'log') host.log.debug(`verify: ${message.message}`);
    },
  });
  return check;
}

/**
 * What the fetch process is told of a download that is not downloaded.
 *
 * @throws Failure VerificationFailed when a trust entry has a fault, or there are no keys to trust, or those of the caller must not count
 * @throws Failure FileSystemError when the headers for downloads or a keyring cannot be read
 * @throws Failure DownloadFailed when the headers for downloads cannot be used
 */
async function describeDownload(host: Host, known: KnownDownload, request: JudgeRequest): Promise<Download> {
  const { url, format, record } = known;
  const { keyrings, checksumFile, netrc } = request;
  const entry = await entryFor(host, url);
  if (entry !== undefined && keyrings.length > 0) checkCallersKeys(entry, url);
  const verification = demanded(record, entry, keyrings.length > 0);
  return {
    url,
    format,
    verification,
    digest: undefined,
    checksumFile,
    limitRate: undefined,
    resume: true,
    netrc,
    keyrings: verification === 'signature' ? await readTrustedKeyrings(host, entry, keyrings) : [],
    trust: asTrust(entry),
    cached: [],
    sidecars: [],
    partial: undefined,
    files: undefined,
    credentials: url.startsWith('file:') ? [] : readCredentials(host, url),
    environment: networkEnvironment(host),
  };
}

/** A signature where there was one, where the caller has keys for it, or where today's trust entry wants one. */
function demanded(
  { verification }: KnownDownload['record'],
  entry: TrustEntry | undefined,
  hasKeys: boolean,
): Verification {
  const minimum = entry?.minimum ?? 'checksum';
  if (hasKeys || verification === 'signature' || isAsStrict(minimum, 'signature')) return 'signature';
  return 'checksum';
}
