import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { run } from '../../support/command.js';
import { listing } from '../../support/files.js';
import { needs } from '../../support/needs.js';
import { GateServer } from '../../support/servers/gate-server.js';
import { Running } from '../../support/service/calls.js';
import { connected, place, startService } from '../../support/service/daemons.js';
import { ferryHost } from '../../support/service/ferry-host.js';
import { gate, heldBytes, needsService, someBytes, stageOn } from '../../support/service/stage.js';
import { waitUntil } from '../../support/wait.js';
import { Injector } from '../faults/injection.js';
import { type SeenSandbox, seenSandboxes, survivors, takenOverProgram, without, witnessProgram } from './attacks.js';

const ordinary = 4711;
const asOrdinary = ['setpriv', `--reuid=${ordinary}`, `--regid=${ordinary}`, '--clear-groups', '--'];

/** Where all processes are one user for the kernel, and only what they forbid themselves holds. */
const weakest = 'as an ordinary user without user namespaces';

const oneUser = 'where no user can be found that is free';

/** The ways in which a sandbox is built: what leads to each, and what the service says that it lacks then. */
const ways: [way: string, through: string[], missing: RegExp[]][] = [
  ['with all that root may have', [], []],
  ['without mount namespaces', without('mount'), [/see writable mounts/]],
  [
    'without CAP_SYS_ADMIN',
    ['setpriv', '--bounding-set=-sys_admin', '--'],
    [/keep the network/, /see writable mounts/, /see all others/],
  ],
  ['where PID namespaces are forbidden', without('pidNamespaces'), [/see all others/]],
  [
    oneUser,
    without('priorities'),
    [
      /The fetch and decode processes of all transfers are one user: Cannot give a process a user of its own: all from 60706 to 61183 are in use/,
    ],
  ],
  ['where system calls cannot be filtered', without('filters'), [/No filter of system calls/]],
  [
    'where neither PID namespaces nor filters can be had',
    without('pidNamespaces', 'filters'),
    [/see all others/, /No filter of system calls/],
  ],
  ['as an ordinary user', asOrdinary, [/run as yourself/, /Owners of files/, /keeps the network/]],
  [
    weakest,
    [...without('userNamespaces'), ...asOrdinary],
    [
      /run as yourself/,
      /Owners of files/,
      /placement process keeps the network/,
      /decode process keeps the network/,
      /see all others/,
    ],
  ],
];

/** A service whose processes that meet hostile bytes are taken over. */
async function takenOver(t: TestContext, through: string[]) {
  const here = place(t);
  const program = takenOverProgram(here.directory.file('dist'), ['fetch', 'decode']);
  chmodSync(here.directory.path, 0o755);
  mkdirSync(here.directory.file('images'));
  if (through.includes(asOrdinary[1] ?? '')) run('chown', ['-R', `${ordinary}:${ordinary}`, here.directory.path]);
  const service = startService(t, here, ['--user', `--listen=${here.socket}`], { program, through });
  (await connected(here.socket)).close();
  return { here, service, stage: await stageOn(t, here.socket, here.directory.file('images')) };
}

for (const [way, through, missing] of ways) {
  test(`a taken-over process of a transfer takes nothing from others, and does not outlive it, ${way}`, async (t) => {
    if (!needsService(t, 'python3') || !needs(t, { features: ['userns'] })) return;
    const { here, service, stage } = await takenOver(t, through);
    const server = await GateServer.start(t);
    const held = await Running.begin(await stage.connect(), stage.pull(server.serve('/x.raw', heldBytes, gate), 'x'));
    await held.untilHeld().catch((error) => assert.fail(`${error}\n${service.log()}`));
    const bytes = someBytes(300_000);
    await stage.transfers.pull(stage.pull(server.serve('/y.raw', bytes), 'y'));
    server.open('/x.raw');
    await held.done;
    assert.deepEqual(survivors(), []);
    assert.equal(held.error, null, service.log());
    await stage.transfers.pull(stage.pull(server.serve('/z.raw', bytes), 'z'));
    assert.deepEqual(survivors(), []);
    // Processes of one user can open each other's memory until they have forbidden that.
    const stolen = way === weakest || way === oneUser ? /STOLEN (pidfd_getfd|ptrace|process_vm_readv)/ : /STOLEN/;
    await waitUntil(() => service.log().split('TAKEN OVER').length > 3);
    assert.doesNotMatch(service.log(), stolen);
    assert.ok(readFileSync(here.directory.file('images', 'z.raw')).equals(bytes));
    const told = service
      .log()
      .split('\n')
      .filter((line) => /: /.test(line) && missing.some((one) => one.test(line)));
    assert.equal(told.length, missing.length, service.log());
    for (const one of missing) assert.equal(told.filter((line) => one.test(line)).length, 1, service.log());
  });
}

