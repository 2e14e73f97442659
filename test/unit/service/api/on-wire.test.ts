import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onWire } from '../../../../service/api/on-wire.js';

test('what is undefined is null in a reply, and nothing is left out', () => {
  const reply = onWire({ path: undefined, bytes: 0, fromCache: false, signedBy: '', obstacles: [] });
  assert.equal(JSON.stringify(reply), '{"path":null,"bytes":0,"fromCache":false,"signedBy":"","obstacles":[]}');
});
