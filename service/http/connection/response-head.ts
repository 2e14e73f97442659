import type { Socket } from 'node:net';
import { escapeText, firstOf } from '../../../varlink/text.js';

/*
 * What servers repeat or frame carelessly, and what is unambiguous all the same, is put right before node's parser sees it: the parser
 * refuses the second of two equal Content-Length headers, and shows the second ETag as a part of the first.
 */

/** Headers that say one thing (RFC 9110 §5.5), and that a download relies on. */
const singular = ['content-length', 'content-range', 'etag', 'last-modified', 'location', 'content-disposition'];
/** Those of which only the first counts where several differ. */
const advisory = ['content-type', 'date', 'retry-after', 'server', 'age'];

/** A head as long as node takes none (16 KiB) is left to node, in bytes. */
const headMax = 32 * 1024;

/** The code of a ContradictoryHead. */
export const contradictory = 'CONTRADICTORY_HEAD';

/** The answer has a header twice, and which of them counts cannot be told. Its message completes "HOST …". */
export class ContradictoryHead extends Error {
  readonly code = contradictory;
}

interface Field {
  readonly name: string;
  readonly value: string;
}

/**
 * The head of an answer as it is meant: with each header that says one thing once, and framed by one of its two lengths (RFC 9112
 * §6.3: chunks outrank Content-Length). The same text where nothing has to be changed.
 *
 * @param head up to and with the empty line, a character for each byte
 * @throws ContradictoryHead when a header has two values
 */
export function mendHead(head: string): string {
  const [status = '', ...lines] = unfolded(head);
  const fields = lines.map(fieldOf);
  const kept: Field[] = [];
  for (const field of fields) if (!isRepeated(field, kept)) kept.push(settled(field));
  const isChunked = kept.some(
    ({ name, value }) => isField(name, 'transfer-encoding') && /(^|,)\s*chunked\s*$/i.test(value),
  );
  const framed = kept.filter(({ name }) => !isChunked || !isField(name, 'content-length'));
  return [status, ...framed.map(({ name, value }) => (name === '' ? value : `${name}:${value}`)), '', ''].join('\r\n');
}

/** The lines of a head, without the empty one, and with those that go on in the next one (RFC 9112 §5.2) in one piece. */
function unfolded(head: string): string[] {
  return head
    .replace(/\r?\n[ \t]+/g, ' ')
    .split(/\r?\n/)
    .filter((line) => line !== '');
}

/** A line that is not a header has no name, and stays for the parser to refuse. */
function fieldOf(line: string): Field {
  const colon = line.indexOf(':');
  return colon < 0 ? { name: '', value: line } : { name: line.slice(0, colon), value: line.slice(colon + 1) };
}

function isField(name: string, wanted: string): boolean {
  return name.toLowerCase() === wanted;
}

/** @throws ContradictoryHead when one of them says something else */
function isRepeated({ name, value }: Field, kept: readonly Field[]): boolean {
  const key = name.toLowerCase();
  const before = kept.find((field) => isField(field.name, key));
  if (before === undefined) return false;
  if (advisory.includes(key)) return true;
  if (key === 'transfer-encoding') return value.trim().toLowerCase() === before.value.trim().toLowerCase();
  if (!singular.includes(key)) return false;
  const [first, second] = [before.value.trim(), settled({ name, value }).value.trim()];
  if (first !== second) throw contradiction(name, first, second);
  return true;
}

/** A length that is repeated within one header (RFC 9110 §8.6) is said once. */
function settled({ name, value }: Field): Field {
  if (!isField(name, 'content-length') || !value.includes(',')) return { name, value };
  const [first = '', ...others] = value.split(',').map((length) => length.trim());
  const other = others.find((length) => length !== first);
  if (other !== undefined) throw contradiction(name, first, other);
  return { name, value: ` ${first}` };
}

function contradiction(name: string, first: string, second: string): ContradictoryHead {
  const shown = (text: string) => escapeText(firstOf(text, 80));
  return new ContradictoryHead(
    `sent two ${shown(name)} headers that differ ('${shown(first)}' and '${shown(second)}')`,
  );
}

/** Has the next answer that comes over a socket mended before the parser gets it, and interim ones (RFC 9110 §15.2) before it. */
export function watchHead(socket: Socket): void {
  new HeadFilter(socket).attach();
}

const interim = /^HTTP\/1\.\d 1(?!01)/;

function isHttp(text: string): boolean {
  return 'HTTP/1.'.startsWith(text.slice(0, 7));
}

type Emit = (event: string | symbol, ...rest: unknown[]) => boolean;

/** Stands between the events of a socket and those who listen, until the head of an answer is whole. */
class HeadFilter {
  readonly #socket: Socket;
  readonly #emit: Emit;
  readonly #wasOwn: boolean;
  #held = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#emit = socket.emit as Emit;
    this.#wasOwn = Object.hasOwn(socket, 'emit');
  }

  attach(): void {
    this.#socket.emit = (event: string | symbol, ...rest: unknown[]): boolean => {
      const [chunk] = rest;
      if (event === 'data' && Buffer.isBuffer(chunk)) return this.#take(chunk);
      if (event === 'end' || event === 'close' || event === 'error') this.#pass(this.#held);
      return this.#emit.call(this.#socket, event, ...rest);
    };
  }

  #take(chunk: Buffer): boolean {
    this.#held = Buffer.concat([this.#held, chunk]);
    for (;;) {
      const text = this.#held.toString('latin1', 0, headMax);
      const end = /\r?\n\r?\n/.exec(text);
      if (!isHttp(text) || (end === null && this.#held.length >= headMax)) return this.#pass(this.#held);
      if (end === null) return true;
      const head = text.slice(0, end.index + end[0].length);
      const mended = this.#mended(head);
      if (mended === undefined) return true;
      const rest = this.#held.subarray(head.length);
      if (!interim.test(head)) return this.#pass(Buffer.concat([mended, rest]));
      this.#emit.call(this.#socket, 'data', mended);
      this.#held = rest;
    }
  }

  #mended(head: string): Buffer | undefined {
    try {
      return Buffer.from(mendHead(head), 'latin1');
    } catch (error) {
      this.#detach();
      this.#socket.destroy(error instanceof Error ? error : new Error(String(error)));
      return undefined;
    }
  }

  #pass(bytes: Buffer): boolean {
    this.#detach();
    return bytes.length === 0 || this.#emit.call(this.#socket, 'data', bytes);
  }

  #detach(): void {
    this.#held = Buffer.alloc(0);
    if (this.#wasOwn) this.#socket.emit = this.#emit;
    else Reflect.deleteProperty(this.#socket, 'emit');
  }
}
