import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import { checkInterface } from '../../../varlink/idl/check.js';
import { IdlError, parseInterface } from '../../../varlink/idl/parse.js';
import { printInterface } from '../../../varlink/idl/print.js';
import { projectFile } from '../../support/project.js';
import { seededRandom } from '../../support/random.js';
import { randomInterface } from '../../unit/varlink/idl/random-interface.js';
import type { Target } from '../target.js';

/** An interface definition is refused with its place, or printed such that the same is parsed again. */
export function parseOrRefuse(text: string): void {
  let definition: ReturnType<typeof parseInterface>;
  try {
    definition = parseInterface(text);
  } catch (error) {
    assert(error instanceof IdlError, `${JSON.stringify(text)}: ${error}`);
    assert(error.line >= 1 && error.column >= 1 && error.line <= text.split(/\r\n|[\n\r\u2028\u2029]/).length);
    return;
  }
  checkInterface(definition);
  const printed = printInterface(definition);
  const again = parseInterface(printed);
  if (JSON.stringify(again) !== JSON.stringify(definition)) assert.deepEqual(again, definition, JSON.stringify(text));
  assert.equal(printInterface(again), printed);
}

export const idl: Target = {
  name: 'idl',
  lengthMax: 1024,
  dictionary: [
    ...['interface ', 'type ', 'method ', 'error ', '->', '()', '(', ')', ':', ',', '?', '[]', '[string]', '#', '# '],
    ...[
      'bool',
      'int',
      'float',
      'string',
      'object',
      'any',
      '\r\n',
      '\r',
      '\n\n',
      '\xe2\x80\xa8',
      '\xef\xbb\xbf',
      '\xc2\xa0',
    ],
    ..."# [Requires 'more' flag]\n|# [Supports 'more' flag]\n|a.b|a: int|A (a: int)|_|-|.|\0".split('|'),
  ],
  seeds: () => [
    ...readdirSync(projectFile('interfaces'))
      .filter((name) => name.endsWith('.varlink'))
      .map((name) => readFileSync(projectFile('interfaces', name)).subarray(0, idl.lengthMax)),
    ...Array.from({ length: 50 }, (_, seed) => Buffer.from(printInterface(randomInterface(seededRandom(seed))))),
  ],
  run: (input) => parseOrRefuse(input.toString('utf8')),
};
