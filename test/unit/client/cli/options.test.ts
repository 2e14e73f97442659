import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRequest } from '../../../../client/cli/argv.js';
import { optionName, optionTable } from '../../../../client/cli/option-table.js';
import { settingOptions } from '../../../../client/cli/options.js';
import { readSettings } from '../../../../client/cli/settings.js';
import { fakeProcessContext } from '../support/process-context.js';

test('no two options are written the same', () => {
  const spellings = optionTable.flatMap(({ long, short }) => [long, short]).filter((name) => name !== undefined);
  assert.deepEqual(
    spellings.filter((name, index) => spellings.indexOf(name) !== index),
    [],
  );
});

test('no setting is left without a spelling, and no spelling without a setting', () => {
  const settings = Object.keys(settingOptions).map(optionName);
  const meant = optionTable.map(({ long, standsFor }) => standsFor?.[0] ?? long);
  assert.deepEqual([...new Set(meant)], ['help', 'version', 'introspect-cli', ...settings]);
});

test('without options every setting has the value that the manual page says', () => {
  const settings = readSettings([], fakeProcessContext());
  const isSet = ['pager', 'legend', 'askPassword', 'resume'];
  const isNotSet = [
    'force',
    'readOnly',
    'strict',
    'dryRun',
    'recount',
    'inspectDisk',
    'unused',
    'online',
    'yes',
    'watch',
    'quiet',
    'all',
    'full',
  ];
  for (const [name, value] of Object.entries(settings)) {
    if (isSet.includes(name)) assert.equal(value, true, name);
    else if (isNotSet.includes(name)) assert.equal(value, false, name);
    else if (name === 'keyring' || name === 'filter' || name === 'mountFrom') assert.deepEqual(value, []);
    else assert.equal(value, name === 'json' ? 'off' : undefined, name);
  }
});

test('a shorthand sets what its help says', () => {
  const context = fakeProcessContext();
  for (const { kind, long, short, standsFor } of optionTable) {
    if (kind !== 'shorthand' || standsFor === undefined || long === 'introspect-cli') continue;
    const settingsOf = (option: string) => {
      // Offers words for whatever was typed so far: it takes every option.
      const request = readRequest([option, 'complete', 'images']);
      assert.ok(request.kind === 'command', option);
      return readSettings(request.options, context);
    };
    const written = long === undefined ? `-${short}` : `--${long}`;
    // Nobody writes --scope= and --json=auto.
    if (!['scope', 'json'].includes(standsFor[0]))
      assert.deepEqual(settingsOf(written), settingsOf(`--${standsFor.join('=')}`), written);
    assert.notDeepEqual(settingsOf(written), readSettings([], context), written);
  }
});
