import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkImageName, checkNewName } from '../../../client/names.js';
import { isValidImageName, validateImageName, validateNewName } from '../../../service/images/layout/names.js';
import { escapeText } from '../../../varlink/text.js';
import { cannotBeImageName, notValidUtf8 } from '../../support/texts/client.js';
import { reservedForCache, reservedForSysupdate, standsForHost } from '../../support/texts/common.js';
import { cannotBeImageNameBecause, charactersThatDoNotPrint } from '../../support/texts/images.js';

const temporary = "names that begin with '.#' are reserved for temporary files";
const cached = reservedForCache;
const directory = 'it stands for a directory';
const control = 'it contains a control character';
const notText = notValidUtf8;
const tooLong = 'it is longer than 255 bytes';
const noPrint = charactersThatDoNotPrint;

/** What is wrong with a name of any image, and with that of a new one. */
const table: [name: string, problem: string | undefined, ofNew: string | undefined][] = [
  ['jammy', undefined, undefined],
  ['foo bar', undefined, undefined],
  ['.hid', undefined, undefined],
  ['.raw', undefined, undefined],
  ['a..b', undefined, undefined],
  ['\'"\\', undefined, undefined],
  ['Größe', undefined, undefined],
  ['漢字', undefined, undefined],
  ['\u{1f600}', undefined, undefined],
  ['x\u00ad', undefined, undefined],
  ['é'.repeat(127), undefined, undefined],
  ['a'.repeat(255), undefined, undefined],
  ['a'.repeat(256), tooLong, tooLong],
  ['é'.repeat(128), tooLong, tooLong],
  ['', 'it is empty', 'it is empty'],
  ['.', directory, directory],
  ['..', directory, directory],
  ['a/b', "it contains a '/'", "it contains a '/'"],
  ['.#x', temporary, temporary],
  ['a\nb', control, control],
  ['a\x1b[2J', control, control],
  ['a\x7f', control, control],
  ['a\0', control, control],
  // Not for sd-varlink's peers, nor for machined.
  ['\ufdd0', notText, notText],
  ['x\ufdef', notText, notText],
  ['\ufffe', notText, notText],
  ['\u{1ffff}', notText, notText],
  ['\ud800', notText, notText],
  // machined lists these, so they can be removed; printed, they would steer a terminal.
  ['x\u0085', undefined, noPrint],
  ['x\u009b31m', undefined, noPrint],
  ['x\u2028', undefined, noPrint],
  ['x\u202e', undefined, noPrint],
  ['.host', undefined, standsForHost],
  ['.raw-x', undefined, cached],
  ['.tar-x', undefined, cached],
  ['.sysupdate.x', undefined, reservedForSysupdate],
];

function holds(
  name: string,
  problem: string | undefined,
  client: (name: string) => string,
  service: (name: string) => string,
): void {
  if (problem === undefined) {
    assert.equal(client(name), name);
    assert.equal(service(name), name);
    return;
  }
  const message = `'${name}' ${cannotBeImageName}: ${problem}.`;
  assert.throws(() => client(name), { name: 'UserError', message });
  assert.throws(() => service(name), {
    kind: 'InvalidName',
    message: `'${escapeText(name)}' ${cannotBeImageNameBecause(problem)}`,
    facts: { name },
  });
}

for (const [name, problem, ofNew] of table) {
  test(`client and service agree on the name ${JSON.stringify(name.slice(0, 12))} (${name.length})`, () => {
    holds(name, problem, checkImageName, validateImageName);
    holds(name, ofNew, checkNewName, (text) => validateNewName(text, 'machine', text));
    assert.equal(isValidImageName(name), problem === undefined);
  });
}
