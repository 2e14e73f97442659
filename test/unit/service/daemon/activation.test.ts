import assert from 'node:assert/strict';
import { test } from 'node:test';
import { passedSockets } from '../../../../service/daemon/activation.js';
import { attempt } from '../../../support/command.js';
import { needs } from '../../../support/needs.js';

const none = { listening: [], connected: [] };

test('what was passed to another process is not ours', () => {
  for (const environment of [
    {},
    { LISTEN_FDS: '2' },
    { LISTEN_FDS: '2', LISTEN_PID: '1' },
    { LISTEN_PID: String(process.pid) },
  ])
    assert.deepEqual(passedSockets(environment), none);
});

test('the variables are taken out, so that children do not take the sockets for theirs', () => {
  const environment = { LISTEN_FDS: '0', LISTEN_PID: '1', LISTEN_FDNAMES: 'a:b', LISTEN_PIDFDID: '4', LANG: 'C' };
  passedSockets(environment);
  assert.deepEqual(environment, { LANG: 'C' });
});

/** Runs passedSockets() in a process that was passed what a python expression makes. */
function found(descriptors: string, count?: string): { stdout: string; stderr: string } {
  const url = new URL('../../../../service/daemon/activation.js', import.meta.url).href;
  const script = `const { passedSockets } = await import(${JSON.stringify(url)});
    process.env.LISTEN_PID = String(process.pid);
    console.log(JSON.stringify(passedSockets(process.env)));`;
  const launcher = `import os, socket, sys
def listening():
    s = socket.socket(socket.AF_UNIX); s.bind('\\0ferry-test-%d-%d' % (os.getpid(), os.times()[4] * 1e9 % 1e9)); s.listen(); return s.detach()
def connected():
    return socket.socketpair()[0].detach()
def file():
    return os.open('/dev/null', os.O_RDWR)
made = [${descriptors}]
made = [os.dup2(fd, 40 + i) for i, fd in enumerate(made)]
for i, fd in enumerate(made): os.dup2(fd, 3 + i, inheritable=True)
os.environ['LISTEN_FDS'] = ${JSON.stringify(count ?? '')} or str(len(made))
os.execv(sys.argv[1], sys.argv[1:])`;
  return attempt('python3', ['-c', launcher, process.execPath, '--input-type=module', '--eval', script]);
}

const cases: [descriptors: string, expected: object][] = [
  ['listening()', { listening: [3], connected: [] }],
  ['connected()', { listening: [], connected: [3] }],
  ['listening(), connected()', { listening: [3], connected: [4] }],
];
for (const [descriptors, expected] of cases) {
  test(`${descriptors} are told apart`, (t) => {
    if (!needs(t, { programs: ['python3'] })) return;
    const { stdout, stderr } = found(descriptors);
    assert.equal(stderr, '');
    assert.deepEqual(JSON.parse(stdout), expected);
  });
}

test('a passed descriptor that is no socket is an error that says which', (t) => {
  if (!needs(t, { programs: ['python3'] })) return;
  assert.match(found('file()').stderr, /^Error: LISTEN_FDS passes descriptor 3, which is not a socket$/m);
});

for (const count of ['x', '-1', '1.5', '1e9']) {
  test(`LISTEN_FDS=${count} is an error, not silence`, (t) => {
    if (!needs(t, { programs: ['python3'] })) return;
    const says = `Error: LISTEN_FDS is '${count}', which is not a number of descriptors`;
    assert.ok(found('', count).stderr.split('\n').includes(says));
  });
}
