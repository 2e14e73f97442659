import assert from 'node:assert/strict';
import { closeSync, fstatSync, openSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { openSocketPair, transmit } from '../../../../linux/sockets.js';
import { parseInterface } from '../../../../varlink/idl/parse.js';
import type { ServerCall } from '../../../../varlink/server/call.js';
import { VarlinkServer } from '../../../../varlink/server/server.js';

const description = 'interface org.example.wait\nmethod Wait(fileDescriptor: int) -> ()\n';

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

test('descriptors that the handler has not taken at once are closed while it waits', async (t) => {
  let taken = -1;
  let proceed: () => void = () => {};
  const begun = new Promise<void>((onBegun) => {
    proceed = onBegun;
  });
  const handlers = {
    async Wait(call: ServerCall<{ fileDescriptor: number }>) {
      taken = call.descriptor(call.parameters.fileDescriptor);
      proceed();
      await new Promise<void>((resolve) => call.closed.addEventListener('abort', () => resolve()));
    },
  };
  const server = new VarlinkServer({
    vendor: 'v',
    product: 'p',
    version: '1',
    url: 'u',
    interfaces: [{ definition: parseInterface(description), description, handlers }],
  });
  t.after(() => server.close());
  const [own, other] = openSocketPair();
  const ended = server.serve(other);
  const nothing = openSync('/dev/null', 'r');
  const before = openDescriptors();
  const call = Buffer.from('{"method":"org.example.wait.Wait","parameters":{"fileDescriptor":200}}\0');
  assert.equal(transmit(own, call, Array(250).fill(nothing)), call.length);
  await begun;
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(openDescriptors(), before + 1);
  assert.ok(fstatSync(taken).isCharacterDevice());
  for (const descriptor of [taken, own, nothing]) closeSync(descriptor);
  await ended;
});
