import type { Response } from 'node-fetch';
import type { Network } from './connection/network.js';
import type { RateLimit } from './pace.js';

/** What the answer to the first request says, before a byte of it has gone to the sink. */
export interface ResponseInfo {
  readonly status: number;
  /** The URL that answered, after redirects. */
  readonly url: string;
  readonly etag: string | undefined;
  readonly lastModified: Date | undefined;
  /** What stands for exactly these bytes in If-Range, verbatim; undefined if nothing does. */
  readonly validator: string | undefined;
  /** Bytes of the whole resource, if the server says. */
  readonly contentLength: number | undefined;
  /** The Content-Encoding that the server gave it unasked. */
  readonly contentEncoding: string | undefined;
  /** What the server calls it (Content-Disposition), whatever that is. */
  readonly fileName: string | undefined;
  /** The media type, in lower case and without parameters, if the server says. */
  readonly contentType: string | undefined;
  /** What a registry says that its digest is (Docker-Content-Digest), whatever that is. */
  readonly contentDigest: string | undefined;
}

/** The beginning of a resource, as a former process has stored it. */
export interface StartingPoint {
  /** Bytes that are here. */
  readonly offset: number;
  /** What stood for their resource in If-Range: a strong ETag or a strong Last-Modified, verbatim. */
  readonly validator: string;
  /** Bytes of the whole resource, if the server said. */
  readonly total?: number | undefined;
  /** What is here is of no use, the server has another version: the sink gets everything. Without it that fails. */
  onOutdated?(): void;
}

/** What proves who we are to the origin of a URL, and can be renewed. */
export interface Login {
  /** As they are at the moment. */
  headers(): Readonly<Record<string, string>>;
  /** Told that the server has taken them. */
  taken?(): void;
  /**
   * Told that the server wants others (status 401) than those that were sent to it. Gives whether there are now.
   *
   * @throws Failure DownloadFailed when there are none to be had
   */
  renew(response: Response, sent: Readonly<Record<string, string>>, signal: AbortSignal): Promise<boolean>;
}

/** Takes the bytes in order. The next ones may come into the same memory, once this is done with them. */
export type ChunkSink = (chunk: Buffer) => void | Promise<void>;

export interface ResourceRequest {
  readonly network: Network;
  readonly url: string;
  readonly signal: AbortSignal;
  /** Sent to every host that the request is redirected to. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of what `network` knows for the URL. */
  readonly login?: Login | undefined;
  /** ETags of the copies at hand, verbatim. */
  readonly ifNoneMatch?: readonly string[];
  /** Bytes per second. */
  readonly limitRate?: number;
  /** Whether to go on where a connection broke; true by default. */
  readonly resume?: boolean;
  /** Fails beyond so many bytes as transferred. */
  readonly sizeMax?: number;
  /** What is here already. The sink gets what follows it. */
  readonly startAt?: StartingPoint;
  /** Drops everything the sink was given, and what was here before; without it a download that has to start again fails. */
  onRestart?(): void | Promise<void>;
  /**
   * For when everything comes again, and the sink cannot forget: tells whether it is the same as what the sink has had, and what was
   * here before. Without it, too, such a download fails.
   */
  onRepeat?(): Repetition | undefined;
  /** No byte goes to the sink before this is done. Called again when everything starts from the first byte again. */
  onResponse?(info: ResponseInfo): void | Promise<void>;
  /** Bytes so far, including those of `startAt`, and bytes in all, if known. */
  onProgress?(bytes: number, total: number | undefined): void;
  onNotice(message: string): void;
}

/** Bytes that come again. */
export interface Repetition {
  update(chunk: Buffer): void;
  /** To be called once, when as many bytes have come again as there were. */
  isSame(): boolean;
}

export type FetchOutcome =
  | { readonly kind: 'unmodified'; readonly etag: string | undefined }
  | {
      readonly kind: 'complete';
      readonly etag: string | undefined;
      readonly lastModified: Date | undefined;
      readonly bytes: number;
      readonly contentLength: number | undefined;
      /** The URL that answered, after redirects. */
      readonly url: string;
    }
  | {
      readonly kind: 'absent';
      readonly status: 404 | 410;
      readonly url: string;
      /** What the server says about it. */
      readonly complaint?: string;
    };

/** What is known of the resource, and how much of it the sink has been given. */
export interface Position {
  received: number;
  /** Of the representation that the received bytes belong to. */
  etag: string | undefined;
  lastModified: Date | undefined;
  /** What stands for it in If-Range; undefined if nothing does. */
  validator: string | undefined;
  total: number | undefined;
  /** The URL that answered. */
  url: string;
}

/** The side of a download that its body is given to. */
export interface Transferred {
  readonly request: ResourceRequest;
  readonly sink: ChunkSink;
  readonly rate: RateLimit;
  readonly position: Position;
  /**
   * Told of bytes that are left out because the sink has them; `isLast`: no more follow.
   *
   * @throws Failure DownloadFailed when they are others than the sink has
   */
  onSkipped(chunk: Buffer, isLast: boolean): void;
}
