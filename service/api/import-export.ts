import { addAbortListener } from 'node:events';
import { Failure } from '../../common/failure.js';
import type {
  ExportParameters,
  ExportReply,
  FinishParameters,
  ImportParameters,
  ImportReply,
} from '../../interfaces/generated/io.ferry.Transfer.generated.js';
import { serviceErrors } from '../../varlink/error.js';
import type { ServerCall } from '../../varlink/server/call.js';
import { Finishes } from '../transfers/finishes.js';
import type { Host } from '../transfers/host.js';
import { type ExportRequest, runExport } from '../transfers/kinds/export.js';
import { type ImportSource, runImport } from '../transfers/kinds/import.js';
import type { TransferManager, TransferWork } from '../transfers/manager.js';
import { runImportOci } from '../transfers/oci/import-oci.js';
import type { SharedLayers } from '../transfers/oci/shared-layers.js';
import { OwnedDescriptors } from '../transfers/owned-descriptors.js';
import type { Result, RunningTransfer, Transfer, TransferSubject } from '../transfers/transfer.js';
import { checkExport } from './export-request.js';
import { follow } from './follow.js';
import { type CheckedImport, checkImport, checkSource, checkTarget, pushedDescriptor } from './import-request.js';
import type { Hold, PreparedCall } from './serve.js';

interface Deferred<Value> {
  promise: Promise<Value>;
  resolve(value: Value): void;
  reject(reason: unknown): void;
}

/** A promise that is settled from outside (Promise.withResolvers, which node 20 lacks). Nobody need wait for it. */
function deferred<Value>(): Deferred<Value> {
  let resolve: (value: Value) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<Value>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  promise.catch(() => {});
  return { promise, resolve, reject };
}

/** Closes a connection that no transfer will take any more. */
function closeWhenThere(connected: Deferred<OwnedDescriptors>): void {
  connected.promise.then((connection) => connection[Symbol.dispose]()).catch(() => {});
}

/**
 * The connection, once its caller has read the answer. A transfer that ends before waits for it no more.
 *
 * @throws the reason of `signal`, Failure Corrupt when the connection has ended
 */
async function connectionOf(connected: Deferred<OwnedDescriptors>, signal: AbortSignal): Promise<OwnedDescriptors> {
  const ended = deferred<never>();
  using _listener = addAbortListener(signal, () => ended.reject(signal.reason));
  try {
    return await Promise.race([connected.promise, ended.promise]);
  } catch (error) {
    closeWhenThere(connected);
    throw error;
  }
}

/** Imports and exports: bytes that come from the caller or go there. */
export class ImportExport {
  readonly #host: Host;
  readonly #manager: TransferManager;
  readonly #layers: SharedLayers;
  readonly #finishes = new Finishes();

  /** `layers`: those that other transfers have coming. */
  constructor(host: Host, manager: TransferManager, layers: SharedLayers) {
    this.#host = host;
    this.#manager = manager;
    this.#layers = layers;
  }

