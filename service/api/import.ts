import { Failure } from '../../common/failure.js';
import { priorities } from '../../common/log/log.js';
import type {
  TransferType as KnownType,
  ListTransfersParameters,
  ListTransfersReply,
  PullParameters,
  PullReply,
} from '../../interfaces/generated/io.systemd.Import.generated.js';
import { serviceErrors, VarlinkError } from '../../varlink/error.js';
import type { ServerCall } from '../../varlink/server/call.js';
import { isValidImageName } from '../images/layout/names.js';
import type { ImageFormat } from '../processes/ipc/messages.js';
import type { Host } from '../transfers/host.js';
import type { PullRequest } from '../transfers/kinds/pull-request.js';
import type { Pulls } from '../transfers/kinds/start-pull.js';
import type { TransferManager } from '../transfers/manager.js';
import type { OciPulls } from '../transfers/oci/start-oci.js';
import type { Progress, Transfer, TransferType } from '../transfers/transfer.js';
import { checkPullOci } from './oci-request.js';
import { checkPull } from './pull-request.js';
import { type RelayForm, relay } from './relay.js';
import { visibleRemote } from './remote.js';
import type { Interfaces } from './rights.js';
import type { Methods, PreparedCall } from './serve.js';

const interfaceName = 'io.systemd.Import';

/** Progress as a fraction from 0.0 to 1.0; 0.0 while nothing is known. */
function fraction({ bytesDone, bytesTotal }: Progress): number {
  return bytesTotal === undefined || bytesTotal <= 0 ? 0 : Math.min(1, bytesDone / bytesTotal);
}

/** What a transfer is called where fewer types are known. */
function knownType(type: TransferType): KnownType {
  if (type === 'import_oci') return 'import_tar';
  return type === 'export_oci' || type === 'push_oci' ? 'export_tar' : type;
}

const form: RelayForm<PullReply> = {
  progress: (progress) => ({ progress: fraction(progress) }),
  log: ({ priority, message }) => ({ log: { priority, message } }),
};

/** The error has no parameters: the reason goes into a line of the log, where callers of systemd-importd look for it. */
export function importError(failure: Failure, call: Pick<ServerCall, 'more' | 'continues'>): VarlinkError {
  // What systemd-importd answers beyond its limit.
  if (failure.kind === 'TooManyTransfers')
    return new VarlinkError('io.systemd.System', { origin: 'linux', errno: 7, errnoName: 'E2BIG' });
  if (call.more) call.continues({ log: { priority: priorities.err, message: failure.message } });
  return new VarlinkError(`${interfaceName}.Transfer${failure.kind === 'Cancelled' ? 'Cancelled' : 'Failed'}`, {});
}

/** io.systemd.Import, as callers of systemd-importd know it, without its faults (docs/differences.md). */
export class ImportInterface implements Methods<Interfaces['io.systemd.Import']> {
  readonly #host: Host;
  readonly #manager: TransferManager;
  readonly #pulls: Pulls;
  readonly #ociPulls: OciPulls;

  constructor(host: Host, manager: TransferManager, pulls: Pulls, ociPulls: OciPulls) {
    this.#host = host;
    this.#manager = manager;
    this.#pulls = pulls;
    this.#ociPulls = ociPulls;
  }

  ListTransfers(call: ServerCall<ListTransfersParameters, ListTransfersReply>): PreparedCall {
    return { run: () => this.#list(call) };
  }

  Pull(call: ServerCall<PullParameters, PullReply>): PreparedCall {
    const { type } = call.parameters;
    if (type === 'oci') return this.#prepareOci(call);
    const request = this.#check(call, type);
    return { run: () => this.#pull(call, request) };
  }

  #prepareOci(call: ServerCall<PullParameters, PullReply>): PreparedCall {
    const { remote, local, keepDownload: _, verify: __, type: ___, ...rest } = call.parameters;
    const wish = { ...rest, reference: remote, name: local ?? null, layout: 'mstack' as const };
    const request = readWish(local, () => checkPullOci(this.#host, call.peer, wish));
    const run = async () => {
      if (this.#ociPulls.underWay(remote) !== undefined)
        throw new VarlinkError(`${interfaceName}.AlreadyInProgress`, { remote });
      await this.#follow(call, this.#ociPulls.start(await request(), call.peer.uid));
    };
    return { run };
  }

  #list(call: ServerCall<ListTransfersParameters, ListTransfersReply>): void {
    const wanted = call.parameters.class ?? undefined;
    const replies = this.#manager.active
      .filter(({ subject }) => wanted === undefined || subject.class === wanted)
      .map((transfer) => ({
        id: transfer.subject.id,
        type: knownType(transfer.subject.type),
        remote: visibleRemote(transfer, call.peer.uid) ?? '',
        local: transfer.subject.local ?? '',
        class: transfer.subject.class,
        percent: fraction(transfer.progress),
      }));
    const last = replies.pop();
    if (last === undefined) throw new VarlinkError(`${interfaceName}.NoTransfers`, {});
    for (const reply of replies) call.continues(reply);
    call.reply(last);
  }

  async #pull(call: ServerCall<PullParameters, PullReply>, request: PullRequest): Promise<void> {
    if (this.#pulls.underWay(request.remote, request.image.format) !== undefined) {
      throw new VarlinkError(`${interfaceName}.AlreadyInProgress`, { remote: call.parameters.remote });
    }
    const named = await this.#pulls.named(request, call.closed).catch((error: unknown) => {
      throw error instanceof Failure && error.kind === 'InvalidName' ? serviceErrors.invalidParameter('local') : error;
    });
    await this.#follow(call, this.#pulls.start(named, call.peer.uid));
  }

  async #follow(call: ServerCall<PullParameters, PullReply>, transfer: Transfer): Promise<void> {
    if (!call.more) {
      call.reply({ id: transfer.subject.id });
      return;
    }
    call.continues({ id: transfer.subject.id });
    if (!(await relay(call, transfer, form))) return;
    if (transfer.failure !== undefined) throw transfer.failure;
    call.reply({});
  }

  #check({ parameters, peer }: ServerCall<PullParameters, PullReply>, format: ImageFormat): PullRequest {
    const { remote, local, ...rest } = parameters;
    const wish = {
      ...rest,
      url: remote,
      format,
      name: local ?? null,
      keepDownload: parameters.keepDownload ?? false,
    };
    return readWish(local, () => checkPull(this.#host, peer, wish));
  }
}

/** @throws VarlinkError InvalidParameter for what makes no sense of the remote or the local name */
function readWish<Request>(local: string | null | undefined, check: () => Request): Request {
  if (local != null && !isValidImageName(local)) throw serviceErrors.invalidParameter('local');
  try {
    return check();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw serviceErrors.invalidParameter(error.kind === 'InvalidUrl' ? 'remote' : 'local');
  }
}
