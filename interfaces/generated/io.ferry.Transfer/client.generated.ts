// Generated from io.ferry.Transfer.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { CallOptions, UpgradedCall, VarlinkClient } from '../../../varlink/client/client.js';
import type { CancelParameters, ExportParameters, FinishParameters, ImportParameters, ListParameters, PlanOciParameters, PlanParameters, PullOciParameters, PullParameters, PushOciParameters, ResolveReferenceParameters, WatchParameters } from './parameters.generated.js';
import type { CancelReply, ExportReply, FinishReply, ImportReply, ListReply, PlanOciReply, PlanReply, PullOciReply, PullReply, PushOciReply, ResolveReferenceReply, WatchReply } from './replies.generated.js';

/** Calls the methods of io.ferry.Transfer over a connection. */
export class TransferClient {
  readonly #client: VarlinkClient;

  constructor(client: VarlinkClient) {
    this.#client = client;
  }

  /**
   * Downloads an image, verifies it and puts it in place.
   * With 'more' the first reply carries the identifier, the next ones progress or log lines, the last one the result;
   * without it there is one reply, with identifier and result, when the transfer has ended.
   */
  pull(parameters: PullParameters, options?: CallOptions): Promise<PullReply> {
    return this.#client.call<PullReply>('io.ferry.Transfer.Pull', parameters, options);
  }

  /**
   * Downloads an image, verifies it and puts it in place.
   * With 'more' the first reply carries the identifier, the next ones progress or log lines, the last one the result;
   * without it there is one reply, with identifier and result, when the transfer has ended.
   *
   * Called with 'more': any number of replies.
   */
  pullMore(parameters: PullParameters, options?: CallOptions): AsyncIterable<PullReply> {
    return this.#client.callMore<PullReply>('io.ferry.Transfer.Pull', parameters, options);
  }

  /**
   * Finds out what Pull() with the same parameters would do, and changes nothing: the server is asked, the checksum and
   * signature files are fetched and judged, and of the image its first bytes are read. What stands in the way of the pull
   * is listed, as far as it can be known before all bytes have come; an error is given only where nothing can be said,
   * such as for an image that the server does not have.
   */
  plan(parameters: PlanParameters, options?: CallOptions): Promise<PlanReply> {
    return this.#client.call<PlanReply>('io.ferry.Transfer.Plan', parameters, options);
  }

  /**
   * Downloads a container image from a registry, layer by layer, and puts it in place. Every layer is checked against the digest in the
   * manifest. Layers that are here already are not downloaded again, and two images share those that they have in common.
   * The replies are those of Pull().
   */
  pullOci(parameters: PullOciParameters, options?: CallOptions): Promise<PullOciReply> {
    return this.#client.call<PullOciReply>('io.ferry.Transfer.PullOci', parameters, options);
  }

  /**
   * Downloads a container image from a registry, layer by layer, and puts it in place. Every layer is checked against the digest in the
   * manifest. Layers that are here already are not downloaded again, and two images share those that they have in common.
   * The replies are those of Pull().
   *
   * Called with 'more': any number of replies.
   */
  pullOciMore(parameters: PullOciParameters, options?: CallOptions): AsyncIterable<PullOciReply> {
    return this.#client.callMore<PullOciReply>('io.ferry.Transfer.PullOci', parameters, options);
  }

  /**
   * Finds out what PullOci() with the same parameters would do, and changes nothing. It requests the manifest and the
   * configuration.
   */
  planOci(parameters: PlanOciParameters, options?: CallOptions): Promise<PlanOciReply> {
    return this.#client.call<PlanOciReply>('io.ferry.Transfer.PlanOci', parameters, options);
  }

  /** Says where PullOci() would look for a container image, without asking anybody: for callers that have credentials of several registries. */
  resolveReference(parameters: ResolveReferenceParameters, options?: CallOptions): Promise<ResolveReferenceReply> {
    return this.#client.call<ResolveReferenceReply>('io.ferry.Transfer.ResolveReference', parameters, options);
  }

  /**
   * Imports an image from a descriptor that is pushed with the call, or, with 'upgrade', from the bytes that follow
   * on the connection; then Finish() must be called on another connection after the last byte.
   */
  import(parameters: ImportParameters, options?: CallOptions): Promise<ImportReply> {
    return this.#client.call<ImportReply>('io.ferry.Transfer.Import', parameters, options);
  }

  /**
   * Imports an image from a descriptor that is pushed with the call, or, with 'upgrade', from the bytes that follow
   * on the connection; then Finish() must be called on another connection after the last byte.
   *
   * Called with 'more': any number of replies.
   */
  importMore(parameters: ImportParameters, options?: CallOptions): AsyncIterable<ImportReply> {
    return this.#client.callMore<ImportReply>('io.ferry.Transfer.Import', parameters, options);
  }

