import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { findLeader } from '../../../../client/connect/leader.js';
import { VarlinkError } from '../../../../varlink/error.js';
import { parseInterface } from '../../../../varlink/idl/parse.js';
import { type ServerCall, VarlinkServer } from '../../../../varlink/server/server.js';
import { run } from '../../../support/command.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { noContainerRuns } from '../../../support/texts/client.js';
import { tooManyLinks } from '../../../support/texts/common.js';
import { connectionWasClosed } from '../../../support/texts/downloads.js';

/** As much of io.systemd.Machine as matters: the leader was a number before systemd 257. */
const descriptions = {
  new: `interface io.systemd.Machine
type ProcessId (pid: int, pidfdId: ?int, bootId: ?string)
method List(name: ?string) -> (name: string, class: string, leader: ?ProcessId)
error NoSuchMachine ()
`,
  old: `interface io.systemd.Machine
method List(name: ?string) -> (name: string, class: string, leader: ?int)
error NoSuchMachine ()
`,
  other: `interface io.systemd.Machine
method Register(name: ?string) -> ()
`,
};

function machined(t: TestContext, form: keyof typeof descriptions, machines: Record<string, object>): string {
  const directory = temporaryDirectory(t);
  mkdirSync(directory.file('systemd/machine'), { recursive: true });
  mkdirSync(directory.file('systemd/machines'));
  const description = descriptions[form];
  const List = async (call: ServerCall<{ name?: string }>) => {
    const machine = machines[call.parameters.name ?? ''];
    if (machine === undefined) throw new VarlinkError('io.systemd.Machine.NoSuchMachine');
    call.reply({ name: call.parameters.name ?? '', ...machine });
  };
  const server = new VarlinkServer({
    vendor: 'test',
    product: 'machined',
    version: '0',
    url: 'https://example.org',
    interfaces: [{ definition: parseInterface(description), description, handlers: form === 'other' ? {} : { List } }],
  });
  server.listen({ path: directory.file('systemd/machine/io.systemd.Machine') });
  t.after(() => server.close());
  return directory.path;
}

test('machined tells the leader of a container', async (t) => {
  const run = machined(t, 'new', {
    one: { class: 'container', leader: { pid: 77, pidfdId: 4711, bootId: 'x' } },
    two: { class: 'container', leader: { pid: 78 } },
  });
  assert.deepEqual(await findLeader('one', run), { pid: 77, inode: 4711n });
  assert.deepEqual(await findLeader('two', run), { pid: 78, inode: undefined });
});

test('an older one tells it as a number', async (t) => {
  const run = machined(t, 'old', { one: { class: 'container', leader: 77 } });
  assert.deepEqual(await findLeader('one', run), { pid: 77, inode: undefined });
});

test('what machined does not know is no container, whatever a file says', async (t) => {
  const run = machined(t, 'new', { vm: { class: 'vm', leader: { pid: 5 } }, none: { class: 'container' } });
  writeFileSync(`${run}/systemd/machines/gone`, 'CLASS=container\nLEADER=1\n');
  await assert.rejects(findLeader('gone', run), {
    name: 'UserError',
    message: noContainerRuns('gone'),
  });
  await assert.rejects(findLeader('vm', run), {
    message: "'vm' is a virtual machine, not a container: reach it with --host=.",
  });
  await assert.rejects(findLeader('none', run), { message: "The container 'none' has no process that leads into it." });
});

test('one that cannot be asked has written it down', async (t) => {
  const run = machined(t, 'other', {});
  writeFileSync(`${run}/systemd/machines/one`, '# private\nNAME=one\nCLASS=container\nLEADER=77\nLEADER_PIDFDID=12\n');
  assert.deepEqual(await findLeader('one', run), { pid: 77, inode: 12n });
});

const notes: [text: string, outcome: object | RegExp][] = [
  ['CLASS=container\nLEADER=77\n', { pid: 77, inode: undefined }],
  ['LEADER=77\nROOT=/a=b\n', { pid: 77, inode: undefined }],
  ['CLASS=vm\nLEADER=77\n', /is a virtual machine/],
  ['CLASS=container\n', /has no process/],
  ['CLASS=container\nLEADER=0\n', /has no process/],
  ['CLASS=container\nLEADER=-1\n', /has no process/],
  ['CLASS=container\nLEADER=7x\n', /has no process/],
  ['', /has no process/],
];

for (const [text, outcome] of notes) {
  test(`without machined there is the file ${JSON.stringify(text)}`, async (t) => {
    const directory = temporaryDirectory(t);
    mkdirSync(directory.file('systemd/machines'), { recursive: true });
    writeFileSync(directory.file('systemd/machines/one'), text);
    if (outcome instanceof RegExp) await assert.rejects(findLeader('one', directory.path), { message: outcome });
    else assert.deepEqual(await findLeader('one', directory.path), outcome);
    await assert.rejects(findLeader('two', directory.path), { message: /^No container 'two' runs/ });
  });
}

test('what keeps us from finding out is said', async (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(directory.file('systemd/machines/one'), { recursive: true });
  const says = (message: string) => assert.rejects(findLeader('one', directory.path), { name: 'UserError', message });
  await says("Cannot find out about the container 'one': it is a directory.");
  mkdirSync(directory.file('systemd/machine'));
  const path = directory.file('systemd/machine/io.systemd.Machine');
  symlinkSync('io.systemd.Machine', path);
  await says(`Cannot ask systemd-machined at '${path}': ${tooManyLinks}.`);
  rmSync(path);
  const deaf = createServer((socket) => socket.destroy()).listen(path);
  t.after(() => deaf.close());
  await once(deaf, 'listening');
  await says(
    `Cannot find the container 'one': systemd-machined did not answer: ${connectionWasClosed} before the reply came.`,
  );
});

test('a container that cannot be entered is named, with the reason', async (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(directory.file('systemd/machines'), { recursive: true });
  chmodSync(directory.path, 0o755);
  writeFileSync(directory.file('systemd/machines/one'), 'CLASS=container\nLEADER=1\n');
  // As nobody, in a node of its own without io_uring: with it, node refuses to become another user.
  const script = `
    import { Container } from '${import.meta.resolve('../../../../client/connect/container.js')}';
    if (process.geteuid() === 0) process.seteuid(65534);
    await Container.open('one', process.argv[1]).catch(({ name, message }) => console.log(name + ': ' + message));`;
  const said = run(process.execPath, ['--input-type=module', '--eval', script, directory.path], {
    environment: { UV_USE_IO_URING: '0' },
  });
  assert.equal(said, "UserError: Cannot enter the container 'one': permission denied; become root.\n");
});
