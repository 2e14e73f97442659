import assert from 'node:assert/strict';
import { test } from 'node:test';
import { demandedTexts, isDemanded, messagesBelow } from '../support/messages.js';

// A message is as good as what a test demands of it: one that no test holds in full can lose a fact unseen. Whoever writes a
// message writes a test with the whole of it.

/** What no test can bring about, and why. */
const exceptions: Readonly<Record<string, string>> = {
  'its L1 table is truncated': 'the file shrank after its size had been checked',
  'The exported file could not be given the times of the image': 'the file was given to somebody else meanwhile',
  'HOME is not set': 'without it no image is found that could be cloned',
  'which is not meant for signing': 'two keys with the same 64 bits of their fingerprints',
  'The server says that … has not changed, but was not asked whether it has; try again later':
    'such an answer is refused before',
  'the stream of bytes broke': 'its cause is told instead',
};

const self = 'test/unit/messages.test.ts';

test('every message is demanded in full by a test', () => {
  const demanded = demandedTexts(self);
  const messages = ['linux', 'common', 'service', 'client'].flatMap(messagesBelow);
  assert.ok(messages.length > 500, `${messages.length} messages`);
  const missing = messages.filter((message) => !isDemanded(message, demanded));
  assert.deepEqual(
    missing.filter(({ text }) => !(text in exceptions)).map(({ where, text }) => `${where}: ${text}`),
    [],
  );
  const unneeded = Object.keys(exceptions).filter((text) => !missing.some((message) => message.text === text));
  assert.deepEqual(unneeded, [], 'these are no exceptions any more');
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
