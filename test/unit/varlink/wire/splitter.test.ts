import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtocolError } from '../../../../varlink/error.js';
import { MessageSplitter } from '../../../../varlink/wire/splitter.js';

test('messages come out whole, however they are cut', () => {
  const text = 'one\0two\0\0three\0rest';
  for (let size = 1; size <= text.length; size++) {
    const splitter = new MessageSplitter();
    const messages: string[] = [];
    for (let at = 0; at < text.length; at += size)
      messages.push(...splitter.push(Buffer.from(text.slice(at, at + size))).map(String));
    assert.deepEqual(messages, ['one', 'two', '', 'three']);
    assert.equal(splitter.isInside, true);
    assert.equal(String(splitter.rest()), 'rest');
    assert.equal(splitter.isInside, false);
  }
});

test('a message that is too long is refused before it is complete', () => {
  const splitter = new MessageSplitter();
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  for (let count = 0; count < 16; count++) splitter.push(chunk);
  assert.throws(() => splitter.push(chunk), ProtocolError);
});
