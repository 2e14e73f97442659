import { Failure } from '../../../common/failure.js';
import { lastComponent, siblingUrl } from '../../../common/url.js';

/** A small file beside an image. */
export interface Fetched {
  /** Its name, or its URL where it lies somewhere else. */
  readonly name: string;
  readonly bytes: Buffer | undefined;
  /** Why the server did not give it, other than that it has none. */
  readonly failure: Failure | undefined;
}

/**
 * Fetches a small file; undefined if there is none.
 *
 * @throws Failure DownloadFailed, Cancelled
 */
export type FetchSmall = (url: string, limitBytes: number) => Promise<Buffer | undefined>;

const checksumMax = 16 * 1024 * 1024;
const signatureMax = 1024 * 1024;
/** The small files beside an image, each fetched once. */
export class Shelf {
  readonly #url: string;
  readonly #fetchSmall: FetchSmall;
  readonly #files = new Map<string, Promise<Fetched>>();

  constructor(url: string, fetchSmall: FetchSmall) {
    this.#url = url;
    this.#fetchSmall = fetchSmall;
  }

  get asked(): ReadonlySet<string> {
    return new Set(this.#files.keys());
  }

  /**
   * A file, for which the server is asked if it has not been before. What is rejected with is no answer of the server.
   *
   * @throws what `fetchSmall` throws but for DownloadFailed
   */
  get(name: string, kind: 'checksums' | 'signature'): Promise<Fetched> {
    const known = this.#files.get(name);
    if (known !== undefined) return known;
    const file = this.#fetch(name, kind === 'checksums' ? checksumMax : signatureMax);
    // Nobody may come to need it; a failure is reported to whoever does.
    file.catch(() => {});
    this.#files.set(name, file);
    return file;
  }

  async #fetch(name: string, limit: number): Promise<Fetched> {
    try {
      return { name, bytes: await this.#fetchSmall(this.#urlOf(name), limit), failure: undefined };
    } catch (error) {
      // Object stores answer 403 for what they do not have, so no error on an optional file is final.
      if (!(error instanceof Failure) || error.kind !== 'DownloadFailed') throw error;
      return { name, bytes: undefined, failure: isAbsence(error) ? undefined : error };
    }
  }

  #urlOf(name: string): string {
    return isUrl(name) ? name : siblingUrl(this.#url, name);
  }
}

function isAbsence(failure: Failure): boolean {
  return 'status' in failure.facts && failure.facts.status === 403;
}

/** Whether what names a small file is a URL, and not the name of a file beside the image. */
export function isUrl(name: string): boolean {
  return /^[a-z]+:\//.test(name);
}

/** The name of a file without the place. */
export function fileNameOf(name: string): string {
  return isUrl(name) ? (lastComponent(name) ?? name) : name;
}