  import(call: ServerCall<ImportParameters, ImportReply>, hold: Hold): PreparedCall {
    const { parameters, peer } = call;
    const request = checkImport(this.#host, peer, parameters);
    if (call.upgrade) {
      if (request.directory) throw serviceErrors.invalidParameter('format');
      return { run: () => this.#importConnection(call, request) };
    }
    const pushed = hold(new OwnedDescriptors([pushedDescriptor(call, parameters.fileDescriptor)]));
    const bytesTotal = checkSource(pushed.first, parameters.format) ?? request.bytesTotal;
    const begin = (descriptor: OwnedDescriptors) => (running: RunningTransfer) =>
      this.#runImport({ ...request, bytesTotal }, { descriptor, sent: undefined }, running);
    return { run: () => follow(call, this.#accept(this.#importSubject(request, peer.uid), begin, pushed), this.#host) };
  }

  export(call: ServerCall<ExportParameters, ExportReply>, hold: Hold): PreparedCall {
    const { parameters, peer } = call;
    const request = checkExport(this.#host, call.peer, call.parameters);
    if (call.upgrade) return { run: () => this.#exportConnection(call, request) };
    const pushed = hold(new OwnedDescriptors([pushedDescriptor(call, parameters.fileDescriptor)]));
    checkTarget(pushed.first);
    const begin = (descriptor: OwnedDescriptors) => (running: RunningTransfer) =>
      runExport(this.#host, request, descriptor, running);
    return { run: () => follow(call, this.#accept(this.#exportSubject(request, peer.uid), begin, pushed), this.#host) };
  }

  finish(call: ServerCall<FinishParameters, Record<never, never>>): PreparedCall {
    const { subject } = this.#manager.find(call.parameters.id);
    const { id } = subject;
    const { bytes, sha256 } = call.parameters;
    const run = () => {
      if (!this.#finishes.finish(id, { bytes, sha256 })) {
        throw new Failure('NoSuchTransfer', `Transfer ${id} does not wait for bytes over a connection`, { id });
      }
      call.reply({});
    };
    return { owner: subject.uid, run };
  }

  /** What was pushed goes to the transfer; of one that is refused, or ends before its turn, it is closed. */
  #accept(
    subject: Omit<TransferSubject, 'id'>,
    begin: (descriptor: OwnedDescriptors) => TransferWork,
    pushed: OwnedDescriptors,
  ): Transfer {
    const descriptor = pushed.move();
    const onDropped = () => descriptor[Symbol.dispose]();
    try {
      return this.#manager.accept(subject, begin(descriptor), { onDropped });
    } catch (error) {
      onDropped();
      throw error;
    }
  }

  /** The bytes follow on the connection of the call; the sender says on another one when that was all. */
  async #importConnection(call: ServerCall<ImportParameters, ImportReply>, request: CheckedImport): Promise<void> {
    const connected = deferred<OwnedDescriptors>();
    const work = async (running: RunningTransfer) => {
      using _ = expectation;
      const descriptor = await connectionOf(connected, running.signal);
      return await this.#runImport(request, { descriptor, sent: expectation.sent }, running);
    };
    const onDropped = () => {
      expectation[Symbol.dispose]();
      closeWhenThere(connected);
    };
    const transfer = this.#manager.accept(this.#importSubject(request, call.peer.uid), work, { onDropped });
    // Before its turn can come: the sender may have said all before the transfer begins.
    const expectation = this.#finishes.expect(transfer.subject.id);
    await this.#handOver(call, transfer, connected);
  }

  async #exportConnection(call: ServerCall<ExportParameters, ExportReply>, request: ExportRequest): Promise<void> {
    const connected = deferred<OwnedDescriptors>();
    const work = async (running: RunningTransfer) =>
      runExport(this.#host, { ...request, digest: true }, await connectionOf(connected, running.signal), running);
    const onDropped = () => closeWhenThere(connected);
    const transfer = this.#manager.accept(this.#exportSubject(request, call.peer.uid), work, { onDropped });
    await this.#handOver(call, transfer, connected);
  }

  async #handOver(
    call: ServerCall<unknown, { id: number }>,
    transfer: Transfer,
    connected: Deferred<OwnedDescriptors>,
  ): Promise<void> {
    try {
      call.reply({ id: transfer.subject.id });
      connected.resolve(new OwnedDescriptors([await call.upgraded()]));
    } catch (error) {
      connected.reject(
        new Failure('Corrupt', 'The connection ended before a byte was moved', { what: 'the connection', offset: 0 }),
      );
      throw error;
    }
  }

  #runImport(request: CheckedImport, source: ImportSource, running: RunningTransfer): Promise<Result> {
    const { oci, ...plain } = request;
    if (oci === undefined) return runImport(this.#host, plain, source, running);
    return runImportOci(this.#host, { ...plain, ...oci }, source, this.#layers, running);
  }

  #importSubject({ image, directory, oci }: CheckedImport, uid: number) {
    const { format, class: imageClass, name, imageRoot } = image;
    const unpacked = oci === undefined ? (`import_${format}` as const) : ('import_oci' as const);
    const type = directory ? ('import_fs' as const) : unpacked;
    return { type, class: imageClass, remote: undefined, local: name, imageRoot, uid };
  }

  #exportSubject({ format, class: imageClass, name, imageRoot }: ExportRequest, uid: number) {
    return { type: `export_${format}` as const, class: imageClass, remote: undefined, local: name, imageRoot, uid };
  }
}
