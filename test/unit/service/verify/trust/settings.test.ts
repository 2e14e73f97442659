import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSettings } from '../../../../../service/verify/trust/settings.js';
import { isNoSetting, isOutsideOfSection } from '../../../../support/texts/trust.js';

/** A file in systemd's syntax, and its settings as `[TITLE] NAME=VALUE @LINE`. */
const files: [what: string, text: string, found: string[]][] = [
  ['nothing', '', []],
  ['comments alone', '# one\n  ; two\n\n', []],
  ['white space', ' [Trust] \n\t A =  b c \t\n', ['[Trust] A=b c @2']],
  ['an empty value', '[Trust]\nA=\n', ['[Trust] A= @2']],
  ['equals signs in a value', '[Trust]\nA=b=c\n', ['[Trust] A=b=c @2']],
  ['a number sign in a value', '[Trust]\nA=b #c\n', ['[Trust] A=b #c @2']],
  ['a continued line', '[Trust]\nA=b\\\n  c\nB=d', ['[Trust] A=b   c @2', '[Trust] B=d @4']],
  ['a comment between continued lines', '[Trust]\nA=b \\\n# no \\\n; no\nc\n', ['[Trust] A=b  c @2']],
  ['an empty line ends a continued one', '[Trust]\nA=b\\\n\nB=c\n', ['[Trust] A=b @2', '[Trust] B=c @4']],
  ['two backslashes', '[Trust]\nA=b\\\\\nB=c\n', ['[Trust] A=b\\\\ @2', '[Trust] B=c @3']],
  ['a backslash at the end of the file', '[Trust]\nA=b\\', ['[Trust] A=b @2']],
  ['white space behind a backslash', '[Trust]\nA=b\\ \nB=c', ['[Trust] A=b\\ @2', '[Trust] B=c @3']],
  ['line ends of other systems', '[Trust]\r\nA=b\r\nB=c\rC=d', ['[Trust] A=b @2', '[Trust] B=c @3', '[Trust] C=d @4']],
  ['a byte order mark', '\ufeff[Trust]\nA=b', ['[Trust] A=b @2']],
  ['two sections of one title', '[Trust]\nA=b\n[Trust]\nA=c', ['[Trust] A=b @2', '[Trust] A=c @4']],
];

for (const [what, text, found] of files)
  test(`settings: ${what}`, () => {
    const sections = parseSettings(text);
    const shown = sections.flatMap(({ title, assignments }) =>
      assignments.map(({ name, value, line }) => `[${title}] ${name}=${value} @${line}`),
    );
    assert.deepEqual(shown, found);
    assert.deepEqual(
      sections.flatMap(({ faults }) => faults),
      [],
    );
  });

const broken: [what: string, text: string, faults: [line: number, reason: string][]][] = [
  ['a word', '[Trust]\nA=b\nword\n', [[3, isNoSetting]]],
  ['a value alone', '[Trust]\n=b\n', [[2, isNoSetting]]],
  ['a setting before the first header', 'A=b\n[Trust]\n', [[1, isOutsideOfSection]]],
  [
    'a header without an end',
    '[Trust\nA=b\n',
    [
      [1, isOutsideOfSection],
      [1, isNoSetting],
    ],
  ],
  ['a header with text behind it', '[Trust]\nA=b\n[Trust] x\n', [[3, isNoSetting]]],
  ['bytes that are not UTF-8', '[Trust]\nA=\ufffd\n', [[2, 'is not UTF-8']]],
];

for (const [what, text, faults] of broken)
  test(`settings that make no sense: ${what}`, () => {
    const found = parseSettings(text).flatMap((section) => section.faults);
    assert.deepEqual(
      found.map(({ line, reason }) => [line, reason]),
      faults,
    );
  });
