import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtocolError } from '../../../../varlink/error.js';
import { callValuesMax } from '../../../../varlink/wire/limits.js';
import { parseCall, parseReply, printCall, printError, printReply } from '../../../../varlink/wire/message.js';

test('calls', () => {
  const plain = { method: 'a.b.C', parameters: {}, more: false, oneway: false, upgrade: false };
  const table: [string, object][] = [
    ['{"method":"a.b.C"}', plain],
    ['{"method":"a.b.C","parameters":null}', plain],
    ['{"parameters":{"x":1},"method":"a.b.C"}', { ...plain, parameters: { x: 1 } }],
    ['{"method":"a.b.C","more":true}', { ...plain, more: true }],
    ['{"method":"a.b.C","more":false,"oneway":true}', { ...plain, oneway: true }],
    ['{"method":"a.b.C","upgrade":true,"more":false}', { ...plain, upgrade: true }],
    ['{"method":"a.b.C","parameters":{"x":1e400,"y":-1e400}}', { ...plain, parameters: { x: Infinity, y: -Infinity } }],
    ['{"method":"a.b.C","parameters":{"x":1,"\\u0078":2}}', { ...plain, parameters: { x: Number.NaN } }],
  ];
  for (const [text, call] of table) assert.deepEqual(parseCall(Buffer.from(text)), call);
});

test('calls that close the connection', () => {
  const table = [
    '',
    '[]',
    '"x"',
    'null',
    '{}',
    '{"method":null}',
    '{"method":1}',
    '{"method":"a.b.C","parameters":[]}',
    '{"method":"a.b.C","parameters":"x"}',
    '{"method":"a.b.C","more":null}',
    '{"method":"a.b.C","more":1}',
    '{"method":"a.b.C","oneway":"true"}',
    '{"method":"a.b.C","more":true,"oneway":true}',
    '{"method":"a.b.C","more":true,"upgrade":true}',
    '{"method":"a.b.C","oneway":true,"upgrade":true}',
    '{"method":"a.b.C","parameters":{"x":"\x7f"}}',
    '{"method":"a.b.C","parameters":{"x":"\ufffe"}}',
    '{"method":"a.b.C","parameters":{"\\ufdd0":1}}',
    '{"method":1e400}',
    '{"method":"a.b.C","parameters":{},"parameters":{}}',
    '{"method":"a.b.C","extra":1}',
    '{"method":"a.b.C","com.example.vendor":1}',
    '{"method":"a.b.C","method":"a.b.C"}',
    '{"method":"a.b.C"}x',
  ];
  for (const text of table) assert.throws(() => parseCall(Buffer.from(text)), ProtocolError, text);
});

test('replies', () => {
  const plain = { parameters: {}, continues: false, error: undefined };
  const table: [string, object][] = [
    ['{}', plain],
    ['{"parameters":null}', plain],
    ['{"parameters":{"x":1},"continues":true}', { parameters: { x: 1 }, continues: true, error: undefined }],
    ['{"error":"a.b.E"}', { ...plain, error: 'a.b.E' }],
    ['{"error":"Unqualified","parameters":{"x":1}}', { ...plain, error: 'Unqualified', parameters: { x: 1 } }],
  ];
  for (const [text, reply] of table) assert.deepEqual(parseReply(Buffer.from(text)), reply);
});

test('replies that close the connection', () => {
  const table = [
    '[]',
    '{"x":1}',
    '{"parameters":[]}',
    '{"continues":1}',
    '{"error":1}',
    '{"error":""}',
    '{"error":"a.b.E","continues":true}',
  ];
  for (const text of table) assert.throws(() => parseReply(Buffer.from(text)), ProtocolError, text);
});

test('messages as they are printed', () => {
  assert.equal(String(printCall('a.b.C', {})), '{"method":"a.b.C","parameters":{}}\0');
  assert.equal(String(printCall('a.b.C', { x: 1n }, 'more')), '{"method":"a.b.C","parameters":{"x":1},"more":true}\0');
  assert.equal(String(printReply({})), '{"parameters":{}}\0');
  assert.equal(String(printReply({ x: undefined }, true)), '{"parameters":{},"continues":true}\0');
  assert.equal(String(printError('a.b.E', { x: 1 })), '{"error":"a.b.E","parameters":{"x":1}}\0');
  assert.throws(() => printReply({ x: 'x'.repeat(16 * 1024 * 1024) }), RangeError);
});

test('a call of more values than others should wait for is refused, however they are nested', () => {
  const call = (parameters: string) => Buffer.from(`{"method":"a.b.C","parameters":{"x":${parameters}}}`);
  const zeros = (count: number) => `[${Array(count).fill(0).join()}]`;
  // The message, its method and parameters, and the array are values themselves.
  assert.equal(parseCall(call(zeros(callValuesMax - 4))).method, 'a.b.C');
  assert.throws(() => parseCall(call(zeros(callValuesMax - 3))), ProtocolError);
  assert.throws(() => parseCall(call(`[${'[],'.repeat(callValuesMax)}0]`)), ProtocolError);
  // Replies come from a service that was chosen: they may be as long as they like.
  assert.doesNotThrow(() => parseReply(Buffer.from(`{"parameters":{"x":${zeros(2 * callValuesMax)}}}`)));
});
