import { checksumFileProblem } from '../../../common/url.js';
import type {
  ImageCheck as CheckOnWire,
  Verdict,
  VerifyParameters,
  VerifyReply,
} from '../../../interfaces/generated/io.ferry.Image.generated.js';
import { serviceErrors } from '../../../varlink/error.js';
import type { ServerCall } from '../../../varlink/server/call.js';
import { validateImageName } from '../../images/layout/names.js';
import type { ImageCheck } from '../../processes/ipc/messages.js';
import { verifyImage } from '../../transfers/examine/verify-image.js';
import type { Host } from '../../transfers/host.js';
import { isTrusted } from '../authorize.js';
import { onWire } from '../on-wire.js';
import { chooseImageRoot, readNetrc } from '../pull-request.js';
import type { PreparedCall } from '../serve.js';
import { UserQueues } from '../user-queues.js';

/** Each of these has processes that read whole disks: each user has two at a time, and no more wait than a person would start. */
const verifications = new UserQueues(2, 100);

type VerifyCall = ServerCall<VerifyParameters, VerifyReply>;

/**
 * Answers Verify().
 *
 * @throws Failure InvalidName for what no image can be called
 * @throws VarlinkError InvalidParameter for a checksum file or image directory that makes no sense
 * @throws VarlinkError PermissionDenied when an untrusted caller gives an image directory
 */
export function prepareVerify(host: Host, call: VerifyCall): PreparedCall {
  const { class: imageClass, name, imageRoot, keyrings, checksumFile } = call.parameters;
  const online = call.parameters.online ?? false;
  if (checksumFile != null && (!online || !mayBeChecksumFile(checksumFile)))
    throw serviceErrors.invalidParameter('checksumFile');
  const root = imageRoot ? chooseImageRoot(host, call.peer, imageClass, imageRoot) : undefined;
  const image = { scope: host.scope, class: imageClass, name: validateImageName(name), root };
  const request = {
    online,
    keyrings: (keyrings ?? []).map((text) => Buffer.from(text, 'base64')),
    checksumFile: checksumFile ?? undefined,
    netrc: online ? readNetrc(host, call.peer) : undefined,
    mayReadFiles: isTrusted(call.peer),
  };
  const run = () =>
    verifications.run(call, async () => {
      const checks = await verifyImage(host, image, request, call.closed, (done, total) =>
        tellProgress(call, done, total),
      );
      call.reply({ verdict: verdictOf(checks), checks: checks.map(checkOnWire), progress: null });
    });
  return { run };
}

/** Whether it can name the checksum file of some image: of which one is not known before that has been looked at. */
function mayBeChecksumFile(text: string): boolean {
  return ['https://host/image', 'file:///image'].some((url) => checksumFileProblem(text, url) === undefined);
}

/** What the checks show together. That a record says where an image came from proves nothing of its bytes. */
function verdictOf(checks: readonly ImageCheck[]): Verdict {
  if (checks.some(({ verdict }) => verdict === 'bad')) return 'bad';
  return checks.some(({ verdict, kind }) => verdict === 'good' && kind !== 'record') ? 'good' : 'unknown';
}

function checkOnWire(check: ImageCheck): CheckOnWire {
  return onWire(check);
}

/** A caller that is slow hears the next one. */
function tellProgress(call: VerifyCall, bytesDone: number, bytesTotal: number): void {
  if (!call.more || call.closed.aborted || call.queuedBytes > 0) return;
  call.continues({ verdict: null, checks: null, progress: { bytesDone, bytesTotal } });
}