  /**
   * Imports an image from a descriptor that is pushed with the call, or, with 'upgrade', from the bytes that follow
   * on the connection; then Finish() must be called on another connection after the last byte.
   *
   * Called with 'upgrade': after the reply the connection carries bytes.
   */
  importUpgrade(parameters: ImportParameters, options?: CallOptions): Promise<UpgradedCall<ImportReply>> {
    return this.#client.callUpgrade<ImportReply>('io.ferry.Transfer.Import', parameters, options);
  }

  /**
   * Exports an image to a descriptor that is pushed with the call, or, with 'upgrade', as the bytes that follow the
   * reply on the connection; the receiver then compares what it got with the result that Watch() gives.
   */
  export(parameters: ExportParameters, options?: CallOptions): Promise<ExportReply> {
    return this.#client.call<ExportReply>('io.ferry.Transfer.Export', parameters, options);
  }

  /**
   * Exports an image to a descriptor that is pushed with the call, or, with 'upgrade', as the bytes that follow the
   * reply on the connection; the receiver then compares what it got with the result that Watch() gives.
   *
   * Called with 'more': any number of replies.
   */
  exportMore(parameters: ExportParameters, options?: CallOptions): AsyncIterable<ExportReply> {
    return this.#client.callMore<ExportReply>('io.ferry.Transfer.Export', parameters, options);
  }

  /**
   * Exports an image to a descriptor that is pushed with the call, or, with 'upgrade', as the bytes that follow the
   * reply on the connection; the receiver then compares what it got with the result that Watch() gives.
   *
   * Called with 'upgrade': after the reply the connection carries bytes.
   */
  exportUpgrade(parameters: ExportParameters, options?: CallOptions): Promise<UpgradedCall<ExportReply>> {
    return this.#client.callUpgrade<ExportReply>('io.ferry.Transfer.Export', parameters, options);
  }

  /**
   * Pushes an image to a registry, under a tag: a tree as an OCI image with one layer, as Export() makes it, and a disk image as an OCI
   * artifact with one layer. What the registry has already is not sent. The replies are those of Export().
   */
  pushOci(parameters: PushOciParameters, options?: CallOptions): Promise<PushOciReply> {
    return this.#client.call<PushOciReply>('io.ferry.Transfer.PushOci', parameters, options);
  }

  /**
   * Pushes an image to a registry, under a tag: a tree as an OCI image with one layer, as Export() makes it, and a disk image as an OCI
   * artifact with one layer. What the registry has already is not sent. The replies are those of Export().
   *
   * Called with 'more': any number of replies.
   */
  pushOciMore(parameters: PushOciParameters, options?: CallOptions): AsyncIterable<PushOciReply> {
    return this.#client.callMore<PushOciReply>('io.ferry.Transfer.PushOci', parameters, options);
  }

  /** Says that all bytes of an upgraded Import() have been sent. An import whose sender does not say so fails. */
  finish(parameters: FinishParameters, options?: CallOptions): Promise<FinishReply> {
    return this.#client.call<FinishReply>('io.ferry.Transfer.Finish', parameters, options);
  }

  /** Lists the transfers that have not ended, in the order of their identifiers. */
  list(parameters: ListParameters = {}, options?: CallOptions): Promise<ListReply> {
    return this.#client.call<ListReply>('io.ferry.Transfer.List', parameters, options);
  }

  /**
   * Attaches to a transfer: its log so far, then what happens, then its result, or the error it ended with.
   * Without 'more' there is one reply at once, with the current progress, and the result if it has ended.
   */
  watch(parameters: WatchParameters, options?: CallOptions): Promise<WatchReply> {
    return this.#client.call<WatchReply>('io.ferry.Transfer.Watch', parameters, options);
  }

  /**
   * Attaches to a transfer: its log so far, then what happens, then its result, or the error it ended with.
   * Without 'more' there is one reply at once, with the current progress, and the result if it has ended.
   *
   * Called with 'more': any number of replies.
   */
  watchMore(parameters: WatchParameters, options?: CallOptions): AsyncIterable<WatchReply> {
    return this.#client.callMore<WatchReply>('io.ferry.Transfer.Watch', parameters, options);
  }

  /** Ends a transfer and removes what it left. Answers when that is done. */
  cancel(parameters: CancelParameters, options?: CallOptions): Promise<CancelReply> {
    return this.#client.call<CancelReply>('io.ferry.Transfer.Cancel', parameters, options);
  }
}
