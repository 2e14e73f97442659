import assert from 'node:assert/strict';
import { test } from 'node:test';
import { demandsOfTests, isDemanded, messagesBelow, placesOf, recordedTexts } from '../support/messages.js';

// A message is as good as what a test demands of it: one that no test holds in full can lose a fact unseen. Whoever writes a
// message writes a test with the whole of it.

/** What no test can bring about, and why. */
const exceptions: Readonly<Record<string, string>> = {
  'its L1 table is truncated': 'the file shrank after its size had been checked',
  'The exported file could not be given the times of the image': 'the file was given to somebody else meanwhile',
  'HOME is not set': 'without it no image is found that could be cloned',
  'The server says that … has not changed, but was not asked whether it has; try again later':
    'such an answer is refused before',
  'user namespaces cannot be made': 'without them there is no service that gives them owners',
  'the stream of bytes broke': 'its cause is told instead',
};

const self = 'test/unit/messages.test.ts';

const messages = ['linux', 'common', 'service', 'client'].flatMap(messagesBelow);
const demands = demandsOfTests(self);

test('every message is demanded in full by a test', () => {
  const demanded = [...demands.map(({ whole }) => whole), ...recordedTexts()];
  assert.ok(messages.length > 500, `${messages.length} messages`);
  const missing = messages.filter((message) => !isDemanded(message, demanded));
  assert.deepEqual(
    missing.filter(({ text }) => !(text in exceptions)).map(({ where, text }) => `${where}: ${text}`),
    [],
  );
  const unneeded = Object.keys(exceptions).filter((text) => !missing.some((message) => message.text === text));
  assert.deepEqual(unneeded, [], 'these are no exceptions any more');
});

test('no text of a message stands in full in the tests twice', () => {
  const places = placesOf([...new Set(messages.map(({ text }) => text))], demands);
  const repeated = [...places].filter(([, sources]) => sources.size > 1);
  // Move the text to test/support/texts/, and let these tests take it from there.
  assert.deepEqual(
    repeated.map(([text, sources]) => `'${text}' stands in ${[...sources].sort().join(', ')}`),
    [],
  );
});

const message = { where: 'a.ts:1', text: 'Cannot open …: it needs … bytes, and … are free.' };
const texts: [text: string, isEnough: boolean][] = [
  ["Cannot open '/srv/a': it needs 5 bytes, and 3 are free.", true],
  ['Failed: Cannot open \0: it needs \0 bytes, and \0 are free', true],
  ['Cannot open', false],
  ["Cannot open '/srv/a': it needs 5 bytes", false],
  ['and 3 are free: it needs 5 bytes. Cannot open', false],
  [`Cannot open it. ${'Other words. '.repeat(50)} it needs 5 bytes, and 3 are free.`, false],
];
for (const [text, isEnough] of texts) {
  test(`${JSON.stringify(text.slice(0, 60))} ${isEnough ? 'demands' : 'does not demand'} all of a message`, () => {
    assert.equal(isDemanded(message, [text]), isEnough);
  });
}
