import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signalName } from '../../../../../service/formats/oci/stop-signals.js';

const cases: [text: string, name: string | undefined][] = [
  ['SIGTERM', 'TERM'],
  ['term', 'TERM'],
  ['9', 'KILL'],
  ['1', 'HUP'],
  ['31', 'SYS'],
  ['28', 'WINCH'],
  ['SIGWINCH', 'WINCH'],
  ['SIGIOT', 'ABRT'],
  ['SIGRTMIN', 'RTMIN+0'],
  ['SIGRTMIN+3', 'RTMIN+3'],
  ['RTMIN+30', 'RTMIN+30'],
  ['RTMIN+31', undefined],
  ['SIGRTMIN-1', undefined],
  ['SIGRTMAX', 'RTMIN+30'],
  ['SIGRTMAX-3', 'RTMIN+27'],
  ['RTMAX-31', undefined],
  ['37', 'RTMIN+3'],
  ['64', 'RTMIN+30'],
  ['32', undefined],
  ['65', undefined],
  ['0', undefined],
  ['-9', undefined],
  ['', undefined],
  ['SIG', undefined],
  ['constructor', undefined],
  ['TERM\nUser=x', undefined],
];
for (const [text, name] of cases) {
  test(`the stop signal ${JSON.stringify(text)} is ${name ?? 'not one'}`, () => {
    assert.equal(signalName(text), name);
  });
}
