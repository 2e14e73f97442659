import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Session } from '../../../../client/session.js';
import { openSource } from '../../../../client/transfer/import-source.js';

test('of a name that is not valid UTF-8 it is said how to import the file all the same', async () => {
  await assert.rejects(openSource({} as Session, '/nowhere/b\ufffd.tar', 'tar'), /redirect standard input from it/);
});