test('that a service cannot find what processes leave behind is told', async (t) => {
  if (!needsService(t, 'strace')) return;
  const { directory } = place(t);
  const { environment } = new Injector(directory.file('injector'));
  await using host = await ferryHost(t, { environment });
  await waitUntil(() =>
    host.log().includes('What a process of a transfer leaves behind is not looked for: prctl: EPERM\n'),
  );
});

/** What each process may have: the rest is walled off. */
const kinds: [name: string, network: boolean, rights: boolean][] = [
  ['fetch', true, false],
  ['decode', false, false],
  ['convert', false, false],
  ['placement', false, true],
  ['cleanup', false, true],
  ['manage', false, true],
];

/** Has each kind of process do something in a service, and gives back what they saw of themselves. */
async function witnesses(t: TestContext): Promise<{ seen: Map<string, SeenSandbox>; own: Record<string, string> }> {
  const here = place(t);
  const program = witnessProgram(here.directory.file('dist'), here.directory.file('report'));
  const service = startService(t, here, ['--user', `--listen=${here.socket}`], { program });
  (await connected(here.socket)).close();
  const stage = await stageOn(t, here.socket, here.directory.file('images'));
  const server = await GateServer.start(t);
  const qcow2 = here.directory.file('disk.qcow2');
  run('qemu-img', ['create', '-q', '-f', 'qcow2', qcow2, '1M']);
  await stage.transfers.pull(stage.pull(server.serve('/x.qcow2.gz', gzipSync(readFileSync(qcow2))), 'x'));
  const held = await Running.begin(await stage.connect(), stage.pull(server.serve('/y.raw', heldBytes, gate), 'y'));
  await held.untilHeld();
  const imageRoot = here.directory.file('images');
  await waitUntil(() => listing(imageRoot).length > 1);
  await stage.transfers.cancel({ id: held.id });
  await held.done;
  await stage.client.call('io.ferry.Image.Remove', { name: 'x', class: 'machine', imageRoot });
  const own = (type: string) => [type, readlinkSync(`/proc/${service.child.pid}/ns/${type}`)] as const;
  const seen = seenSandboxes(readFileSync(here.directory.file('report'), 'utf8') + service.log());
  return { seen, own: Object.fromEntries(['net', 'pid', 'mnt'].map(own)) };
}

test('each process of a transfer is behind each of its sandbox, all threads of it', async (t) => {
  if (!needsService(t, 'qemu-img')) return;
  const { seen, own } = await witnesses(t);
  assert.deepEqual([...seen.keys()].sort(), kinds.map(([name]) => name).sort());
  const users = new Set<string | undefined>();
  for (const [name, network, rights] of kinds) {
    const { threads = 0, status = {}, namespaces, pid } = seen.get(name) ?? {};
    assert.ok(threads > 1, `${name} has threads`);
    assert.equal(namespaces?.net === own['net'], network, `${name}: network`);
    assert.equal(namespaces?.mnt === own['mnt'], rights, `${name}: read-only mounts`);
    assert.notEqual(namespaces?.pid, own['pid'], `${name}: PID namespace`);
    assert.equal(pid === 1, name !== 'convert', `${name}: the first process of its namespace`);
    assert.deepEqual(status['Seccomp'], ['2'], `${name}: filter of system calls`);
    assert.deepEqual(status['NoNewPrivs'], ['1'], `${name}: no new privileges`);
    if (rights) continue;
    for (const set of ['CapEff', 'CapPrm', 'CapBnd'])
      assert.deepEqual(status[set], ['0'.repeat(16)], `${name}: ${set}`);
    const [user] = status['Uid'] ?? [];
    assert.notEqual(Number(user), 0, `${name}: user`);
    assert.ok(!users.has(user), `${name}: a user of its own`);
    users.add(user);
  }
});
