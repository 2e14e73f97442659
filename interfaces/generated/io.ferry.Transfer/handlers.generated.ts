// Generated from io.ferry.Transfer.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { CancelParameters, ExportParameters, FinishParameters, ImportParameters, ListParameters, PlanOciParameters, PlanParameters, PullOciParameters, PullParameters, PushOciParameters, ResolveReferenceParameters, WatchParameters } from './parameters.generated.js';
import type { CancelReply, ExportReply, FinishReply, ImportReply, ListReply, PlanOciReply, PlanReply, PullOciReply, PullReply, PushOciReply, ResolveReferenceReply, WatchReply } from './replies.generated.js';
import type { ServerCall } from '../../../varlink/server/call.js';

/** What a service that implements io.ferry.Transfer has to provide: a function for each method. */
export interface TransferHandlers {
  /**
   * Downloads an image, verifies it and puts it in place.
   * With 'more' the first reply carries the identifier, the next ones progress or log lines, the last one the result;
   * without it there is one reply, with identifier and result, when the transfer has ended.
   */
  Pull(call: ServerCall<PullParameters, PullReply>): Promise<void>;
  /**
   * Finds out what Pull() with the same parameters would do, and changes nothing: the server is asked, the checksum and
   * signature files are fetched and judged, and of the image its first bytes are read. What stands in the way of the pull
   * is listed, as far as it can be known before all bytes have come; an error is given only where nothing can be said,
   * such as for an image that the server does not have.
   */
  Plan(call: ServerCall<PlanParameters, PlanReply>): Promise<void>;
  /**
   * Downloads a container image from a registry, layer by layer, and puts it in place. Every layer is checked against the digest in the
   * manifest. Layers that are here already are not downloaded again, and two images share those that they have in common.
   * The replies are those of Pull().
   */
  PullOci(call: ServerCall<PullOciParameters, PullOciReply>): Promise<void>;
  /**
   * Finds out what PullOci() with the same parameters would do, and changes nothing. It requests the manifest and the
   * configuration.
   */
  PlanOci(call: ServerCall<PlanOciParameters, PlanOciReply>): Promise<void>;
  /** Says where PullOci() would look for a container image, without asking anybody: for callers that have credentials of several registries. */
  ResolveReference(call: ServerCall<ResolveReferenceParameters, ResolveReferenceReply>): Promise<void>;
  /**
   * Imports an image from a descriptor that is pushed with the call, or, with 'upgrade', from the bytes that follow
   * on the connection; then Finish() must be called on another connection after the last byte.
   */
  Import(call: ServerCall<ImportParameters, ImportReply>): Promise<void>;
  /**
   * Exports an image to a descriptor that is pushed with the call, or, with 'upgrade', as the bytes that follow the
   * reply on the connection; the receiver then compares what it got with the result that Watch() gives.
   */
  Export(call: ServerCall<ExportParameters, ExportReply>): Promise<void>;
  /**
   * Pushes an image to a registry, under a tag: a tree as an OCI image with one layer, as Export() makes it, and a disk image as an OCI
   * artifact with one layer. What the registry has already is not sent. The replies are those of Export().
   */
  PushOci(call: ServerCall<PushOciParameters, PushOciReply>): Promise<void>;
  /** Says that all bytes of an upgraded Import() have been sent. An import whose sender does not say so fails. */
  Finish(call: ServerCall<FinishParameters, FinishReply>): Promise<void>;
  /** Lists the transfers that have not ended, in the order of their identifiers. */
  List(call: ServerCall<ListParameters, ListReply>): Promise<void>;
  /**
   * Attaches to a transfer: its log so far, then what happens, then its result, or the error it ended with.
   * Without 'more' there is one reply at once, with the current progress, and the result if it has ended.
   */
  Watch(call: ServerCall<WatchParameters, WatchReply>): Promise<void>;
  /** Ends a transfer and removes what it left. Answers when that is done. */
  Cancel(call: ServerCall<CancelParameters, CancelReply>): Promise<void>;
}
