import type { PlanOciReply } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import type { Host } from '../host.js';
import { obstaclesOf } from '../kinds/plan-pull.js';
import type { Looks } from '../looks.js';
import type { TransferManager } from '../manager.js';
import type { RunningTransfer, Transfer } from '../transfer.js';
import { planOci } from './plan-oci.js';
import { runPullOci } from './pull-oci.js';
import type { OciRequest } from './request.js';
import { SharedLayers } from './shared-layers.js';

/** Pulls of container images, which share the layers that come. */
export class OciPulls {
  readonly #host: Host;
  readonly #manager: TransferManager;
  readonly #looks: Looks;
  /** Those that imports bring are shared as well. */
  readonly layers = new SharedLayers();

  constructor(host: Host, manager: TransferManager, looks: Looks) {
    this.#host = host;
    this.#manager = manager;
    this.#looks = looks;
  }

  /** The transfer that is pulling this reference, if one is. */
  underWay(remote: string): Transfer | undefined {
    return this.#manager.active.find(({ subject }) => subject.remote === remote && subject.type === 'pull_oci');
  }

  /**
   * Accepts a pull.
   *
   * @throws Failure ServiceStopping when the service is stopping
   * @throws Failure TooManyTransfers when as many as are accepted have not ended
   * @throws Failure TransferInProgress when another one makes an image of that name
   * @throws Failure InsufficientSpace, FileSystemError when its identifier cannot be kept
   */
  start(request: OciRequest, uid: number): Transfer {
    const work = (running: RunningTransfer) => runPullOci(this.#host, request, this.layers, running);
    return this.#manager.accept(subjectOf(request, uid), work);
  }

  /**
   * What start() would do.
   *
   * @throws Failure TooManyTransfers when as many pulls as can be are planned at the moment
   * @throws as planOci()
   */
  async plan(request: OciRequest, uid: number, signal: AbortSignal): Promise<PlanOciReply> {
    const plan = await this.#looks.have(() => planOci(this.#host, request, signal));
    const refusals = obstaclesOf(() => this.#manager.refuse(subjectOf(request, uid)));
    return { ...plan, obstacles: [...refusals, ...plan.obstacles] };
  }
}

function subjectOf({ image, remote }: OciRequest, uid: number) {
  const { class: imageClass, name, imageRoot } = image;
  return { type: 'pull_oci', class: imageClass, remote, local: name, imageRoot, uid } as const;
}
