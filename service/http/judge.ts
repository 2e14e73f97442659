import type { Response } from 'node-fetch';
import { Failure } from '../../common/failure.js';
import { displayUrl } from '../../common/url.js';
import { escapeText, firstOf } from '../../varlink/text.js';
import { complaintIn } from './complaint.js';
import { Broken } from './problem.js';
import {
  etagOf,
  headerOf,
  isStrong,
  parseContentRange,
  parseLength,
  parseUnsatisfiedRange,
  strongValidator,
} from './range.js';
import type { Answer } from './redirect.js';
import { discardBody } from './redirect.js';
import type { Position, Transferred } from './request.js';
import { isPassing, refused } from './status.js';

/** What to do with an answer. */
export type Verdict =
  | { readonly kind: 'unmodified'; readonly etag: string | undefined }
  | { readonly kind: 'absent'; readonly status: 404 | 410; readonly url: string; readonly complaint?: string }
  /** Ask again without If-None-Match. */
  | { readonly kind: 'repeat' }
  /** Another server has answered, with a part of what may be the same: ask it for the whole. */
  | { readonly kind: 'replaced' }
  /** Everything is here already. */
  | { readonly kind: 'whole' }
  | {
      readonly kind: 'body';
      /** Bytes at the beginning of the body that the sink has already. */
      readonly skip: number;
      /** The sink must forget what it has. */
      readonly restart: boolean;
      readonly position: Partial<Position>;
    };

/**
 * Judges the answer to a request for the whole.
 *
 * @param known the ETags of the copies that are here
 * @param isConditional whether the request had them in If-None-Match
 * @throws Failure DownloadFailed for one that is not an answer to it
 */
export function judgeFirst(answer: Answer, known: readonly string[], isConditional: boolean): Verdict {
  const { response } = answer;
  const url = displayUrl(answer.url.href);
  const etag = etagOf(response.headers);
  if (response.status === 304 && isConditional) {
    // Which of several copies is meant, only the ETag tells.
    const [only] = known;
    if (etag !== undefined || known.length === 1) return { kind: 'unmodified', etag: etag ?? only };
    return { kind: 'repeat' };
  }
  if (response.status === 404 || response.status === 410) {
    const complaint = complaintIn(response);
    return { kind: 'absent', status: response.status, url, ...(complaint !== undefined && { complaint }) };
  }
  if (response.status === 206) return judgeUnaskedPart(answer);
  if (response.status !== 200 && response.status !== 203) throw refuse(answer);
  // A server that ignores If-None-Match still says that it has what is here.
  if (etag !== undefined && known.includes(etag)) return { kind: 'unmodified', etag };
  return { kind: 'body', skip: 0, restart: false, position: describe(answer) };
}

/** Caches answer so, too: what begins with the first byte is what was asked for, as far as it goes. */
function judgeUnaskedPart(answer: Answer): Verdict {
  const { response, url } = answer;
  const header = headerOf(response.headers, 'content-range');
  const range = parseContentRange(header);
  if (range?.start === 0 && range.total !== undefined)
    return { kind: 'body', skip: 0, restart: false, position: { ...describe(answer), total: range.total } };
  discardBody(response);
  const shown = displayUrl(url.href);
  const found = header === undefined ? 'without saying which' : `('${escapeText(firstOf(header, 80))}')`;
  const message = `Cannot download ${shown}: the server sent a part that was not requested (HTTP status 206) ${found}`;
  throw new Failure('DownloadFailed', message, { url: shown, status: 206 });
}

/**
 * Judges the answer to a request for the rest.
 *
 * @throws Broken where another try may help, Failure DownloadFailed for any other answer that the download cannot resume from
 */
export function judgeResumed(answer: Answer, { position, request }: Transferred): Verdict {
  const { response } = answer;
  if (response.status === 206)
    return judgePart(answer, position, (request.onRestart ?? request.onRepeat) !== undefined);
  if (response.status === 200 || response.status === 203) return judgeWhole(answer, position);
  if (response.status === 416) return judgeUnsatisfied(answer, position);
  if (!isPassing(response.status)) throw refuse(answer);
  discardBody(response);
  throw new Broken(`the server answers with status ${response.status}`, {
    cause: refused(displayUrl(answer.url.href), response.status, complaintIn(response)),
  });
}

// Asked for what comes after the last byte: right if that was the last, which a chunked answer does not tell before.
function judgeUnsatisfied(answer: Answer, position: Position): Verdict {
  const available = parseUnsatisfiedRange(headerOf(answer.response.headers, 'content-range'));
  if (available === undefined) throw refuse(answer);
  if (!sameTotal(available, position)) throw cannotGoOn(answer, position, sizeChange(available, position));
  if (available !== position.received) throw cannotGoOn(answer, position, `the server has ${available} bytes of it`);
  return { kind: 'whole' };
}

function judgePart(answer: Answer, position: Position, isRepeatable: boolean): Verdict {
  const { response } = answer;
  const header = headerOf(response.headers, 'content-range');
  const range = parseContentRange(header);
  const fail = (reason: string) => cannotGoOn(answer, position, reason);
  if (!range || range.start !== position.received) throw fail(`the server sent the range '${header ?? ''}' instead`);
  if (!sameTotal(range.total, position)) throw fail(sizeChange(range.total, position));
  const changed = validatorChange(response, position);
  if (changed !== undefined && isRepeatable) return { kind: 'replaced' };
  if (changed !== undefined) throw fail(changed);
  return {
    kind: 'body',
    skip: 0,
    restart: false,
    position: {
      total: range.total ?? position.total,
      url: displayUrl(answer.url.href),
      lastModified: position.lastModified ?? lastModified(response),
    },
  };
}

/** In what a part is not of the resource that its beginning is of, as far as the server says. */
function validatorChange({ headers }: Response, { validator, etag }: Position): string | undefined {
  const [name, before] = isStrong(validator) ? ['ETag', etag] : ['Last-Modified', validator];
  const now = headerOf(headers, name);
  return now === undefined || now === before ? undefined : `its ${name} changed from ${before} to ${now}`;
}

function sizeChange(total: number | undefined, position: Position): string {
  return `its size changed from ${position.total} to ${total} bytes`;
}

function cannotGoOn(answer: Answer, position: Position, reason: string): Failure {
  discardBody(answer.response);
  const url = displayUrl(answer.url.href);
  const message = `Cannot go on with ${url} at byte ${position.received}: ${reason}.`;
  return new Failure('DownloadFailed', message, { url, status: answer.response.status });
}

// The same validator means the same bytes, so what is here already can be left out; with any other it cannot.
function judgeWhole(answer: Answer, position: Position): Verdict {
  const described = describe(answer);
  const { validator, total } = described;
  const isSame = validator !== undefined && validator === position.validator && sameTotal(total, position);
  const restart = !isSame && position.received > 0;
  return { kind: 'body', skip: isSame ? position.received : 0, restart, position: described };
}

function sameTotal(total: number | undefined, position: Position): boolean {
  return total === undefined || position.total === undefined || total === position.total;
}

function refuse(answer: Answer): Failure {
  discardBody(answer.response);
  return refused(answer.url.href, answer.response.status, complaintIn(answer.response));
}

function describe({ response, url }: Answer): Omit<Position, 'received'> {
  return {
    etag: etagOf(response.headers),
    lastModified: lastModified(response),
    validator: strongValidator(response.headers),
    total: parseLength(headerOf(response.headers, 'content-length')),
    url: displayUrl(url.href),
  };
}

function lastModified(response: Response): Date | undefined {
  const text = headerOf(response.headers, 'last-modified');
  const date = new Date(text ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
