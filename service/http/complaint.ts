import type { Response } from 'node-fetch';
import { isJsonObject } from '../../varlink/idl/value.js';
import { JsonError, parseJson } from '../../varlink/json.js';
import { cutText, escapeText } from '../../varlink/text.js';
import { headerOf } from './range.js';

/*
 * Registries say in the body of an answer why they refuse something: `{"errors": [{"code", "message"}]}` (distribution specification 1.1,
 * "Error Codes"). It is read before anything is decided, and shown where the refusal is.
 */

/** Bytes of a body that are read: registries write a few hundred. */
const bodyMax = 64 * 1024;
/** Characters of all that is shown. */
const shownMax = 300;
/** How many of several are shown. */
const errorsMax = 3;
/** Milliseconds that the body may take. */
const patience = 10_000;

const complaints = new WeakMap<Response, string>();

/** Reads what a server says about a request that it refuses, if it says it so; the body is gone then. Fails for nothing. */
export async function hearComplaint(response: Response): Promise<void> {
  const type = headerOf(response.headers, 'content-type') ?? '';
  const length = Number(headerOf(response.headers, 'content-length') ?? 0);
  if (response.status < 400 || !/^application\/(?:[\w.-]+\+)?json\b/i.test(type) || length > bodyMax) return;
  const text = textIn(await bodyOf(response));
  if (text !== '') complaints.set(response, text);
}

/** What was heard; undefined if nothing was. */
export function complaintIn(response: Response): string | undefined {
  return complaints.get(response);
}

/** The same as the end of a message; empty if nothing was heard. */
export function saidOf(complaint: string | undefined): string {
  return complaint === undefined ? '' : ` (the server says: ${complaint})`;
}

/** What comes of a body within bounds. */
async function bodyOf({ body }: Response): Promise<Buffer> {
  if (body === null) return Buffer.alloc(0);
  const destroy = () => 'destroy' in body && typeof body.destroy === 'function' && body.destroy();
  const timer = setTimeout(destroy, patience);
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body) {
      chunks.push(Buffer.from(chunk));
      length += chunk.length;
      if (length > bodyMax) break;
    }
  } catch {
    // What came is all there is.
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(chunks);
}

function textIn(body: Buffer): string {
  const value = parsed(body);
  const errors = isJsonObject(value) && Array.isArray(value['errors']) ? value['errors'] : [];
  const texts = errors.slice(0, errorsMax).flatMap((error: unknown) => {
    const { code, message } = isJsonObject(error) ? error : {};
    const parts = [code, message].filter((part) => typeof part === 'string' && part !== '');
    return parts.length === 0 ? [] : [parts.join(': ')];
  });
  return cutText(escapeText(texts.join('; ')), shownMax);
}

function parsed(body: Buffer): unknown {
  try {
    return parseJson(body, { valuesMax: 1000 });
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}
