import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GateServer } from '../../support/servers/gate-server.js';
import { ferryHost, ferryUser } from '../../support/service/ferry-host.js';
import { gate, heldBytes, needsService } from '../../support/service/stage.js';
import { waitWhile } from '../../support/wait.js';

const proxy = { http_proxy: 'http://127.0.0.1:9' };

test('a proxy that a running service does not know of is told of, and one that it knows is used', async (t) => {
  if (!needsService(t)) return;
  const server = await GateServer.start(t);
  const url = server.serve('/x.raw', Buffer.alloc(512, 'x'));
  const pull = ['pull-raw', '-mN', '--verify=no', '--force', url, 'x'];
  await using plain = await ferryHost(t);
  const without = await plain.ferryctl(pull, { environment: proxy });
  assert.equal(without.status, 0, without.stderr);
  assert.match(without.stderr, /^\$http_proxy has no effect: the service already runs, with another environment; /);
  const none = await plain.ferryctl(pull);
  assert.doesNotMatch(none.stderr, /effect/);
  const listed = await plain.ferryctl(['list-images'], { environment: proxy });
  assert.equal(listed.stderr, '');
  await using proxied = await ferryHost(t, { environment: proxy });
  const through = await proxied.ferryctl(pull);
  assert.equal(through.status, 7);
  assert.doesNotMatch(through.stderr, /effect/);
});

test('a service that a client starts takes its environment, and the next client hears that it is not its own', async (t) => {
  if (!needsService(t)) return;
  await using user = ferryUser(t);
  const server = await GateServer.start(t);
  const first = user.ferryctl(['pull-raw', '-mN', '--verify=no', server.serve('/x.raw', heldBytes, gate), 'x']);
  await waitWhile(() => server.requests.length === 0);
  const state = await user.ferryctl(['list-images'], { environment: { XDG_STATE_HOME: user.home } });
  assert.match(state.stderr, /^\$XDG_STATE_HOME has no effect: the service already runs, with another environment; /);
  const second = await user.ferryctl(['clone-image', 'nope', 'new'], { environment: { SYSTEMD_IMPORT_SYNC: '0' } });
  assert.match(second.stderr, /^\$SYSTEMD_IMPORT_SYNC has no effect: /);
  assert.equal((await user.ferryctl(['cancel-transfer', '1'])).status, 0);
  assert.doesNotMatch((await first).stderr, /effect/);
  await waitWhile(() => user.services().length > 0);
  const alone = await user.ferryctl(['pull-raw', '-mN', '--verify=no', server.serve('/y.raw', heldBytes), 'y'], {
    environment: proxy,
  });
  assert.equal(alone.status, 7);
  assert.doesNotMatch(alone.stderr, /effect/);
});
