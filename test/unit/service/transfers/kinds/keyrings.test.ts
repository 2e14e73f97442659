import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { readKeyrings } from '../../../../../service/transfers/kinds/keyrings.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { fakeHost } from '../fake-workers.js';

test('a keyring of the host that cannot be read is a failure that names it, unless the caller gives one', async (t) => {
  const directory = temporaryDirectory(t);
  const path = directory.file('keyring.pgp');
  mkdirSync(path);
  const host = fakeHost(directory.file('run'), {});
  host.environment['SYSTEMD_OPENPGP_KEYRING'] = path;
  await assert.rejects(readKeyrings(host, []), {
    kind: 'FileSystemError',
    facts: { path, errorName: 'EISDIR' },
    message: `Cannot read the keyring ${path}: it is a directory (EISDIR); change that, or give a keyring with --keyring=`,
  });
  assert.deepEqual(await readKeyrings(host, [Buffer.from('x')]), [{ path: 'of --keyring=', base64: 'eA==' }]);
});
