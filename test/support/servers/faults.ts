import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a file is served as, and what goes wrong meanwhile. All of it can also be given in the query, as in `?cutEvery=1000`. */
export interface Faults {
  /** Closes the connection after so many bytes of each answer's body. */
  cutEvery?: number;
  /** Closes the connection at this byte of the file, at most `cutTimes` times (1 by default). */
  cutAt?: number;
  cutTimes?: number;
  /** Closes with a reset rather than an end. */
  reset?: boolean;
  /** Goes silent at this byte of the file, the first `stallTimes` times (1 by default). */
  stallAt?: number;
  stallTimes?: number;
  /** One byte every so many milliseconds. */
  dripMilliseconds?: number;
  /** The last byte comes so many milliseconds after the others. */
  lateMilliseconds?: number;
  /** What Content-Length says of a whole answer, whatever its length. */
  declaredLength?: number;
  chunked?: boolean;
  /** Neither a length nor chunks: the end of the connection is the end of the file. */
  lengthless?: boolean;
  /** Answers 200 and the whole to a request for a part. */
  ignoreRange?: boolean;
  /** Sends a part that begins so many bytes off. */
  rangeShift?: number;
  /** Takes no notice of If-Range. */
  ignoreCondition?: boolean;
  /** The size of the whole that a part claims to be of. */
  partTotal?: number;
  /** Answers 206 to a request for the whole. */
  partUnasked?: boolean;
  /** Sends at most so many bytes of a part that was asked for. */
  partMax?: number;
  /** ETags, one for each request in turn, the last one from then on; "none" for none. */
  etags?: string[];
  /** Ignores If-None-Match. */
  alwaysFresh?: boolean;
  /** Leaves the ETag out of 304 answers. */
  bare304?: boolean;
  /** This status, for the first `statusTimes` requests after the first `statusAfter` ones. */
  status?: number;
  statusTimes?: number;
  statusAfter?: number;
  /** Bytes of the body that comes with such a status. */
  statusBytes?: number;
  /** Closes the connection without an answer, so many times. */
  hangUpTimes?: number;
  redirect?: string;
  redirectStatus?: number;
  /** So many bytes of response headers. */
  headerBytes?: number;
  /** After the file bytes without end: this one again and again. */
  endless?: number;
  headers?: Record<string, string>;
  /** Answers in place of the server. */
  hook?: (request: IncomingMessage, response: ServerResponse) => void;
}

export interface RecordedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  /** Bytes of the body that were written in answer. */
  sent: number;
  status: number;
}

/** What a file is made of: bytes in memory, or some that are made up as they are asked for. */
export interface Content {
  readonly length: number;
  subarray(from: number, to: number): Buffer;
}

export interface ServedFile {
  readonly bytes: Content;
  readonly faults: Faults;
  requests: number;
  readonly spent: Map<string, number>;
}
