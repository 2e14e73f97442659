import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ServiceManagerLink } from '../../../../service/daemon/notify.js';
import { listenForNotes } from '../../../integration/service/service-manager.js';
import { like, re } from '../../../support/like.js';
import { needs } from '../../../support/needs.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { notifySocketIsNotOne } from '../../../support/texts/transfers.js';

for (const abstract of [false, true]) {
  test(`the service manager is told over ${abstract ? 'an abstract socket' : 'a socket file'}`, async (t) => {
    if (!needs(t, { programs: ['python3'] })) return;
    const path = temporaryDirectory(t).file('notify');
    await using manager = await listenForNotes(t, abstract ? `@${path}` : path);
    const link = new ServiceManagerLink({ NOTIFY_SOCKET: manager.address });
    link.tell('READY=1');
    link.stop();
    await manager.until('STOPPING=1');
    assert.deepEqual(manager.notes, ['READY=1', 'STOPPING=1']);
  });
}

test('without a service manager nobody is told, and nothing fails', () => {
  using link = new ServiceManagerLink({ WATCHDOG_USEC: '1000' });
  link.tell('READY=1');
  link.keepAlive();
  link.stop();
});

for (const value of ['', 'relative', '/', '@', 'vsock:2:1234']) {
  test(`NOTIFY_SOCKET=${value} is refused at once`, () => {
    assert.throws(() => new ServiceManagerLink({ NOTIFY_SOCKET: value }), like`${notifySocketIsNotOne(re(/.*/))}`);
  });
}

test('a service manager that cannot be told is an error that names the socket', (t) => {
  const path = temporaryDirectory(t).file('missing');
  const link = new ServiceManagerLink({ NOTIFY_SOCKET: path });
  assert.throws(() => link.tell('READY=1'), { code: 'ENOENT', message: new RegExp(path) });
});

test('the variables are taken out, so that children do not speak for the service', () => {
  const environment = { NOTIFY_SOCKET: '/x', WATCHDOG_USEC: '1', WATCHDOG_PID: '1', LANG: 'C' };
  new ServiceManagerLink(environment);
  assert.deepEqual(environment, { LANG: 'C' });
});

const watchdogs: [what: string, environment: Record<string, string>, isFed: boolean][] = [
  ['asked for', { WATCHDOG_USEC: '20000' }, true],
  ['asked for of this process', { WATCHDOG_USEC: '20000', WATCHDOG_PID: String(process.pid) }, true],
  ['asked for of another process', { WATCHDOG_USEC: '20000', WATCHDOG_PID: '1' }, false],
  ['not asked for', {}, false],
  ['of no length', { WATCHDOG_USEC: '0' }, false],
  ['of no sensible length', { WATCHDOG_USEC: 'soon' }, false],
];
for (const [what, environment, isFed] of watchdogs) {
  test(`a watchdog that is ${what} ${isFed ? 'is fed, also while the service ends' : 'is left alone'}`, async (t) => {
    if (!needs(t, { programs: ['python3'] })) return;
    await using manager = await listenForNotes(t, temporaryDirectory(t).file('notify'));
    using link = new ServiceManagerLink({ NOTIFY_SOCKET: manager.address, ...environment });
    link.keepAlive();
    if (isFed) await manager.until('WATCHDOG=1', 3);
    else await pause(100);
    link.stop();
    link.stop();
    await manager.until('STOPPING=1');
    const fed = () => manager.notes.filter((note) => note === 'WATCHDOG=1').length;
    if (isFed) await manager.until('WATCHDOG=1', fed() + 2);
    else assert.equal(fed(), 0);
    assert.equal(manager.notes.filter((note) => note === 'STOPPING=1').length, 1);
  });
}

test('a watchdog that cannot be told is no reason for the service to end', async (t) => {
  const path = temporaryDirectory(t).file('missing');
  using link = new ServiceManagerLink({ NOTIFY_SOCKET: path, WATCHDOG_USEC: '2000' });
  // What a timer throws ends a service.
  const thrown: unknown[] = [];
  const listener = (error: unknown) => thrown.push(error);
  process.prependListener('uncaughtException', listener);
  link.keepAlive();
  await pause(100);
  process.removeListener('uncaughtException', listener);
  assert.deepEqual(thrown, []);
});

test('a service manager that is gone does not keep the service from ending', (t) => {
  const path = temporaryDirectory(t).file('missing');
  new ServiceManagerLink({ NOTIFY_SOCKET: path }).stop();
});
