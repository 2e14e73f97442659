import { strict as assert } from 'node:assert';
import { ProtocolError } from '../../../varlink/error.js';
import { parseCall, parseReply, printCall, printError, printReply } from '../../../varlink/wire/message.js';
import { MessageSplitter } from '../../../varlink/wire/splitter.js';
import { type Random, seededRandom } from '../../support/random.js';
import type { Target } from '../target.js';

/** The messages, and what is left, when bytes come in pieces as long as `next` says. */
function split(bytes: Buffer, next: () => number): Buffer[] {
  const splitter = new MessageSplitter();
  const messages: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + next();
    messages.push(...splitter.push(bytes.subarray(at, end)));
    at = end;
  }
  assert.equal(splitter.isInside, bytes.length > 0 && bytes.at(-1) !== 0);
  return [...messages, splitter.rest()];
}

function isRefused<Value>(parse: () => Value): Value | null {
  try {
    return parse();
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

function hasFaults(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasFaults);
}

function judgeCall(message: Buffer): void {
  const call = isRefused(() => parseCall(message));
  if (call === null) return;
  const flag = (['more', 'oneway', 'upgrade'] as const).find((name) => call[name]);
  // Of a number out of range, or a key that occurs twice, validation is left to tell.
  if (hasFaults(call.parameters)) return;
  const printed = printCall(call.method, call.parameters, flag);
  const again = parseCall(printed.subarray(0, -1));
  assert.ok(printCall(again.method, again.parameters, flag).equals(printed));
}

function judgeReply(message: Buffer): void {
  const reply = isRefused(() => parseReply(message));
  if (reply === null) return;
  const print = ({ error, parameters, continues }: typeof reply) =>
    error === undefined ? printReply(parameters, continues) : printError(error, parameters);
  const printed = print(reply);
  assert.ok(print(parseReply(printed.subarray(0, -1))).equals(printed));
}

/** Pieces of lengths that the input itself decides on, so that they can be searched for too. */
function lengths(input: Buffer): Random {
  return seededRandom(input.length < 4 ? 0 : input.readUInt32LE(input.length - 4));
}

export const framing: Target = {
  name: 'framing',
  lengthMax: 384,
  dictionary: [
    ...['{"method":"a.b.C"}\0', '"parameters":{', '"more":true', '"oneway":true', '"upgrade":true', '"continues":true'],
    ...['"error":"a.b.C"', '"method":"', '{}', '[]', ',', ':', '"', '\\u0000', '\\ud800', '\\', '\0', 'null', 'false'],
    ...[
      '-0',
      '1e308',
      '9007199254740993',
      '-9223372036854775808',
      '18446744073709551616',
      '0.1',
      '\xff',
      '\xed\xa0\x80',
    ],
    ...['"__proto__":', '"constructor":', '[[[[[[[[', '{"a":{"a":'],
  ],
  seeds: () =>
    [
      '{"method":"org.varlink.service.GetInfo"}\0',
      '{"method":"a.b.C","parameters":{"a":1,"b":[true,null,"x",-1.5e3],"c":{"d":{}}},"more":true}\0{"method":"a.b.D","oneway":true}\0',
      '{"parameters":{"x":9007199254740993},"continues":true}\0{"error":"a.b.E","parameters":{}}\0',
      '\0\0{}\0 [ ] \0{"method":"\\u00e9\\n","upgrade":true}',
    ].map((text) => Buffer.from(text)),
  run: (input) => {
    const whole = split(input, () => input.length);
    const random = lengths(input);
    const pieces = split(input, () => 1 + random(random(4) === 0 ? 64 : 4));
    assert.equal(pieces.length, whole.length);
    for (const [index, message] of whole.entries()) assert.ok(pieces[index]?.equals(message));
    // More of them tell nothing new, and errors take time.
    for (const message of whole.filter(({ length }) => length > 0).slice(0, 4)) {
      judgeCall(message);
      judgeReply(message);
    }
  },
};
