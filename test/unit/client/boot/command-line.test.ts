import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBootParameters, readCredential } from '../../../../client/boot/command-line.js';

const lines: [line: string, inInitrd: boolean, expressions: string[]][] = [
  ['quiet systemd.pull=a root=/dev/x systemd.pull=b\n', false, ['a', 'b']],
  ['systemd.pull="a b" "systemd.pull=c d" systemd.pull=\'e\'f', false, ['a b', 'c d', 'ef']],
  ['systemd.pull=a=b systemd.pull systemd.pull.more=c', false, ['a=b']],
  ['systemd.pull=a rd.systemd.pull=b', false, ['a']],
  ['systemd.pull=a rd.systemd.pull=b', true, ['b']],
];

for (const [line, inInitrd, expressions] of lines) {
  test(`reads ${JSON.stringify(line)}${inInitrd ? ' in an initrd' : ''}`, () => {
    assert.deepEqual(readBootParameters(line, inInitrd), {
      expressions,
      successAction: undefined,
      failureAction: undefined,
    });
  });
}

test('actions are read in both spellings, the last one counts, and what systemd would refuse is left out', () => {
  const line =
    'systemd.pull.success-action=reboot systemd.pull.success_action=poweroff systemd.pull.failure_action=exit-force ' +
    'systemd.pull.failure_action="a b"';
  const { successAction, failureAction } = readBootParameters(line, false);
  assert.deepEqual({ successAction, failureAction }, { successAction: 'poweroff', failureAction: 'exit-force' });
});

test('a credential has one expression a line, and comments', () => {
  assert.deepEqual(readCredential('# one\n a \n\nb'), ['a', 'b']);
});
