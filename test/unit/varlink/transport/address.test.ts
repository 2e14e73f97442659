import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressError, parseAddress } from '../../../../varlink/transport/address.js';

test('addresses', () => {
  const table: [string, object][] = [
    ['unix:/run/x', { kind: 'unix', path: '/run/x' }],
    ['unix:/run/a b', { kind: 'unix', path: '/run/a b' }],
    ['unix:@name', { kind: 'unix', path: '\0name' }],
    ['/run/a b:c;d?e#f', { kind: 'unix', path: '/run/a b:c;d?e#f' }],
    ['exec:/bin/x', { kind: 'exec', path: '/bin/x' }],
    ['exec:/opt/my programs/x  y', { kind: 'exec', path: '/opt/my programs/x  y' }],
    ['ssh:host:/run/x', { kind: 'ssh-unix', host: 'host', what: '/run/x' }],
    ['ssh-unix:user@host:/run/x', { kind: 'ssh-unix', host: 'user@host', what: '/run/x' }],
    ['ssh-exec:[::1]:ferryctl bridge', { kind: 'ssh-exec', host: '::1', what: 'ferryctl bridge' }],
  ];
  for (const [text, address] of table) assert.deepEqual(parseAddress(text), address);
  const hostile = [
    'ssh-exec:-oX:x',
    'ssh-exec:-x@h:x',
    'ssh-exec:h:',
    'ssh-exec:h:-x',
    'ssh-exec:a b:x',
    'ssh:h:x',
    'ssh:h',
  ];
  for (const text of [
    '',
    'x',
    'unix:',
    'unix:x',
    'unix:@',
    'exec:',
    'exec:x',
    'tcp:127.0.0.1:1',
    'http://x/',
    ...hostile,
  ])
    assert.throws(() => parseAddress(text), AddressError, text);
});

test('parameters of an address are refused, as by systemd', () => {
  for (const text of [
    'unix:/run/x;x=1',
    'unix:/run/x?x',
    'unix:/run/x#x',
    'unix:@x;y',
    'exec:/bin/x;y',
    'ssh:host:/run/x;y',
  ])
    assert.throws(() => parseAddress(text), {
      name: 'AddressError',
      message: `${JSON.stringify(text)} is not a Varlink address: parameters after ';', '?' or '#' are not supported`,
    });
});
