import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAction } from '../../../../client/trust/actions.js';

const refused: [action: string, parameters: string[], options: string[], message: string][] = [
  ['remove', [], [], "Unknown action 'trust remove': expected list, show, add or check"],
  ['show', [], [], "Too few arguments for trust show: expected 'trust show URL'."],
  ['list', ['x'], [], "Too many arguments for trust list: expected 'trust list'."],
  ['check', [], ['json', 'force'], 'Cannot use --force with trust check: only trust add takes it'],
];
for (const [action, parameters, options, message] of refused)
  test(`trust ${action} ${[...parameters, ...options.map((name) => `--${name}`)].join(' ')} is refused`, () => {
    assert.throws(() => readAction(action, parameters, options), { name: 'UserError', message });
  });

test('each action takes what belongs to it', () => {
  assert.equal(readAction('add', ['URL', 'KEY'], ['name', 'yes', 'verify', 'force', 'json']), 'add');
  assert.equal(readAction('show', ['URL'], ['json', 'host']), 'show');
});
