import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ColourMode, chooseColours, linksWanted, styled } from '../../../common/colour.js';

const choices: [env: Record<string, string>, terminal: ColourMode, elsewhere: ColourMode][] = [
  [{ TERM: 'xterm' }, '256', 'off'],
  [{ TERM: 'linux' }, '16', 'off'],
  [{ TERM: 'xterm', COLORTERM: 'truecolor' }, '24bit', 'off'],
  [{ TERM: 'dumb' }, 'off', 'off'],
  [{}, 'off', 'off'],
  [{ TERM: 'xterm', NO_COLOR: '1' }, 'off', 'off'],
  [{ TERM: 'xterm', NO_COLOR: '' }, '256', 'off'],
  [{ TERM: 'xterm', NO_COLOR: '1', SYSTEMD_COLORS: '1' }, '256', '256'],
  [{ TERM: 'xterm', SYSTEMD_COLORS: '0' }, 'off', 'off'],
  [{ SYSTEMD_COLORS: '16' }, '16', '16'],
  [{ SYSTEMD_COLORS: '256' }, '256', '256'],
  [{ SYSTEMD_COLORS: 'yes', TERM: 'xterm' }, '256', '256'],
  [{ SYSTEMD_COLORS: 'auto-16', TERM: 'xterm' }, '16', 'off'],
  [{ SYSTEMD_COLORS: 'bad', TERM: 'xterm' }, '256', 'off'],
];

for (const [env, terminal, elsewhere] of choices) {
  test(`colours with ${JSON.stringify(env)}`, () => {
    assert.equal(chooseColours(env, true), terminal);
    assert.equal(chooseColours(env, false), elsewhere);
  });
}

test('styles use no more colours than there are', () => {
  assert.equal(styled('x', 'warning', '256'), '\x1b[0;1;38:5:185mx\x1b[0m');
  assert.equal(styled('x', 'warning', '16'), '\x1b[0;1;33mx\x1b[0m');
  assert.equal(styled('x', 'error', '24bit'), '\x1b[0;1;31mx\x1b[0m');
  assert.equal(styled('x', 'error', 'off'), 'x');
  assert.equal(styled('', 'error', '256'), '');
});

const links: [env: Record<string, string>, isTerminal: boolean, wanted: boolean][] = [
  [{ TERM: 'xterm' }, true, true],
  [{ TERM: 'xterm' }, false, false],
  [{ TERM: 'dumb' }, true, false],
  [{ TERM: 'xterm', NO_COLOR: '1' }, true, false],
  [{ TERM: 'xterm', SYSTEMD_URLIFY: '0' }, true, false],
  [{ TERM: 'xterm', SYSTEMD_URLIFY: '1' }, false, true],
];

for (const [env, isTerminal, wanted] of links) {
  test(`links with ${JSON.stringify(env)}, terminal: ${isTerminal}`, () =>
    assert.equal(linksWanted(env, isTerminal), wanted));
}
