import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { temporaryDirectory } from '../../support/temporary.js';
import { waitFor, waitUntil, waitWhile } from '../../support/wait.js';

test('what is looked at need not be there yet, or any more', async (t) => {
  const directory = temporaryDirectory(t);
  let asked = 0;
  const comes = () => {
    asked += 1;
    if (asked === 3) writeFileSync(directory.file('late'), 'here');
  };
  await waitUntil(() => {
    comes();
    return readFileSync(directory.file('late'), 'utf8') === 'here';
  }, 1);
  assert.equal(asked, 3);
  await waitWhile(() => {
    asked += 1;
    return asked < 6 && readdirSync(directory.file('late', 'below')).length > 0;
  }, 1);
  assert.equal(asked, 6);
  const status = await waitFor(() => readFileSync(`/proc/${asked++ < 9 ? 'none' : process.pid}/stat`, 'utf8'), 1);
  assert.match(status, new RegExp(`^${process.pid} `));
});

test('any other error of a condition ends the waiting', async (t) => {
  const directory = temporaryDirectory(t);
  for (const wait of [waitUntil, waitWhile])
    await assert.rejects(
      wait(() => readFileSync(directory.path).length > 0),
      { code: 'EISDIR' },
    );
});
