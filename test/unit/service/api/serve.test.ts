import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Failure } from '../../../../common/failure.js';
import { imageInterface } from '../../../../interfaces/generated/io.ferry.Image.generated.js';
import { transferInterface } from '../../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { trustInterface } from '../../../../interfaces/generated/io.ferry.Trust.generated.js';
import { importInterface } from '../../../../interfaces/generated/io.systemd.Import.generated.js';
import { serviceInterface } from '../../../../interfaces/generated/io.systemd.service.generated.js';
import { type Interfaces, type Right, rights } from '../../../../service/api/rights.js';
import { type PreparedCall, serve } from '../../../../service/api/serve.js';
import { VarlinkError } from '../../../../varlink/error.js';
import { parseInterface } from '../../../../varlink/idl/parse.js';
import { projectRoot } from '../../../support/project.js';

const descriptions = [transferInterface, imageInterface, trustInterface, importInterface, serviceInterface];
const denied = 'org.varlink.service.PermissionDenied';
const [root, stranger, owner] = [0, 54321, 54322];

test('every method that is described has a right, and nothing else has', () => {
  const described = descriptions.map(({ description }) => {
    const { name, members } = parseInterface(description);
    return [name, members.flatMap((member) => (member.kind === 'method' ? [member.name] : [])).sort()];
  });
  const listed = Object.entries(rights).map(([name, rows]) => [name, Object.keys(rows).sort()]);
  assert.deepEqual(Object.fromEntries(listed), Object.fromEntries(described));
});

test('polkit knows the actions of the rights, and no others', () => {
  const policy = readFileSync(`${projectRoot}/units/io.ferry.policy`, 'utf8');
  const known = [...policy.matchAll(/<action id="([^"]+)">/g)].map(([, id]) => id);
  const asked = Object.values(rights)
    .flatMap((rows): Right[] => Object.values(rows))
    .flatMap((right): string[] => {
      if (typeof right === 'string') return [right];
      return 'always' in right ? [right.always, ...Object.values(right.wishes)] : [right.ownerOr];
    })
    .filter((right) => right.startsWith('io.'));
  assert.deepEqual([...new Set(asked)].sort(), known.sort());
});

/** What the methods of a made-up implementation did. */
interface Traces {
  ran: number;
  released: number;
}

function methodsOf(name: keyof Interfaces, traces: Traces, run: () => void = () => {}): object {
  const prepare = (_call: unknown, hold: (held: Disposable) => Disposable): PreparedCall => {
    hold({ [Symbol.dispose]: () => void (traces.released += 1) });
    return {
      owner,
      run: () => {
        traces.ran += 1;
        assert.equal(traces.released, 0, 'it is released while it is needed');
        run();
      },
    };
  };
  return Object.fromEntries(Object.keys(rights[name]).map((method) => [method, prepare])) as never;
}

function callOf(uid: number, parameters: object = {}) {
  return { peer: { pid: process.pid, uid, gid: uid }, closed: new AbortController().signal, parameters };
}

type Handlers = Record<string, (call: unknown) => Promise<void>>;

async function isAnswered(
  name: keyof Interfaces,
  method: string,
  uid: number,
  parameters: object = {},
): Promise<boolean> {
  const traces = { ran: 0, released: 0 };
  const handlers = serve(name, methodsOf(name, traces) as never) as unknown as Handlers;
  const handler = handlers[method];
  assert.ok(handler);
  const problem = await handler(callOf(uid, parameters)).then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.equal(problem instanceof VarlinkError ? problem.name : problem, traces.ran === 0 ? denied : undefined);
  assert.equal(traces.released, 1, 'what was taken for the call is released, once');
  return traces.ran === 1;
}

for (const name of Object.keys(rights) as (keyof Interfaces)[]) {
  for (const [method, right] of Object.entries(rights[name])) {
    test(`${name}.${method} does nothing for a caller who has no right to it`, async () => {
      assert.equal(await isAnswered(name, method, root), true);
      const isFree =
        right === 'everybody' || (typeof right === 'object' && 'always' in right && right.always === 'everybody');
      assert.equal(await isAnswered(name, method, stranger), isFree);
      const isOwners = typeof right === 'object' && 'ownerOr' in right;
      assert.equal(await isAnswered(name, method, owner), isFree || isOwners);
    });
  }
}

test('verifying with what the server has needs the right to pull, not only that to manage images', () => {
  assert.deepEqual(rights['io.ferry.Image'].Verify, { always: 'io.ferry.manage', wishes: { online: 'io.ferry.pull' } });
});

test('a disk is mounted only for callers who may manage images, while everybody is shown the rest', async () => {
  assert.deepEqual(rights['io.ferry.Image'].Show, {
    always: 'everybody',
    wishes: { inspectDisk: 'io.ferry.manage' },
  });
  for (const [parameters, answered] of [
    [{}, true],
    [{ inspectDisk: false }, true],
    [{ inspectDisk: null }, true],
    [{ inspectDisk: true }, false],
  ] as const)
    assert.equal(await isAnswered('io.ferry.Image', 'Show', stranger, parameters), answered);
});

test('a method without a right is not served, whatever implements it', () => {
  const methods = { ...methodsOf('io.systemd.service', { ran: 0, released: 0 }), Halt: () => ({ run: assert.fail }) };
  assert.equal('Halt' in serve('io.systemd.service', methods as never), false);
});

test('a failure is answered as the interface has it; what is no failure passes as it is: it is a bug', async () => {
  const bug = new TypeError('x');
  const failure = new Failure('ImageBusy', 'It is in use', { name: 'x' });
  const failWith = async (error: Error, answer?: () => never) => {
    const traces = { ran: 0, released: 0 };
    const methods = methodsOf('io.ferry.Image', traces, () => {
      throw error;
    });
    const outcome = serve('io.ferry.Image', methods as never, answer).Remove(callOf(root) as never);
    const thrown = await outcome.then(
      () => assert.fail('it is answered'),
      (reason: unknown) => reason,
    );
    assert.equal(traces.released, 1);
    return thrown;
  };
  assert.equal(await failWith(bug), bug);
  const answered = await failWith(failure);
  assert.ok(answered instanceof VarlinkError);
  assert.equal(answered.name, 'io.ferry.Image.ImageBusy');
  assert.deepEqual(answered.parameters, { message: 'It is in use', name: 'x' });
  assert.equal(await failWith(failure, () => bug as never), bug);
});
