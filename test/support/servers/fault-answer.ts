import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Faults, RecordedRequest, ServedFile } from './faults.js';

/** Bytes that are written at a time. */
const blockLength = 1024 * 1024;

export class Answer {
  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    readonly recorded: RecordedRequest,
    readonly file: ServedFile,
    readonly faults: Faults,
  ) {
    file.requests++;
  }

  give(): void {
    const { faults, request, response } = this;
    const isDue = faults.status !== undefined && this.file.requests > (faults.statusAfter ?? 0);
    if (faults.hook) faults.hook(request, response);
    else if (this.#happens('hangUp', faults.hangUpTimes ?? 0)) request.socket.destroy();
    else if (faults.redirect !== undefined)
      this.#head(faults.redirectStatus ?? 302, { Location: faults.redirect }).end();
    else if (isDue && this.#happens('status', faults.statusTimes ?? Number.POSITIVE_INFINITY))
      this.#refuse(faults.status ?? 500);
    else if (faults.endless !== undefined) this.#pourEndlessly(Buffer.alloc(64 * 1024, faults.endless));
    else this.#serve();
  }

  #happens(what: string, times: number): boolean {
    const spent = this.file.spent.get(what) ?? 0;
    this.file.spent.set(what, spent + 1);
    return spent < times;
  }

  #etag(): string | null {
    const etags = this.faults.etags ?? ['"one"'];
    const etag = etags[Math.min(this.file.requests, etags.length) - 1] ?? 'none';
    return etag === 'none' ? null : etag;
  }

  #head(status: number, headers: Record<string, string | number>): ServerResponse {
    this.recorded.status = status;
    const padding = this.faults.headerBytes ? { 'X-Padding': 'x'.repeat(this.faults.headerBytes) } : {};
    return this.response.writeHead(status, { ...headers, ...padding, ...this.faults.headers });
  }

  #refuse(status: number): void {
    const body = Buffer.alloc(this.faults.statusBytes ?? 20, '<p>no ');
    this.#head(status, { 'Content-Length': body.length, 'Content-Type': 'text/html' });
    this.recorded.sent += body.length;
    this.response.end(body);
  }

  #pourEndlessly(block: Buffer): void {
    const { bytes } = this.file;
    this.#head(200, {}).write(bytes.subarray(0, bytes.length));
    const pour = (): void => {
      while (!this.response.destroyed && this.response.write(block)) this.recorded.sent += block.length;
    };
    this.response.on('drain', pour);
    pour();
  }

  #serve(): void {
    const { faults, request } = this;
    const etag = this.#etag();
    const common: Record<string, string> = etag ? { ETag: etag } : {};
    const isKnown = etag !== null && request.headers['if-none-match']?.split(/, */).includes(etag);
    const condition = request.headers['if-range'];
    const asked = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? -1);
    const isPart =
      asked >= 0 &&
      !faults.ignoreRange &&
      (condition === undefined || condition === etag || faults.ignoreCondition || this.#isUnchanged(condition));
    const length = this.file.bytes.length;
    if (isKnown && !faults.alwaysFresh) this.#head(304, faults.bare304 ? {} : common).end();
    else if (isPart && asked >= length) this.#head(416, { ...common, 'Content-Range': `bytes */${length}` }).end();
    else if (isPart) this.#servePart(asked, common);
    else this.#serveWhole(common);
  }

  #isUnchanged(condition: string | string[]): boolean {
    return condition === this.faults.headers?.['Last-Modified'];
  }

  #servePart(asked: number, common: Record<string, string>): void {
    const { rangeShift = 0, partMax = Number.POSITIVE_INFINITY } = this.faults;
    const { length } = this.file.bytes;
    const from = Math.max(asked + rangeShift, 0);
    const to = Math.min(from + partMax, length);
    const range = `bytes ${from}-${to - 1}/${this.faults.partTotal ?? length}`;
    this.#head(206, { ...common, 'Content-Range': range, ...this.#framing(to - from) });
    this.#send(from, to);
  }

  #serveWhole(common: Record<string, string>): void {
    const { length } = this.file.bytes;
    const range: Record<string, string> = this.faults.partUnasked
      ? { 'Content-Range': `bytes 0-${length - 1}/${length}` }
      : {};
    const headers = { ...common, ...range, ...this.#framing(this.faults.declaredLength ?? length) };
    this.#head(this.faults.partUnasked ? 206 : 200, headers);
    this.#send(0, length);
  }

  #framing(length: number): Record<string, string> {
    if (this.faults.chunked) return { 'Transfer-Encoding': 'chunked' };
    if (!this.faults.lengthless) return { 'Content-Length': String(length) };
    this.response.useChunkedEncodingByDefault = false;
    return { Connection: 'close' };
  }

  #send(from: number, to: number): void {
    const { declaredLength = to, dripMilliseconds, lateMilliseconds, stallAt = -1, stallTimes = 1 } = this.faults;
    const cutAt = this.#cutPoint(from) ?? to;
    if (dripMilliseconds !== undefined) this.#drip(from, to, dripMilliseconds);
    else if (stallAt >= from && this.#happens('stall', stallTimes)) this.#write(from, stallAt);
    else if (cutAt < to) this.#write(from, cutAt, () => this.#cut());
    else if (lateMilliseconds !== undefined) this.#sendLate(from, to, lateMilliseconds);
    else if (declaredLength > to) this.#write(from, to, () => this.#cut());
    else this.#finish(from, from === 0 ? declaredLength : to);
  }

  #sendLate(from: number, to: number, milliseconds: number): void {
    this.#write(from, to - 1, () => setTimeout(() => this.#finish(to - 1, to), milliseconds));
  }

  #finish(from: number, to: number): void {
    this.#write(from, to, () => this.response.end());
  }

  #cutPoint(from: number): number | null {
    const { cutAt, cutEvery, cutTimes = 1 } = this.faults;
    if (cutEvery !== undefined) return from + cutEvery;
    return cutAt !== undefined && cutAt >= from && this.#happens('cut', cutTimes) ? cutAt : null;
  }

  #write(from: number, to: number, done: () => void = () => {}): void {
    if (this.response.destroyed) return;
    const part = this.file.bytes.subarray(from, Math.min(to, from + blockLength));
    this.recorded.sent += part.length;
    this.response.flushHeaders();
    const next = part.length < to - from ? () => this.#write(from + part.length, to, done) : done;
    if (part.length === 0) setImmediate(done);
    else this.response.write(part, next);
  }

  // What was written has to arrive first: a reset overtakes it.
  #cut(): void {
    const { socket } = this.request;
    if (this.faults.reset) setTimeout(() => socket.resetAndDestroy(), 50);
    else socket.end();
  }

  #drip(from: number, to: number, milliseconds: number): void {
    let position = from;
    const timer = setInterval(() => {
      if (position >= to || this.response.destroyed) {
        clearInterval(timer);
        this.response.end();
      } else this.#write(position, ++position);
    }, milliseconds);
  }
}
