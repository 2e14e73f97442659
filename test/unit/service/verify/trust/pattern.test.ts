import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readingsOf } from '../../../../../service/verify/trust/location.js';
import { covers, parsePattern } from '../../../../../service/verify/trust/pattern.js';
import { hasOddStar, isNoPattern, namesNoRegistry } from '../../../../support/texts/trust.js';

/** URL= of an entry, a URL that is pulled from, and whether the one covers the other in all of its readings. */
const table: [pattern: string, url: string, isCovered: boolean][] = [
  ['https://example.org/', 'https://example.org/x.raw', true],
  ['https://example.org', 'https://example.org/x.raw', true],
  ['https://example.org/', 'http://example.org/x.raw', false],
  ['http://example.org/', 'https://example.org/x.raw', false],
  ['HTTPS://EXAMPLE.ORG/', 'https://example.org/x.raw', true],
  ['https://example.org/', 'https://EXAMPLE.Org/x.raw', true],
  ['https://example.org/', 'https://example.org./x.raw', true],
  ['https://example.org./', 'https://example.org/x.raw', true],
  ['https://example.org:443/', 'https://example.org/x.raw', true],
  ['https://example.org/', 'https://example.org:443/x.raw', true],
  ['https://example.org/', 'https://example.org:8443/x.raw', false],
  ['https://example.org:8443/', 'https://example.org:8443/x.raw', true],
  ['https://example.org:8443/', 'https://example.org/x.raw', false],
  ['https://example.org/', 'https://user:secret@example.org/x.raw', true],
  ['https://example.org/', 'https://example.org@evil.example/x.raw', false],
  ['https://example.org/', 'https://evil.example/https://example.org/x.raw', false],
  ['https://example.org/', 'https://example.org.evil/x.raw', false],
  ['https://example.org/', 'https://www.example.org/x.raw', false],
  ['https://example.org/', 'https://ex%61mple.org/x.raw', true],
  ['https://xn--bcher-kva.example/', 'https://b%C3%BCcher.example/x.raw', true],
  ['https://bücher.example/', 'https://xn--bcher-kva.example/x.raw', true],
  ['https://127.0.0.1/', 'https://0x7f.1/x.raw', true],
  ['https://[::1]/', 'https://[0:0::1]/x.raw', true],
  ['https://example.org/images/', 'https://example.org/images/x.raw', true],
  ['https://example.org/images', 'https://example.org/images/x.raw', true],
  ['https://example.org/images', 'https://example.org/images', true],
  ['https://example.org/images', 'https://example.org/images-of-others/x.raw', false],
  ['https://example.org/images/', 'https://example.org/Images/x.raw', false],
  ['https://example.org/images/', 'https://example.org/other/../images/x.raw', true],
  ['https://example.org/images/', 'https://example.org/images/../x.raw', false],
  ['https://example.org/images/', 'https://example.org/images/%2e%2E/x.raw', false],
  ['https://example.org/images/', 'https://example.org/im%61ges/x.raw', true],
  ['https://example.org/im%61ges/', 'https://example.org/images/x.raw', true],
  ['https://example.org/a%2Fb/', 'https://example.org/a/b/x.raw', true],
  ['https://example.org/%C3%BC/', 'https://example.org/%c3%bc/x.raw', true],
  ['https://example.org/x.raw', 'https://example.org/x.raw?token=1#part', true],
  ['*.example.org', 'https://a.example.org/x.raw', true],
  ['*.example.org', 'http://a.b.example.org:8080/x.raw', true],
  ['*.example.org', 'https://A.EXAMPLE.ORG./x.raw', true],
  ['*.example.org', 'https://example.org/x.raw', false],
  ['*.example.org', 'https://.example.org/x.raw', false],
  ['*.example.org', 'https://example.org.evil/x.raw', false],
  ['*.example.org', 'https://badexample.org/x.raw', false],
  ['*.example.org', 'https://evil.example/a.example.org', false],
  ['*.example.org:8080', 'https://a.example.org/x.raw', false],
  ['*.example.org:443', 'https://a.example.org/x.raw', true],
  ['*.bücher.example', 'https://a.xn--bcher-kva.example/x.raw', true],
  ['https://*.example.org/images/', 'https://a.example.org/images/x.raw', true],
  ['https://*.example.org/images/', 'https://a.example.org/x.raw', false],
  ['https://*.example.org/images/', 'http://a.example.org/images/x.raw', false],
  ['example.org', 'https://example.org/x.raw', true],
  ['example.org', 'http://example.org:81/x.raw', true],
  ['example.org', 'https://a.example.org/x.raw', false],
  ['example.org', 'file:///example.org', false],
  ['file:///srv/images/', 'file:///srv/images/x.raw', true],
  ['file:///srv/images/', 'file:/srv/images/x.raw', true],
  ['file:///srv/images/', 'file:////srv//images/x.raw', true],
  ['file:///srv/images/', 'file:///srv/images/../x.raw', false],
  ['file:///srv/images/', 'https://example.org/srv/images/x.raw', false],
];

for (const [text, url, isCovered] of table)
  test(`URL=${text} ${isCovered ? 'covers' : 'does not cover'} ${url}`, () => {
    const pattern = parsePattern(text);
    assert.ok(typeof pattern !== 'string', String(pattern));
    const locations = URL.canParse(url) ? readingsOf(url) : [];
    assert.equal(locations.length > 0 && locations.every((location) => covers(pattern, location)), isCovered);
  });

const refused: [text: string, reason: string][] = [
  ['', 'names no host'],
  ['*', hasOddStar],
  ['*.*', hasOddStar],
  ['https://*/', hasOddStar],
  ['mirror*.example.org', hasOddStar],
  ['https://example.org/Fedora-*', hasOddStar],
  ['*.', 'names no host'],
  ['https://', 'names no host'],
  ['https:///images/', 'names no host'],
  ['*.0.0.1', 'has no valid host name'],
  ['https://exa<mple.org/', 'has no valid host name'],
  ['example..org:x', 'has no valid host name'],
  ['docker://debian', namesNoRegistry],
  ['docker://r.example.com/a:1', 'has a tag: entries are for repositories, and for what is below a name'],
  ['example.org/images/', 'has a path, but does not begin with https://, http://, docker:// or file://'],
  ['ftp://example.org/', 'has a path, but does not begin with https://, http://, docker:// or file://'],
  ['file://example.org/images/', 'names a host: prefixes of files have three slashes, as in file:///srv/images/'],
  ['https://user@example.org/', isNoPattern],
  ['https://example.org/?a=b', isNoPattern],
  ['https://example.org/#part', isNoPattern],
  ['"https://example.org/"', isNoPattern],
];

for (const [text, reason] of refused)
  test(`URL=${text} is refused`, () => {
    assert.equal(parsePattern(text), reason);
  });
