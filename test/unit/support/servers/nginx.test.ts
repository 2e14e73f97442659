import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { needsNginx, nginx } from '../../../support/servers/nginx.js';
import { temporaryDirectory } from '../../../support/temporary.js';

test('nginx serves a directory, parts of files too, and notes who asked', async (t) => {
  if (!needsNginx(t)) return;
  await using directory = temporaryDirectory();
  writeFileSync(directory.file('file'), '0123456789');
  let url: string;
  {
    await using server = await nginx(t, directory.path);
    url = server.url;
    const whole = await fetch(`${url}/file`);
    assert.equal(await whole.text(), '0123456789');
    assert.match(whole.headers.get('etag') ?? '', /^"[0-9a-f-]+"$/);
    const part = await fetch(`${url}/file`, { headers: { range: 'bytes=4-' } });
    assert.equal(part.status, 206);
    assert.equal(await part.text(), '456789');
    assert.equal((await fetch(`${url}/missing`)).status, 404);
    const log = await server.accessLog();
    assert.deepEqual(log.slice(0, 2), ['GET /file 200 10 -', 'GET /file 206 6 bytes=4-']);
    assert.match(log[2] ?? '', /^GET \/missing 404 /);
  }
  await assert.rejects(fetch(`${url}/file`));
});
