import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The threads of a process, each with its status (proc_pid_status(5)) and the namespaces it is in. */
export function threadsOf(pid: number): { status: Map<string, string>; mount: string; network: string }[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => {
    const at = `/proc/${pid}/task/${thread}`;
    const lines = readFileSync(`${at}/status`, 'utf8').split('\n');
    const status = new Map(lines.map((line) => [line.split(':')[0] ?? '', line.replace(/^[^:]*:\s*/, '').trim()]));
    return { status, mount: readlinkSync(`${at}/ns/mnt`), network: readlinkSync(`${at}/ns/net`) };
  });
}

/** The users that processes without rights are, each another one. */
const users = { first: 60706, last: 61183 };

/** That every thread of a process has nothing but its descriptors. */
export function assertWithoutRights(pid: number, servicePid: number): void {
  const threads = threadsOf(pid);
  const [own] = threadsOf(servicePid);
  assert.ok(threads.length > 1, 'a node process has threads');
  const none = '0'.repeat(16);
  for (const { status, mount } of threads) {
    const [user] = status.get('Uid')?.split('\t') ?? [];
    assert.equal(status.get('Uid'), Array(4).fill(user).join('\t'));
    assert.ok(Number(user) >= users.first && Number(user) <= users.last, `user ${user}`);
    assert.doesNotMatch(status.get('Gid') ?? '', /\b0\b/);
    assert.equal(status.get('Groups'), '');
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) assert.equal(status.get(set), none, set);
    assert.equal(status.get('NoNewPrivs'), '1');
    assert.notEqual(mount, own?.mount);
  }
  const mounts = readFileSync(`/proc/${pid}/mountinfo`, 'utf8').trim().split('\n');
  const writable = mounts.filter((line) => !/^ro\b/.test(line.split(' ')[5] ?? ''));
  assert.deepEqual(writable, []);
}

export function assertWithoutNetwork(pid: number, servicePid: number): void {
  const [own] = threadsOf(servicePid);
  for (const { network } of threadsOf(pid)) assert.notEqual(network, own?.network);
  const devices = readFileSync(`/proc/${pid}/net/dev`, 'utf8').trim().split('\n').slice(2);
  assert.deepEqual(
    devices.map((line) => line.split(':')[0]?.trim()),
    ['lo'],
  );
}

/** That neither command line nor environment of a process has what secretive() hides there. */
export function assertWithoutSecrets(pid: number): void {
  for (const file of ['cmdline', 'environ'])
    assert.doesNotMatch(readFileSync(`/proc/${pid}/${file}`, 'utf8'), /s3cret/, file);
}
