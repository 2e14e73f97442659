import type {
  CancelParameters,
  CancelReply,
  ExportParameters,
  ExportReply,
  FinishParameters,
  FinishReply,
  ImportParameters,
  ImportReply,
  Transfer as ListedTransfer,
  ListParameters,
  ListReply,
  PlanOciParameters,
  PlanOciReply,
  PlanParameters,
  PlanReply,
  PullOciParameters,
  PullOciReply,
  PullParameters,
  PullReply,
  PushOciParameters,
  PushOciReply,
  ResolveReferenceParameters,
  ResolveReferenceReply,
  WatchParameters,
  WatchReply,
} from '../../interfaces/generated/io.ferry.Transfer.generated.js';
import type { ServerCall } from '../../varlink/server/call.js';
import type { Host } from '../transfers/host.js';
import type { Pulls } from '../transfers/kinds/start-pull.js';
import type { TransferManager } from '../transfers/manager.js';
import { runPushOci } from '../transfers/oci/push-oci.js';
import type { OciPulls } from '../transfers/oci/start-oci.js';
import type { RunningTransfer, Transfer } from '../transfers/transfer.js';
import { checkPush } from './export-request.js';
import { follow, resultOnWire } from './follow.js';
import { ImportExport } from './import-export.js';
import { keyOnWire } from './key-on-wire.js';
import { checkPullOci, locate } from './oci-request.js';
import { onWire } from './on-wire.js';
import { checkPull } from './pull-request.js';
import { visibleRemote } from './remote.js';
import type { Interfaces } from './rights.js';
import type { Hold, Methods, PreparedCall } from './serve.js';

function listed(transfer: Transfer, uid: number): ListedTransfer {
  const { subject, progress } = transfer;
  return onWire({
    id: subject.id,
    type: subject.type,
    class: subject.class,
    remote: visibleRemote(transfer, uid),
    local: subject.local,
    progress: onWire(progress),
  });
}

/** io.ferry.Transfer: everything that importctl does, typed. */
export class TransferInterface implements Methods<Interfaces['io.ferry.Transfer']> {
  readonly #host: Host;
  readonly #manager: TransferManager;
  readonly #pulls: Pulls;
  readonly #ociPulls: OciPulls;
  readonly #importExport: ImportExport;

  constructor(host: Host, manager: TransferManager, pulls: Pulls, ociPulls: OciPulls) {
    this.#host = host;
    this.#manager = manager;
    this.#pulls = pulls;
    this.#ociPulls = ociPulls;
    this.#importExport = new ImportExport(host, manager, ociPulls.layers);
  }

  Pull(call: ServerCall<PullParameters, PullReply>): PreparedCall {
    const { parameters, peer } = call;
    const request = checkPull(this.#host, peer, parameters);
    const run = async () => {
      const named = await this.#pulls.named(request, call.closed);
      await follow(call, this.#pulls.start(named, peer.uid), this.#host);
    };
    return { run };
  }

  Plan(call: ServerCall<PlanParameters, PlanReply>): PreparedCall {
    const { parameters, peer } = call;
    const request = checkPull(this.#host, peer, parameters);
    const run = async () => {
      const named = await this.#pulls.named(request, call.closed);
      const { trustedKeys, ...plan } = await this.#pulls.plan(named, peer.uid, call.closed);
      call.reply({ ...onWire(plan), trustedKeys: trustedKeys?.map(keyOnWire) ?? null });
    };
    return { run };
  }

  PullOci(call: ServerCall<PullOciParameters, PullOciReply>): PreparedCall {
    const { parameters, peer } = call;
    const request = checkPullOci(this.#host, peer, parameters);
    const run = async () => follow(call, this.#ociPulls.start(await request(), peer.uid), this.#host);
    return { run };
  }

  PlanOci(call: ServerCall<PlanOciParameters, PlanOciReply>): PreparedCall {
    const { parameters, peer } = call;
    const request = checkPullOci(this.#host, peer, parameters);
    const run = async () => call.reply(await this.#ociPulls.plan(await request(), peer.uid, call.closed));
    return { run };
  }

  PushOci(call: ServerCall<PushOciParameters, PushOciReply>): PreparedCall {
    const { parameters, peer } = call;
    const request = checkPush(this.#host, peer, parameters);
    const { class: imageClass, name: local, imageRoot } = request.exported;
    const known = { type: 'push_oci', class: imageClass, remote: parameters.reference, local, imageRoot } as const;
    const subject = { ...known, uid: peer.uid, isRehearsal: request.dryRun };
    const work = (running: RunningTransfer) => runPushOci(this.#host, request, running);
    return { run: () => follow(call, this.#manager.accept(subject, work), this.#host) };
  }

  ResolveReference(call: ServerCall<ResolveReferenceParameters, ResolveReferenceReply>): PreparedCall {
    const known = locate(this.#host, call.parameters.reference);
    return { run: () => call.reply(known) };
  }

  Import(call: ServerCall<ImportParameters, ImportReply>, hold: Hold): PreparedCall {
    return this.#importExport.import(call, hold);
  }

  Export(call: ServerCall<ExportParameters, ExportReply>, hold: Hold): PreparedCall {
    return this.#importExport.export(call, hold);
  }

  Finish(call: ServerCall<FinishParameters, FinishReply>): PreparedCall {
    return this.#importExport.finish(call);
  }

  List(call: ServerCall<ListParameters, ListReply>): PreparedCall {
    const wanted = call.parameters.class ?? undefined;
    const run = () => {
      const transfers = this.#manager.active.filter(({ subject }) => wanted === undefined || subject.class === wanted);
      call.reply({ transfers: transfers.map((transfer) => listed(transfer, call.peer.uid)) });
    };
    return { run };
  }

  Watch(call: ServerCall<WatchParameters, WatchReply>): PreparedCall {
    const transfer = this.#manager.find(call.parameters.id);
    const run = async () => {
      if (call.more || transfer.failure !== undefined) return follow(call, transfer, this.#host);
      const { subject, progress, result } = transfer;
      const answer = result === undefined ? null : resultOnWire(transfer, result, this.#host);
      call.reply({ id: subject.id, progress: onWire(progress), result: answer });
    };
    return { owner: transfer.subject.uid, run };
  }

  Cancel(call: ServerCall<CancelParameters, CancelReply>): PreparedCall {
    const { subject } = this.#manager.find(call.parameters.id);
    const run = async () => {
      await this.#manager.cancel(subject.id);
      call.reply({});
    };
    return { owner: subject.uid, run };
  }
}
