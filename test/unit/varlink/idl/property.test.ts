import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseInterface } from '../../../../varlink/idl/parse.js';
import { printInterface } from '../../../../varlink/idl/print.js';
import { parseOrRefuse } from '../../../fuzz/targets/idl.js';
import { projectFile } from '../../../support/project.js';
import { pick, type Random, seededRandom } from '../../../support/random.js';
import { randomInterface } from './random-interface.js';

const rounds = 2000;

test('what is printed parses to the same definition', () => {
  for (let seed = 0; seed < rounds; seed++) {
    const definition = randomInterface(seededRandom(seed));
    const text = printInterface(definition);
    assert.deepEqual(parseInterface(text), definition, `seed ${seed}:\n${text}`);
  }
});

test('blanks, line ends and comments between tokens change nothing but comments', () => {
  for (let seed = 0; seed < rounds; seed++) {
    const random = seededRandom(seed);
    const definition = randomInterface(random);
    const scattered = scatter(random, printInterface(definition));
    assert.equal(
      withoutComments(parseInterface(scattered)),
      withoutComments(definition),
      `seed ${seed}:\n${scattered}`,
    );
  }
});

/** Puts random blanks and comments where the grammar allows them: around parentheses, commas, colons and arrows. */
function scatter(random: Random, text: string): string {
  const code = text.replaceAll(/#.*/g, '').replaceAll('\n', ' \n ');
  const space = () => pick(random, ['', ' ', '\t', '\r\n', '\n\n', '# comment\n', '\r#(,:\r']);
  return code.replaceAll(/->|[),:]|\((?=\s)|\n/g, (token) => (token === '(' ? '' : space()) + token + space());
}

function withoutComments(definition: object): string {
  const isComment = new Set(['documentation', 'detachedComments', 'closingComments', 'flags']);
  return JSON.stringify(definition, (key, value) => (isComment.has(key) ? undefined : value));
}

test('random bytes are refused with an IdlError or parsed, and never hang', () => {
  const alphabet = Array.from('interfacetypemethoderror AaBb.-_01()[]?:,>#\n\r\t\u2028"\\\0é💿');
  for (let seed = 0; seed < rounds; seed++) {
    const random = seededRandom(seed);
    const length = random(200);
    const text = Array.from({ length }, () => alphabet[random(alphabet.length)]).join('');
    parseOrRefuse(`${pick(random, ['', 'interface a.b ', 'interface a.b type T ', 'interface a.b method M('])}${text}`);
  }
});

test('mutations of a real interface are refused with an IdlError or parsed, printed and parsed again', () => {
  const original = readFileSync(projectFile('interfaces', 'io.systemd.Import.varlink'), 'utf8');
  for (let seed = 0; seed < rounds; seed++) {
    const random = seededRandom(seed);
    let text = original;
    for (let count = 1 + random(3); count > 0; count--) text = mutate(random, text);
    parseOrRefuse(text);
  }
});

function mutate(random: Random, text: string): string {
  const start = random(text.length);
  const end = start + random(20);
  const cut = text.slice(start, end);
  const middle = random(text.length);
  switch (random(4)) {
    case 0:
      return text.slice(0, start) + text.slice(end);
    case 1:
      return text.slice(0, middle) + cut + text.slice(middle);
    case 2:
      return text.slice(0, start) + String.fromCharCode(random(256)) + text.slice(start + 1);
    default:
      return (
        text.slice(0, start) +
        pick(random, ['(', ')', '[]', '?', ',', ':', '->', '#', '\n', '[string]', '\r']) +
        text.slice(start)
      );
  }
}

test('long texts take time in proportion', () => {
  for (const unit of ['(', '[]', '?', '#\n', '# comment ', ' ', 'a', 'a--', 'a.', 'type T (a)\n', '\n', 'a_']) {
    parseOrRefuse(`interface a.b ${unit.repeat(100_000)}`);
    parseOrRefuse(`interface a${unit.repeat(100_000)}`);
    parseOrRefuse(`interface a.b type T (a${unit.repeat(100_000)}!`);
  }
});
