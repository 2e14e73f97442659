import type {
  ExportParameters,
  ExportReply,
  FinishParameters,
  FinishReply,
  ImportParameters,
  ImportReply,
  Transfer as ListedTransfer,
  ListParameters,
  ListReply,
  PlanParameters,
  PlanReply,
  PullParameters,
  PullReply,
  TransferHandlers,
  WatchParameters,
  WatchReply,
} from '../../interfaces/generated/io.ferry.Transfer.generated.js';
import type { ServerCall } from '../../varlink/server/call.js';
import type { Host } from '../transfers/host.js';
import type { Pulls } from '../transfers/kinds/start-pull.js';
import type { TransferManager } from '../transfers/manager.js';
import type { Transfer } from '../transfers/transfer.js';
import { authorize, isTrusted } from './authorize.js';
import { withFailures } from './errors.js';
import { follow } from './follow.js';
import { Movement } from './import-export.js';
import { checkPull } from './pull-request.js';
import { visibleRemote } from './remote.js';

const interfaceName = 'io.ferry.Transfer';

function listed(transfer: Transfer, uid: number): ListedTransfer {
  const { subject, progress } = transfer;
  return {
    id: subject.id,
    type: subject.type,
    class: subject.class,
    remote: visibleRemote(transfer, uid),
    local: subject.local,
    progress: { ...progress },
  };
}

/** io.ferry.Transfer: everything that importctl does, typed. */
export class TransferInterface implements TransferHandlers {
  readonly #host: Host;
  readonly #manager: TransferManager;
  readonly #pulls: Pulls;
  readonly #movement: Movement;

  constructor(host: Host, manager: TransferManager, pulls: Pulls) {
    this.#host = host;
    this.#manager = manager;
    this.#pulls = pulls;
    this.#movement = new Movement(host, manager);
  }

  Pull(call: ServerCall<PullParameters, PullReply>): Promise<void> {
    return withFailures(interfaceName, async () => {
      const { parameters, peer } = call;
      const request = checkPull(this.#host, peer, parameters);
      await authorize(call, 'io.ferry.pull', parameters.allowInteractiveAuthentication ?? false);
      await follow(call, this.#pulls.start(request, peer.uid));
    });
  }

  Plan(call: ServerCall<PlanParameters, PlanReply>): Promise<void> {
    return withFailures(interfaceName, async () => {
      const { parameters, peer } = call;
      const request = checkPull(this.#host, peer, parameters);
      await authorize(call, 'io.ferry.pull', parameters.allowInteractiveAuthentication ?? false);
      call.reply(await this.#pulls.plan(request, peer.uid, call.closed));
    });
  }

  Import(call: ServerCall<ImportParameters, ImportReply>): Promise<void> {
    return withFailures(interfaceName, () => this.#movement.import(call));
  }

  Export(call: ServerCall<ExportParameters, ExportReply>): Promise<void> {
    return withFailures(interfaceName, () => this.#movement.export(call));
  }

  Finish(call: ServerCall<FinishParameters, FinishReply>): Promise<void> {
    return withFailures(interfaceName, async () => this.#movement.finish(call));
  }

  async List(call: ServerCall<ListParameters, ListReply>): Promise<void> {
    const wanted = call.parameters.class ?? null;
    const transfers = this.#manager.active.filter(({ subject }) => wanted === null || subject.class === wanted);
    call.reply({ transfers: transfers.map((transfer) => listed(transfer, call.peer.uid)) });
  }

  Watch(call: ServerCall<WatchParameters, WatchReply>): Promise<void> {
    return withFailures(interfaceName, async () => {
      const transfer = this.#manager.find(Number(call.parameters.id));
      // Logs and results belong to root and to the one who asked for the transfer.
      if (call.peer.uid !== transfer.subject.uid && !isTrusted(call.peer))
        await authorize(call, 'io.ferry.manage', false);
      if (call.more || transfer.failure !== null) return follow(call, transfer);
      call.reply({ id: transfer.subject.id, progress: { ...transfer.progress }, result: transfer.result });
    });
  }

  Cancel(
    call: ServerCall<{ id: number | bigint; allowInteractiveAuthentication?: boolean | null }, Record<never, never>>,
  ): Promise<void> {
    return withFailures(interfaceName, async () => {
      const id = Number(call.parameters.id);
      const { subject } = this.#manager.find(id);
      const interactive = call.parameters.allowInteractiveAuthentication ?? false;
      if (call.peer.uid !== subject.uid) await authorize(call, 'io.ferry.cancel', interactive);
      await this.#manager.cancel(id);
      call.reply({});
    });
  }
}
