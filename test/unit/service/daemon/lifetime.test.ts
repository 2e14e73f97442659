import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Lifetime } from '../../../../service/daemon/lifetime.js';

/** A lifetime on a clock that the test moves. */
function start(idleAfter: number | undefined) {
  mock.timers.enable({ apis: ['setTimeout'] });
  const state = { isIdle: true, ended: 0 };
  const lifetime = new Lifetime({
    idleAfter: () => idleAfter,
    isIdle: () => state.isIdle,
    onIdle: () => {
      state.ended += 1;
    },
  });
  return { state, lifetime, pass: (milliseconds: number) => mock.timers.tick(milliseconds) };
}

test('idle for long enough is the end, and not before', (t) => {
  t.after(() => mock.timers.reset());
  const { state, lifetime, pass } = start(30_000);
  lifetime.reconsider();
  pass(29_999);
  assert.equal(state.ended, 0);
  pass(1);
  assert.equal(state.ended, 1);
});

test('work begins the wait anew', (t) => {
  t.after(() => mock.timers.reset());
  const { state, lifetime, pass } = start(30_000);
  lifetime.reconsider();
  pass(20_000);
  state.isIdle = false;
  lifetime.reconsider();
  pass(100_000);
  state.isIdle = true;
  lifetime.reconsider();
  pass(29_999);
  assert.equal(state.ended, 0);
  pass(1);
  assert.equal(state.ended, 1);
});

test('work that nobody has announced is seen at the last moment', (t) => {
  t.after(() => mock.timers.reset());
  const { state, lifetime, pass } = start(1000);
  lifetime.reconsider();
  state.isIdle = false;
  pass(5000);
  assert.equal(state.ended, 0);
});

test('a service without idle time stays for ever, and one that has ended does not end again', (t) => {
  t.after(() => mock.timers.reset());
  const forEver = start(undefined);
  forEver.lifetime.reconsider();
  forEver.pass(1e9);
  assert.equal(forEver.state.ended, 0);
  mock.timers.reset();
  const { state, lifetime, pass } = start(1000);
  lifetime.reconsider();
  lifetime.end();
  pass(5000);
  assert.equal(state.ended, 0);
});
