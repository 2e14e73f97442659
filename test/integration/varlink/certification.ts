import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { VarlinkClient } from '../../../varlink/client/client.js';
import { VarlinkError } from '../../../varlink/error.js';
import { parseInterface } from '../../../varlink/idl/parse.js';
import type { JsonObject } from '../../../varlink/json.js';
import type { ServerCall } from '../../../varlink/server/call.js';
import type { InterfaceImplementation } from '../../../varlink/server/server.js';
import { projectFile } from '../../support/project.js';

const interfaceName = 'org.varlink.certification';

const scalars = { bool: false, int: 2, float: Math.PI, string: 'a lot of string' };
const map = { foo: 'Foo', bar: 'Bar' };
const set = { one: {}, two: {}, three: {} };
const mytype = {
  object: { method: `${interfaceName}.Test09`, parameters: { map } },
  enum: 'two',
  struct: { first: 1, second: '2' },
  array: ['one', 'two', 'three'],
  dictionary: map,
  stringset: set,
  nullable: null,
  nullable_array_struct: null,
  interface: {
    foo: [null, { foo: 'foo', bar: 'bar' }, null, { one: 'foo', two: 'bar' }],
    anon: { foo: true, bar: false },
  },
};
const replies = Array.from({ length: 10 }, (_, index) => `Reply number ${index + 1}`);

/** The tests in their order, with the parameters each has to be called with and what it then returns. */
const tests: readonly (readonly [name: string, parameters: JsonObject, result: JsonObject])[] = [
  ['Test01', {}, { bool: true }],
  ['Test02', { bool: true }, { int: 1 }],
  ['Test03', { int: 1 }, { float: 1 }],
  ['Test04', { float: 1 }, { string: 'ping' }],
  ['Test05', { string: 'ping' }, scalars],
  ['Test06', scalars, { struct: scalars }],
  ['Test07', { struct: scalars }, { map }],
  ['Test08', { map }, { set }],
  ['Test09', { set }, { mytype }],
  ['Test10', { mytype }, {}],
  ['Test11', { last_more_replies: replies }, {}],
  ['End', {}, { all_ok: true }],
];

/** The server's side: holds each client to the order of the tests, and each message to what it has to be. */
export function certification(): InterfaceImplementation {
  const text = readFileSync(projectFile('test', 'integration', 'varlink', `${interfaceName}.varlink`), 'utf8');
  const next = new Map<string, number>();
  const handlers: Record<string, (call: ServerCall) => Promise<void>> = {
    Start: async (call) => {
      const id = randomUUID();
      next.set(id, 0);
      call.reply({ client_id: id });
    },
  };
  for (const [index, [name, parameters, result]] of tests.entries()) {
    handlers[name] = async (call) => {
      const id = String(call.parameters['client_id']);
      if (next.get(id) !== index) throw new VarlinkError(`${interfaceName}.ClientIdError`);
      next.set(id, index + 1);
      check(call, { client_id: id, ...parameters }, { more: name === 'Test10', oneway: name === 'Test11' });
      if (name === 'Test10') for (const string of replies.slice(0, -1)) call.continues({ string });
      call.reply(name === 'Test10' ? { string: replies.at(-1) ?? '' } : result);
    };
  }
  return { definition: parseInterface(text), description: text, handlers };
}

interface Flags {
  readonly more: boolean;
  readonly oneway: boolean;
}

function check(call: ServerCall, parameters: JsonObject, { more, oneway }: Flags): void {
  const { method } = call;
  const wants = { method, parameters: withoutNulls(parameters), more, oneway };
  const got = { method, parameters: withoutNulls(call.parameters), more: call.more, oneway: call.oneway };
  if (!isDeepStrictEqual(wants, got)) throw new VarlinkError(`${interfaceName}.CertificationError`, { wants, got });
}

/** Null and absent mean the same for the two nullable fields. */
function withoutNulls(parameters: JsonObject): JsonObject {
  return JSON.parse(
    JSON.stringify(parameters, (key, value) => (value === null && key.startsWith('nullable') ? undefined : value)),
  );
}

/** The client's side. Gives back what End() returned. */
export async function runClient(client: VarlinkClient): Promise<unknown> {
  let last = await client.call<JsonObject>(`${interfaceName}.Start`);
  const { client_id } = last;
  last = {};
  for (const [name] of tests.slice(0, 9)) last = await client.call(`${interfaceName}.${name}`, { client_id, ...last });
  const strings: unknown[] = [];
  for await (const { string } of client.callMore(`${interfaceName}.Test10`, { client_id, ...last }))
    strings.push(string);
  await client.callOneway(`${interfaceName}.Test11`, { client_id, last_more_replies: strings });
  const { all_ok } = await client.call(`${interfaceName}.End`, { client_id });
  return all_ok;
}
