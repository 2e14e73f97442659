import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { display, pathOf } from '../../../../../service/formats/tar/byte-string.js';

describe('names', () => {
  test('are passed as bytes and shown as text', () => {
    assert.equal(pathOf('plain'), 'plain');
    assert.deepEqual(pathOf('\xff'), Buffer.of(0xff, 0));
    assert.equal(display(Buffer.from('grün\n').toString('latin1')), 'grün\\n');
    assert.ok(display('x'.repeat(5000)).length < 300);
  });

  test('are cut between characters, never in the middle of one', () => {
    for (const start of ['', 'x', 'xx', 'xxx']) {
      const shown = display(Buffer.from(start + '😀'.repeat(500)).toString('latin1'));
      assert.match(shown, /^x{0,3}(😀)+…(😀)+$/u);
      assert.ok(shown.length < 300);
    }
  });
});
