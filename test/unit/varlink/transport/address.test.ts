import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressError, parseAddress } from '../../../../varlink/transport/address.js';

test('addresses', () => {
  const table: [string, object][] = [
    ['unix:/run/x', { kind: 'unix', path: '/run/x' }],
    ['unix:/run/x;mode=0666', { kind: 'unix', path: '/run/x' }],
    ['unix:@name', { kind: 'unix', path: '\0name' }],
    ['/run/a b:c', { kind: 'unix', path: '/run/a b:c' }],
    ['exec:/bin/x', { kind: 'exec', command: ['/bin/x'] }],
    ['exec:/bin/x  a  b', { kind: 'exec', command: ['/bin/x', 'a', 'b'] }],
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
