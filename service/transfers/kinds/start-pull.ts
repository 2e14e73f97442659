import { imageFileName } from '../../../common/image-classes.js';
import { priorities } from '../../../common/log/log.js';
import { printPlatform } from '../../formats/oci/platform.js';
import { validateNewName } from '../../images/layout/names.js';
import type { ImageFormat } from '../../processes/ipc/messages.js';
import type { Host } from '../host.js';
import type { Looks } from '../looks.js';
import type { TransferManager } from '../manager.js';
import { isOfArtefact, nameOfArtefact, planArtefact, runPullArtefact } from '../oci/artefact.js';
import type { RunningTransfer, Transfer } from '../transfer.js';
import { nameByServer, obstaclesOf, type PullPlan, planPull } from './plan-pull.js';
import { runPull } from './pull.js';
import type { PullRequest } from './pull-request.js';

/** Pulls under way, so that a second instance of the same download waits for the first one and copies it. */
export class Pulls {
  readonly #host: Host;
  readonly #manager: TransferManager;
  readonly #looks: Looks;
  readonly #requests = new Map<number, PullRequest>();

  constructor(host: Host, manager: TransferManager, looks: Looks) {
    this.#host = host;
    this.#manager = manager;
    this.#looks = looks;
  }

  /** The transfer that is downloading this URL in this form, if one is. */
  underWay(remote: string, format: ImageFormat): Transfer | undefined {
    return this.#manager.active.find(({ subject }) => subject.remote === remote && subject.type === `pull_${format}`);
  }

  /**
   * Accepts a pull.
   *
   * @throws Failure ServiceStopping when the service is stopping
   * @throws Failure TooManyTransfers when as many as are accepted have not ended
   * @throws Failure TransferInProgress when another one makes an image of that name
   * @throws Failure InsufficientSpace, FileSystemError when its identifier cannot be kept
   */
  start(request: PullRequest, uid: number): Transfer {
    const first = this.#sameDownload(request);
    const subject = subjectOf(request, uid);
    const work = (running: RunningTransfer) =>
      isOfArtefact(request) ? runPullArtefact(this.#host, request, running) : runPull(this.#host, request, running);
    const transfer = this.#manager.accept(subject, work, { after: first });
    const { id } = transfer.subject;
    this.#requests.set(id, request);
    // A request holds secrets (URL, netrc): it is kept for as long as it may be waited for, and no longer.
    transfer.subscribe((event) => {
      if (event.type === 'ended') this.#requests.delete(id);
    });
    if (first !== undefined)
      transfer.say(priorities.info, `Waiting for transfer ${first.subject.id}, which downloads the same`);
    return transfer;
  }

  /**
   * The request with a name for the image: the server is asked for one where the URL gives none.
   *
   * @throws Failure InvalidName when there is none, or none that a new image can have
   * @throws as plan()
   */
  async named(request: PullRequest, signal: AbortSignal): Promise<PullRequest> {
    if (request.isUnnamed !== true) return request;
    const { image } = request;
    const name = await this.#looks.have(() =>
      isOfArtefact(request) ? nameOfArtefact(this.#host, request, signal) : nameByServer(this.#host, request, signal),
    );
    validateNewName(name, image.class, imageFileName(name, image.format));
    return { ...request, isUnnamed: false, image: { ...image, name } };
  }

  /**
   * What start() would do.
   *
   * @throws Failure TooManyTransfers when as many pulls as can be are planned at the moment
   * @throws Failure DownloadFailed, InsufficientSpace, FileSystemError, WorkerFailed, ServiceStopping when nothing can be said
   * @throws the reason of `signal` when that is raised before the process starts
   */
  async plan(
    request: PullRequest,
    uid: number,
    signal: AbortSignal,
  ): Promise<PullPlan & { waitsFor: number | undefined }> {
    return await this.#looks.have(async () => {
      const plan = isOfArtefact(request)
        ? await planArtefact(this.#host, request, signal)
        : await planPull(this.#host, request, signal);
      const refusals = obstaclesOf(() => this.#manager.refuse(subjectOf(request, uid)));
      const waitsFor = this.#sameDownload(request)?.subject.id;
      return { ...plan, waitsFor, obstacles: [...refusals, ...plan.obstacles] };
    });
  }

  /** Both must keep the download: only then is there something to copy. */
  #sameDownload(request: PullRequest): Transfer | undefined {
    if (!request.keepDownload) return undefined;
    const active = new Map(this.#manager.active.map((transfer) => [transfer.subject.id, transfer]));
    for (const [id, other] of this.#requests) {
      const transfer = active.get(id);
      if (transfer !== undefined && isSame(other, request)) return transfer;
    }
    return undefined;
  }
}

function subjectOf({ image, remote }: PullRequest, uid: number) {
  const { format, class: imageClass, name, imageRoot } = image;
  return { type: `pull_${format}` as const, class: imageClass, remote, local: name, imageRoot, uid };
}

function isSame(a: PullRequest, b: PullRequest): boolean {
  if (!a.keepDownload || a.remote !== b.remote || a.image.format !== b.image.format) return false;
  return (
    a.image.imageRoot === b.image.imageRoot &&
    a.download.verification === b.download.verification &&
    a.download.digest === b.download.digest &&
    platformOf(a) === platformOf(b) &&
    a.download.checksumFile === b.download.checksumFile
  );
}

/** For which a file of an artefact is chosen. */
function platformOf({ artefact }: PullRequest): string | undefined {
  return artefact && printPlatform(artefact.platform);
}
