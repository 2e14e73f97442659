// Generated from io.ferry.Trust.varlink by varlink/codegen. Do not edit: change that file and generate again.

import type { AddParameters, CheckParameters, ListParameters, ShowParameters } from './parameters.generated.js';
import type { AddReply, CheckReply, ListReply, ShowReply } from './replies.generated.js';
import type { CallOptions, VarlinkClient } from '../../../varlink/client/client.js';

/** Calls the methods of io.ferry.Trust over a connection. */
export class TrustClient {
  readonly #client: VarlinkClient;

  constructor(client: VarlinkClient) {
    this.#client = client;
  }

  /** Lists the trust entries, in the order of their directories and files. */
  list(parameters: ListParameters = {}, options?: CallOptions): Promise<ListReply> {
    return this.#client.call<ListReply>('io.ferry.Trust.List', parameters, options);
  }

  /** Says who is trusted for a URL. */
  show(parameters: ShowParameters, options?: CallOptions): Promise<ShowReply> {
    return this.#client.call<ShowReply>('io.ferry.Trust.Show', parameters, options);
  }

  /**
   * Looks for faults: settings that make no sense, files that are missing, keys that have expired or do so within 30 days, and entries that
   * cover the same.
   */
  check(parameters: CheckParameters = {}, options?: CallOptions): Promise<CheckReply> {
    return this.#client.call<CheckReply>('io.ferry.Trust.Check', parameters, options);
  }

  /** Trusts the keys of a keyring for some URLs, and for no others: writes a trust entry, and the keyring beside it. */
  add(parameters: AddParameters, options?: CallOptions): Promise<AddReply> {
    return this.#client.call<AddReply>('io.ferry.Trust.Add', parameters, options);
  }
}
