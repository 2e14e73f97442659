import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PullExpression, parsePullExpression } from '../../../../client/boot/expressions.js';
import { needsTheirGenerator, noneIsAmong } from '../../../support/texts/client.js';

const plain: Omit<PullExpression, 'format' | 'class' | 'remote'> = {
  name: undefined,
  verify: undefined,
  readOnly: false,
  runtime: false,
};

const understood: [text: string, expected: Partial<PullExpression>][] = [
  ['machine,tar::https://h:8/x.tar', { format: 'tar', class: 'machine', remote: 'https://h:8/x.tar' }],
  [
    'raw,sysext,ro:name:file:///x',
    { format: 'raw', class: 'sysext', remote: 'file:///x', name: 'name', readOnly: true },
  ],
  ['ro,raw,portable,rw::http://h/x', { format: 'raw', class: 'portable', remote: 'http://h/x' }],
  ['verify=no,tar,confext::http://h/x', { format: 'tar', class: 'confext', remote: 'http://h/x', verify: 'no' }],
  ['tar,machine,runtime=yes::http://h/x', { format: 'tar', class: 'machine', remote: 'http://h/x', runtime: true }],
  [
    'oci,machine:app:localhost:5000/a:1',
    { format: 'oci', class: 'machine', remote: 'localhost:5000/a:1', name: 'app' },
  ],
  // The last one counts.
  ['tar,raw,machine,sysext::http://h/x', { format: 'raw', class: 'sysext', remote: 'http://h/x' }],
];

for (const [text, expected] of understood) {
  test(`understands ${text}`, () => {
    assert.deepEqual(
      parsePullExpression(text, false, () => assert.fail()),
      { ...plain, ...expected },
    );
  });
}

const refused: [text: string, problem: string][] = [
  ['machine,tar', 'expected OPTIONS:NAME:URL'],
  ['machine,tar:x:', 'expected OPTIONS:NAME:URL'],
  ['machine,tar::http://h/x\nExecStart=/bin/sh', 'expected OPTIONS:NAME:URL'],
  ['machine::http://h/x', noneIsAmong('tar, raw, oci')],
  ['tar::http://h/x', noneIsAmong('machine, portable, sysext, confext')],
  ['raw,machine,blockdev::http://h/x', needsTheirGenerator('blockdev')],
  ['raw,machine,bootorigin::x.raw', needsTheirGenerator('bootorigin')],
  ['oci,machine::https://h/x', 'with oci, expected a reference such as registry.example.com/app:1, not a URL'],
];

for (const [text, problem] of refused) {
  test(`refuses ${JSON.stringify(text)}`, () => {
    assert.deepEqual(
      parsePullExpression(text, false, () => assert.fail()),
      { problem },
    );
  });
}

test('unknown options are passed over with a warning', () => {
  const warnings: string[] = [];
  const found = parsePullExpression('tar,machine,new,verify=x,runtime=maybe::http://h/x', true, (message) => {
    warnings.push(message);
  });
  assert.deepEqual(found, { ...plain, format: 'tar', class: 'machine', remote: 'http://h/x', runtime: true });
  assert.deepEqual(
    warnings,
    ['new', 'verify=x', 'runtime=maybe'].map((option) => `Unknown option '${option}' of systemd.pull=, ignored`),
  );
});
