// Generated from io.systemd.Import.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { CallOptions, VarlinkClient } from '../../../varlink/client/client.js';
import type { ListTransfersParameters, PullParameters } from './parameters.generated.js';
import type { ListTransfersReply, PullReply } from './replies.generated.js';

/** Calls the methods of io.systemd.Import over a connection. */
export class ImportClient {
  readonly #client: VarlinkClient;

  constructor(client: VarlinkClient) {
    this.#client = client;
  }

  /**
   * Lists the transfers that have not ended, one a reply
   *
   * Called with 'more': any number of replies.
   */
  listTransfersMore(parameters: ListTransfersParameters = {}, options?: CallOptions): AsyncIterable<ListTransfersReply> {
    return this.#client.callMore<ListTransfersReply>('io.systemd.Import.ListTransfers', parameters, options);
  }

  /**
   * Downloads an image. With 'more' the replies carry the identifier, progress and log lines until it has ended;
   * without it the identifier is given at once and the download runs on.
   */
  pull(parameters: PullParameters, options?: CallOptions): Promise<PullReply> {
    return this.#client.call<PullReply>('io.systemd.Import.Pull', parameters, options);
  }

  /**
   * Downloads an image. With 'more' the replies carry the identifier, progress and log lines until it has ended;
   * without it the identifier is given at once and the download runs on.
   *
   * Called with 'more': any number of replies.
   */
  pullMore(parameters: PullParameters, options?: CallOptions): AsyncIterable<PullReply> {
    return this.#client.callMore<PullReply>('io.systemd.Import.Pull', parameters, options);
  }
}
