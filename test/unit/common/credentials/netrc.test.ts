import assert from 'node:assert/strict';
import test from 'node:test';
import { findLogin } from '../../../../common/credentials/netrc.js';

const rows: [what: string, text: string, host: string, expected: string | undefined][] = [
  ['one line', 'machine h login me password secret\n', 'h', 'me:secret'],
  ['several lines', 'machine h\n\tlogin me\n\tpassword secret\n', 'h', 'me:secret'],
  ['another host', 'machine other login me password secret', 'h', undefined],
  ['a host whose name ends with that', 'machine example.org login me password secret', 'www.example.org', undefined],
  ['a host whose name begins with that', 'machine example.org login me password secret', 'example.org.evil', undefined],
  ['a host that ends with this name', 'machine www.example.org login me password secret', 'example.org', undefined],
  ['the second host', 'machine a login x password y\nmachine h login me password secret', 'h', 'me:secret'],
  ['the first entry of a host', 'machine h login me password one\nmachine h login me password two', 'h', 'me:one'],
  ['default', 'machine a login x password y\ndefault login me password secret', 'h', 'me:secret'],
  ['case of the host', 'machine Example.COM login me password secret', 'example.com', 'me:secret'],
  ['quotes', 'machine h login "my name" password "a \\"b\\""', 'h', 'my name:a "b"'],
  ['comment lines', '# machine h login no password no\nmachine h login me password #secret', 'h', 'me:#secret'],
  ['account', 'machine h login me account acc password secret', 'h', 'me:secret'],
  ['macdef', 'macdef init\nmachine h login no password no\n\nmachine h login me password secret\n', 'h', 'me:secret'],
  ['macdef up to the end', 'machine h login me password secret\nmacdef init\nmachine x\n', 'x', undefined],
  ['no password', 'machine h login me', 'h', 'me:'],
  ['empty', '', 'h', undefined],
  ['cut off', 'machine', 'h', undefined],
];
for (const [what, text, host, expected] of rows) {
  test(`netrc: ${what}`, () => {
    const login = findLogin(text, host);
    assert.equal(login && `${login.user}:${login.password}`, expected);
  });
}
