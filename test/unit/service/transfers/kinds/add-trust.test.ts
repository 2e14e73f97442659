import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addTrust, checkPattern, entryName } from '../../../../../service/transfers/kinds/add-trust.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { fakeHost } from '../fake-workers.js';

const names: [url: string, name: string][] = [
  ['https://example.org/', 'example.org'],
  ['https://example.org:8443/a/b c/'.replace(' ', '%20'), 'example.org-8443-a-b-c'],
  ['*.example.org', 'example.org'],
  ['file:///srv/images/', 'file-srv-images'],
  ['http://[::1]:80/', '1'],
];
for (const [url, name] of names)
  test(`an entry for ${url} is called ${name}`, () => {
    assert.equal(entryName(undefined, checkPattern(url)), name);
  });

test('a user without a place for configuration can add no entries', async (t) => {
  const host = { ...fakeHost(temporaryDirectory(t).file('run'), {}), scope: 'user' as const };
  const pattern = checkPattern('https://example.org/');
  const request = { pattern, name: 'x', keyring: Buffer.from('k'), minimum: undefined, force: false, dryRun: false };
  await assert.rejects(addTrust(host, request, new AbortController().signal), {
    kind: 'FileSystemError',
    message: 'Cannot store the trust entry: neither $XDG_CONFIG_HOME nor $HOME is an absolute path',
  });
});
