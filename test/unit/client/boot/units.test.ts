import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PullExpression, parsePullExpression } from '../../../../client/boot/expressions.js';
import { unitText } from '../../../../client/boot/units.js';

const noActions = { successAction: undefined, failureAction: undefined };

function pull(text: string): PullExpression {
  const parsed = parsePullExpression(text, false, () => assert.fail());
  assert.ok('format' in parsed, text);
  return parsed;
}

test('a unit waits for what it needs, and nothing waits for it but what uses the image', () => {
  const text = unitText(pull('sysext,raw,verify=checksum,ro:ext:http://h/x.raw'), {
    successAction: 'reboot',
    failureAction: 'poweroff',
  });
  assert.equal(
    text,
    `# Made by ferry-import-generator.
[Unit]
Description=Download of http://h/x.raw
Documentation=man:ferry-import-generator(8)
SourcePath=/proc/cmdline
DefaultDependencies=no
Requires=ferry.socket
After=imports-pre.target ferry.socket
Conflicts=shutdown.target
Before=imports.target shutdown.target
ConditionPathExists=!/var/lib/extensions/ext
ConditionPathExists=!/var/lib/extensions/ext.raw
ConditionPathExists=!/var/lib/extensions/ext.mstack
Before=systemd-sysext.service
Wants=network-online.target
After=network-online.target
SuccessAction=reboot
FailureAction=poweroff

[Service]
Type=oneshot
ExecStart=:/usr/bin/ferryctl --system pull-raw --class=sysext --verify=checksum --read-only --keep-download=no -- http://h/x.raw ext
`,
  );
});

test('what is there already is not pulled again, as far as its name is known', () => {
  const conditions = (expression: string) => unitText(pull(expression), noActions).match(/^Condition.*$/gm);
  assert.equal(conditions('tar,machine,runtime=1:a 5%:http://h/x')?.[0], 'ConditionPathExists=!/run/machines/a 5%%');
  assert.equal(conditions('tar,machine::http://h/x'), null);
});

test('a file needs no network', () => {
  assert.doesNotMatch(unitText(pull('machine,tar::file:///x.tar'), noActions), /network/);
});

const commands: [expression: string, command: string][] = [
  ['oci,machine,runtime=1:app:h/a:1', 'pull-oci --class=machine --image-root=/run/machines -- h/a:1 app'],
  [
    'tar,confext,runtime=1::http://h/x',
    'pull-tar --class=confext --image-root=/run/confexts --keep-download=no -- http://h/x',
  ],
  // Specifiers and quotes of systemd.service(5).
  [
    'tar,machine:a b:http://h/%41?x="$y\\',
    String.raw`pull-tar --class=machine --keep-download=no -- "http://h/%%41?x=\"$y\\" "a b"`,
  ],
];

for (const [expression, command] of commands) {
  test(`${expression} runs ${command}`, () => {
    const text = unitText(pull(expression), noActions);
    assert.equal(/^ExecStart=(.*)$/m.exec(text)?.[1], `:/usr/bin/ferryctl --system ${command}`);
  });
}
