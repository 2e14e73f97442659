import assert from 'node:assert/strict';
import { test } from 'node:test';
import { destination, readConfiguration, remoteCommand } from '../../../../client/connect/host.js';
import { parseHost, parseMachine } from '../../../../client/connect/places.js';
import { notHostForOption } from '../../../support/texts/client.js';

const hosts: [text: string, destination: string[], command: string][] = [
  ['host', ['--', 'host'], 'ferryctl bridge'],
  ['user@host', ['-l', 'user', '--', 'host'], 'ferryctl bridge'],
  ['host:22', ['-p', '22', '--', 'host'], 'ferryctl bridge'],
  [
    'user@host.example:2222/container',
    ['-p', '2222', '-l', 'user', '--', 'host.example'],
    'ferryctl --machine=container bridge',
  ],
  ['[::1]', ['--', '::1'], 'ferryctl bridge'],
  ['u@[fe80::1%eth0]:22/c', ['-p', '22', '-l', 'u', '--', 'fe80::1%eth0'], 'ferryctl --machine=c bridge'],
  ['alias_of_config', ['--', 'alias_of_config'], 'ferryctl bridge'],
  ['h/a-b.c_d', ['--', 'h'], 'ferryctl --machine=a-b.c_d bridge'],
];

for (const [text, words, command] of hosts) {
  test(`${text} is a host`, () => {
    const name = parseHost(text);
    assert.equal(name.text, text);
    assert.deepEqual(destination(name), words);
    assert.equal(remoteCommand(name, undefined), command);
  });
}

test('the scope is passed on', () => {
  assert.equal(remoteCommand(parseHost('h/c'), 'user'), 'ferryctl --machine=c --user bridge');
  assert.equal(remoteCommand(parseHost('h'), 'system'), 'ferryctl --system bridge');
});

const hostile = [
  '',
  '-oProxyCommand=x',
  '-oProxyCommand=touch$IFS/tmp/x',
  '--',
  '-',
  '-p22',
  'a b',
  'host;x',
  'host&x',
  'host|x',
  'host\nx',
  'host\n',
  '\nhost',
  'host\0',
  'host`x`',
  'user@-x',
  '-user@host',
  'us er@host',
  'user;x@host',
  '$(x)@host',
  'a@b@c',
  'host:0',
  'host:99999',
  'host:65536',
  'host:',
  'host:22x',
  'host:-1',
  'host: 22',
  '$(x)',
  '$HOME',
  "host'x'",
  'host"x"',
  'host*',
  '~',
  'host/',
  'h/-c',
  'h/--user',
  'h/c;x',
  'h/c d',
  "h/c'",
  'h/$(x)',
  'h/../x',
  'h/.host',
  'h/c/d',
  'h/c\n',
  `h/${'c'.repeat(65)}`,
  '@host',
  '::1',
  '[::1',
  '::1]',
  '[]',
  '[-oProxyCommand=x]',
  '[::1;x]',
  '[::1%eth0;x]',
  '[host]',
  'hóst',
  'host\u202e',
];

for (const text of hostile) {
  test(`${JSON.stringify(text)} is no host`, () => {
    const message = `'${text}' ${notHostForOption}`;
    assert.throws(() => parseHost(text), { name: 'UserError', message });
  });
}

const machines: [text: string, user: string | undefined, machine: string][] = [
  ['foo', undefined, 'foo'],
  ['user@foo', 'user', 'foo'],
  ['.host', undefined, '.host'],
  ['user@.host', 'user', '.host'],
  ['lennart@', 'lennart', '.host'],
  ['Debian-12.x_64', undefined, 'Debian-12.x_64'],
];

for (const [text, user, machine] of machines) {
  test(`${text} is a container`, () => assert.deepEqual(parseMachine(text), { text, user, machine }));
}

for (const text of [
  '',
  '-x',
  'a/b',
  '../x',
  '..',
  '.',
  '.hosts',
  'a b',
  'a\n',
  'x'.repeat(65),
  'a;b',
  'u@-c',
  '-u@c',
  '@c',
  'a@b@c',
]) {
  test(`${JSON.stringify(text)} is no container`, () => {
    const message = `'${text}' is not a container for --machine=: expected [USER@]CONTAINER.`;
    assert.throws(() => parseMachine(text), { name: 'UserError', message });
  });
}

test("ssh's configuration is read by key", () => {
  const read = readConfiguration('user root\nserveraliveinterval 0\ncontrolpath /run/a b/%C\nodd\n');
  assert.deepEqual(
    [...read],
    [
      ['user', 'root'],
      ['serveraliveinterval', '0'],
      ['controlpath', '/run/a b/%C'],
    ],
  );
});
