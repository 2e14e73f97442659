// Generated from io.ferry.Image.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { CallOptions, VarlinkClient } from '../../../varlink/client/client.js';
import type { CleanParameters, CloneParameters, DiskUsageParameters, HistoryParameters, ListParameters, RemoveParameters, RenameParameters, SetReadOnlyParameters, ShowParameters, VerifyParameters } from './parameters.generated.js';
import type { CleanReply, CloneReply, DiskUsageReply, HistoryReply, ListReply, RemoveReply, RenameReply, SetReadOnlyReply, ShowReply, VerifyReply } from './replies.generated.js';

/** Calls the methods of io.ferry.Image over a connection. */
export class ImageClient {
  readonly #client: VarlinkClient;

  constructor(client: VarlinkClient) {
    this.#client = client;
  }

  /**
   * Lists images, sorted by class and name. Free for everyone. With 'more', they come in several replies, each with the next of them, as
   * many as there are; otherwise in one, which many thousands do not fit into.
   */
  list(parameters: ListParameters = {}, options?: CallOptions): Promise<ListReply> {
    return this.#client.call<ListReply>('io.ferry.Image.List', parameters, options);
  }

  /**
   * Lists images, sorted by class and name. Free for everyone. With 'more', they come in several replies, each with the next of them, as
   * many as there are; otherwise in one, which many thousands do not fit into.
   *
   * Called with 'more': any number of replies.
   */
  listMore(parameters: ListParameters = {}, options?: CallOptions): AsyncIterable<ListReply> {
    return this.#client.callMore<ListReply>('io.ferry.Image.List', parameters, options);
  }

  /** Removes an image, with what belongs to it. */
  remove(parameters: RemoveParameters, options?: CallOptions): Promise<RemoveReply> {
    return this.#client.call<RemoveReply>('io.ferry.Image.Remove', parameters, options);
  }

  /** Gives an image, with what belongs to it, another name. */
  rename(parameters: RenameParameters, options?: CallOptions): Promise<RenameReply> {
    return this.#client.call<RenameReply>('io.ferry.Image.Rename', parameters, options);
  }

  /** Makes a copy of an image, with what belongs to it: a snapshot or reflink where the file system has them. */
  clone(parameters: CloneParameters, options?: CallOptions): Promise<CloneReply> {
    return this.#client.call<CloneReply>('io.ferry.Image.Clone', parameters, options);
  }

  /** Makes an image read-only, or writable. */
  setReadOnly(parameters: SetReadOnlyParameters, options?: CallOptions): Promise<SetReadOnlyReply> {
    return this.#client.call<SetReadOnlyReply>('io.ferry.Image.SetReadOnly', parameters, options);
  }

  /**
   * Removes pristine downloads, with their sidecars and proofs, layers that no image consists of, and what ended transfers left: all that is not
   * in use, or with olderThan, keep and unused only what each of them lets go. Images stay in any case.
   */
  clean(parameters: CleanParameters = {}, options?: CallOptions): Promise<CleanReply> {
    return this.#client.call<CleanReply>('io.ferry.Image.Clean', parameters, options);
  }

  /**
   * Verifies an image, or a pristine download that is named directly: the pristine download, what proves it, and the image are each held
   * against what was recorded when the download came. Nothing is changed, and the image is not downloaded.
   * "online" needs the rights of a pull as well. Hanging up ends it.
   */
  verify(parameters: VerifyParameters, options?: CallOptions): Promise<VerifyReply> {
    return this.#client.call<VerifyReply>('io.ferry.Image.Verify', parameters, options);
  }

  /**
   * Verifies an image, or a pristine download that is named directly: the pristine download, what proves it, and the image are each held
   * against what was recorded when the download came. Nothing is changed, and the image is not downloaded.
   * "online" needs the rights of a pull as well. Hanging up ends it.
   *
   * Called with 'more': any number of replies.
   */
  verifyMore(parameters: VerifyParameters, options?: CallOptions): AsyncIterable<VerifyReply> {
    return this.#client.callMore<VerifyReply>('io.ferry.Image.Verify', parameters, options);
  }

  /**
   * Tells everything that is known of an image, and of each if several classes have one of that name. The size of a tree is counted by
   * the first call, and kept. Free for everyone.
   */
  show(parameters: ShowParameters, options?: CallOptions): Promise<ShowReply> {
    return this.#client.call<ShowReply>('io.ferry.Image.Show', parameters, options);
  }

  /**
   * Tells everything that is known of an image, and of each if several classes have one of that name. The size of a tree is counted by
   * the first call, and kept. Free for everyone.
   *
   * Called with 'more': any number of replies.
   */
  showMore(parameters: ShowParameters, options?: CallOptions): AsyncIterable<ShowReply> {
    return this.#client.callMore<ShowReply>('io.ferry.Image.Show', parameters, options);
  }

  /**
   * Adds up the disk space that images, pristine downloads and leftovers of transfers take. Free for everyone.
   * Hanging up ends it.
   */
  diskUsage(parameters: DiskUsageParameters = {}, options?: CallOptions): Promise<DiskUsageReply> {
    return this.#client.call<DiskUsageReply>('io.ferry.Image.DiskUsage', parameters, options);
  }

  /**
   * Adds up the disk space that images, pristine downloads and leftovers of transfers take. Free for everyone.
   * Hanging up ends it.
   *
   * Called with 'more': any number of replies.
   */
  diskUsageMore(parameters: DiskUsageParameters = {}, options?: CallOptions): AsyncIterable<DiskUsageReply> {
    return this.#client.callMore<DiskUsageReply>('io.ferry.Image.DiskUsage', parameters, options);
  }

  /** Tells what was done to images, newest last. Free for everyone: root is told all, others what they caused themselves. */
  history(parameters: HistoryParameters = {}, options?: CallOptions): Promise<HistoryReply> {
    return this.#client.call<HistoryReply>('io.ferry.Image.History', parameters, options);
  }
}
