import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { authorize, parseCredentials, withheld } from '../../../../../service/http/connection/credentials.js';
import { readCredentials } from '../../../../../service/transfers/kinds/credentials.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { tooManyLinks } from '../../../../support/texts/common.js';
import { headersCannotBeUsed, lineIsNotHeader, othersCanReadIt } from '../../../../support/texts/transfers.js';

/** What a file of headers holds, and the headers in it or the number of the line that is none. */
const texts: [what: string, text: string, parsed: ReturnType<typeof parseCredentials>][] = [
  ['nothing', '', []],
  ['comments and empty lines', '# one\n\n   \n  # two\n', []],
  ['a header', 'h Authorization: Bearer t\n', [{ host: 'h', header: 'Authorization: Bearer t' }]],
  ['a port, tabs, CRLF, no last newline', 'h:8443\tX-Token:t\r', [{ host: 'h:8443', header: 'X-Token: t' }]],
  ['a colon and spaces in the value', 'h A: b: c  d', [{ host: 'h', header: 'A: b: c  d' }]],
  ['a host alone', 'h\n', 1],
  ['a header alone', 'Authorization: Bearer t\n', 1],
  ['no value', 'h Authorization:\n', 1],
  ['a URL for a host', 'https://h/ A: b\n', 1],
  ['a login for a host', 'me@h A: b\n', 1],
  ['a space in a name', 'h My Header: b\n', 1],
  ['a second header in a value', '\nh A: b\rX-Injected: c\n', 2],
  ['a NUL in a value', 'h A: b\0c\n', 1],
  ['bytes beyond ASCII', 'h A: ü\n', 1],
  ['one bad line among good ones', 'h A: b\nh B: c\nh C\nh D: e\n', 3],
];

for (const [what, text, parsed] of texts)
  test(`headers: ${what}`, () => {
    assert.deepEqual(parseCredentials(text), parsed);
  });

/** The host a header is for, the URL that is asked for, and whether it is sent. */
const destinations: [host: string, url: string, sent: boolean, withheldFor: boolean][] = [
  ['example.com', 'https://example.com/x', true, false],
  ['EXAMPLE.com', 'https://example.COM/x', true, false],
  ['example.com:443', 'https://example.com/x', true, false],
  ['example.com', 'https://example.com:8443/x', false, false],
  ['example.com:8443', 'https://example.com:8443/x', true, false],
  ['example.com', 'http://example.com/x', false, true],
  ['example.com', 'https://www.example.com/x', false, false],
  ['example.com', 'https://example.com.evil.example/x', false, false],
  ['example.com', 'https://evil.example/example.com', false, false],
  ['example.com', 'https://example.com@evil.example/x', false, false],
];

for (const [host, url, sent, isWithheld] of destinations)
  test(`a header for ${host} and ${url}`, () => {
    const credentials = [{ host, header: 'X-Token: t' }];
    const headers = authorize(new URL(url), { netrc: '', credentials });
    assert.equal(headers['X-Token'], sent ? 't' : undefined);
    assert.equal(withheld(new URL(url), credentials) !== undefined, isWithheld);
  });

const url = 'https://h/x.raw';

test('the credential of the service manager counts before the file of the configuration', async (t) => {
  await using place = temporaryDirectory(t);
  const [given, own] = [place.file('given'), place.file('config', 'ferry')];
  for (const path of [given, own]) mkdirSync(path, { recursive: true });
  const environment = { CREDENTIALS_DIRECTORY: given, XDG_CONFIG_HOME: place.file('config') };
  const host = { scope: 'user' as const, environment };
  const read = () => readCredentials(host, url);
  assert.deepEqual(read(), []);
  const path = place.file('config', 'ferry', 'headers');
  writeFileSync(path, 'h A: own\n', { mode: 0o600 });
  assert.deepEqual(read(), [{ host: 'h', header: 'A: own' }]);
  const unusable = (file: string, why: string) => ({
    kind: 'DownloadFailed',
    message: `${headersCannotBeUsed(file)}: ${why}`,
  });
  chmodSync(path, 0o640);
  assert.throws(read, unusable(path, othersCanReadIt('0640')));
  const credential = place.file('given', 'ferry.headers');
  writeFileSync(credential, 'h A: given\n', { mode: 0o644 });
  assert.deepEqual(read(), [{ host: 'h', header: 'A: given' }]);
  writeFileSync(credential, '# secret\nh s3cret\n');
  assert.throws(read, unusable(credential, lineIsNotHeader(2)));
});

test('headers that cannot be read are told of', async (t) => {
  await using place = temporaryDirectory(t);
  const environment = { CREDENTIALS_DIRECTORY: place.path };
  const path = place.file('ferry.headers');
  symlinkSync('ferry.headers', path);
  assert.throws(() => readCredentials({ scope: 'system', environment }, url), {
    message: `${path}: ${tooManyLinks} (open: ELOOP)`,
  });
});
