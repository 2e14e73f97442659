import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageInterface } from '../../../interfaces/generated/io.ferry.Image.generated.js';
import { transferInterface } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { trustInterface } from '../../../interfaces/generated/io.ferry.Trust.generated.js';
import { importInterface } from '../../../interfaces/generated/io.systemd.Import.generated.js';
import { serviceInterface } from '../../../interfaces/generated/io.systemd.service.generated.js';
import { parseInterface } from '../../../varlink/idl/parse.js';
import { listing } from '../../support/files.js';
import { callAs, Running } from '../../support/service/calls.js';
import { gate, heldBytes, needsService, setStage } from '../../support/service/stage.js';

const stranger = 65534;
const denied = 'org.varlink.service.PermissionDenied';

const image = { class: 'machine', name: 'x' };
const pull = { url: 'http://127.0.0.1:1/y.raw', format: 'raw', class: 'machine', name: 'y', verify: 'no' };
const container = { reference: '127.0.0.1:1/y', class: 'machine', name: 'y' };

interface Row {
  readonly parameters: (id: number) => object;
  /** Another error than `denied`, or null: anybody may. */
  readonly answer?: string | null;
  readonly flags?: object;
}

/** What somebody is answered of whom nothing is known, for every method. */
const methods: Readonly<Record<string, Row>> = {
  'io.ferry.Image.List': { parameters: () => ({}), answer: null },
  'io.ferry.Image.Remove': { parameters: () => image },
  'io.ferry.Image.Rename': { parameters: () => ({ ...image, newName: 'y' }) },
  'io.ferry.Image.Clone': { parameters: () => ({ ...image, newName: 'y' }) },
  'io.ferry.Image.SetReadOnly': { parameters: () => ({ ...image, readOnly: true }) },
  'io.ferry.Image.Verify': { parameters: () => image },
  'io.ferry.Image.DiskUsage': { parameters: () => ({}), answer: null },
  'io.ferry.Image.History': { parameters: () => ({}), answer: null },
  'io.ferry.Image.Clean': { parameters: () => ({ dryRun: true }) },
  'io.ferry.Image.Show': { parameters: () => ({ name: 'x' }), answer: 'io.ferry.Image.NoSuchImage' },
  'io.ferry.Transfer.Pull': { parameters: () => pull },
  'io.ferry.Transfer.Plan': { parameters: () => pull },
  'io.ferry.Transfer.PullOci': { parameters: () => container },
  'io.ferry.Transfer.PlanOci': { parameters: () => container },
  'io.ferry.Transfer.ResolveReference': { parameters: () => ({ reference: container.reference }), answer: null },
  'io.ferry.Transfer.Import': { parameters: () => ({ ...image, format: 'raw' }), flags: { upgrade: true } },
  // Of an image that is there it is denied: see the tests of the interface.
  'io.ferry.Transfer.Export': {
    parameters: () => ({ ...image, format: 'raw' }),
    flags: { upgrade: true },
    answer: 'io.ferry.Transfer.NoSuchImage',
  },
  'io.ferry.Transfer.PushOci': {
    parameters: () => ({ ...image, reference: container.reference }),
    answer: 'io.ferry.Transfer.NoSuchImage',
  },
  'io.ferry.Transfer.Finish': { parameters: (id) => ({ id, bytes: 1, sha256: 'ab'.repeat(32) }) },
  'io.ferry.Transfer.List': { parameters: () => ({}), answer: null },
  'io.ferry.Transfer.Watch': { parameters: (id) => ({ id }) },
  'io.ferry.Transfer.Cancel': { parameters: (id) => ({ id }) },
  'io.ferry.Trust.List': { parameters: () => ({}), answer: null },
  'io.ferry.Trust.Show': { parameters: () => ({ url: pull.url }), answer: null },
  'io.ferry.Trust.Check': { parameters: () => ({}), answer: null },
  'io.ferry.Trust.Add': { parameters: () => ({ url: pull.url, keyring: '' }) },
  'io.systemd.Import.ListTransfers': { parameters: () => ({}), answer: null, flags: { more: true } },
  'io.systemd.Import.Pull': {
    parameters: () => ({ remote: pull.url, local: 'y', type: 'raw', class: 'machine', verify: 'no' }),
  },
  'io.systemd.service.Ping': { parameters: () => ({}), answer: null },
  'io.systemd.service.SetLogLevel': { parameters: () => ({ level: 7 }) },
  'io.systemd.service.GetLogLevel': { parameters: () => ({}), answer: null },
  'io.systemd.service.GetEnvironment': { parameters: () => ({}) },
};

const interfaces = [imageInterface, transferInterface, trustInterface, importInterface, serviceInterface].map(
  ({ description }) => parseInterface(description),
);

test('every method is tried by a stranger', () => {
  const names = interfaces.flatMap(({ name, members }) =>
    members.flatMap((member) => (member.kind === 'method' ? [`${name}.${member.name}`] : [])),
  );
  assert.deepEqual(names.sort(), Object.keys(methods).sort());
});

function takesRoot(method: string): boolean {
  return interfaces.some(({ name, members }) =>
    members.some(
      (member) =>
        member.kind === 'method' &&
        `${name}.${member.name}` === method &&
        member.input.fields.some((field) => field.name === 'imageRoot'),
    ),
  );
}

test('a stranger may look, and nothing else; and not into a directory of its choice', async (t) => {
  if (!needsService(t, 'socat')) return;
  const { host, server, connect, pull: pullOf } = await setStage(t);
  const running = await Running.begin(await connect(), pullOf(server.serve('/x.raw', heldBytes, gate), 'held'));
  await running.untilHeld();
  for (const [method, { parameters, answer = denied, flags = {} }] of Object.entries(methods)) {
    await t.test(method, () => {
      const call = (more: object) =>
        callAs(stranger, host.socket, method, { ...parameters(running.id), ...more }, flags).error ?? null;
      assert.equal(call({}), answer);
      if (takesRoot(method)) assert.equal(call({ imageRoot: host.imageRoot }), denied, 'with a directory');
    });
  }
  assert.equal(running.error, null);
  server.open('/x.raw');
  await running.done;
  assert.equal(running.error, null);
  assert.deepEqual(listing(host.imageRoot), ['held.raw']);
});
