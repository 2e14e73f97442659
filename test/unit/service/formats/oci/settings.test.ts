import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../../../../service/formats/oci/config.js';
import { type NspawnSettings, nspawnSettings } from '../../../../../service/formats/oci/settings.js';
import { readNspawnSettings } from '../../../../support/formats/nspawn-settings.js';
import { seededRandom } from '../../../../support/random.js';

function settingsOf(config: unknown): NspawnSettings {
  return nspawnSettings(parseConfig(Buffer.from(JSON.stringify({ config }))));
}

test('a configuration becomes the settings that systemd would make of it', () => {
  const { text, untranslated } = settingsOf({
    User: 'alice',
    Env: ['PATH=/usr/local/bin:/usr/bin', 'FOO=oci_is_a'],
    Entrypoint: ['/bin/my-app-binary'],
    Cmd: ['--foreground', '--config', '/etc/my-app.d/default.cfg'],
    WorkingDir: '/home/alice',
    StopSignal: 'SIGQUIT',
    Labels: { a: 'b' },
    Hostname: '0123456789ab',
  });
  assert.equal(
    text,
    `# Made from the configuration of an OCI image
[Exec]
Boot=no
KillSignal=QUIT
User=alice
WorkingDirectory=/home/alice
Environment=PATH=/usr/local/bin:/usr/bin
Environment=FOO=oci_is_a
Parameters=/bin/my-app-binary --foreground --config /etc/my-app.d/default.cfg
`,
  );
  assert.deepEqual(untranslated, []);
});

test('a configuration that says nothing becomes settings that say next to nothing', () => {
  for (const config of [null, {}, { User: '', Env: null, Entrypoint: null, Cmd: null, WorkingDir: '', Volumes: null }])
    assert.deepEqual(settingsOf(config), {
      text: '# Made from the configuration of an OCI image\n[Exec]\nBoot=no\nKillSignal=TERM\n',
      untranslated: [],
    });
});

const words = [
  '',
  ' ',
  'two words',
  '\ttab\t',
  "it's",
  'say "hi"',
  `'"'"`,
  '"',
  "'",
  '\\',
  'C:\\dir\\',
  '\\n',
  '\\"',
  '$HOME `id` $(id)',
  '%h %% %',
  '#comment',
  ';',
  '[Exec]',
  'ünïcödé – 漢字 😀',
  '\u001b[31m',
  '=',
  '/bin/sh',
];

test('every word of a command and value of a variable arrives as it was', () => {
  const environment = words.map((word, index) => `V${index}=${word}`);
  const { text, untranslated } = settingsOf({ Env: environment, Entrypoint: ['/bin/x'], Cmd: words });
  const read = readNspawnSettings(text);
  assert.deepEqual(read.words, { Environment: environment, Parameters: ['/bin/x', ...words] });
  assert.deepEqual(untranslated, []);
});

test('words of any characters arrive as they were', () => {
  const random = seededRandom(17);
  const alphabet = ` \t"'\\$%#;=[]ab\u0001é😀`;
  const characters = [...alphabet];
  for (let round = 0; round < 300; round++) {
    const command = Array.from({ length: 1 + random(5) }, () =>
      Array.from({ length: random(12) }, () => characters[random(characters.length)]).join(''),
    );
    assert.deepEqual(readNspawnSettings(settingsOf({ Cmd: command }).text).words.Parameters, command);
  }
});

test('what no settings file can hold is left out and told of', () => {
  const long = 'x'.repeat(128 * 1024);
  const { text, untranslated } = settingsOf({
    Env: ['A=1', 'KEY=-----BEGIN\nxyz', 'CR=a\rb', `LONG=${long}`, 'HOME', '=x', 'A=2'],
    Cmd: ['sh', '-c', 'a\nb'],
    WorkingDir: '/a ',
    StopSignal: 'SIGNOTHING',
    User: 'alice:staff',
    Memory: 2048,
    Healthcheck: { Test: ['CMD', 'true'] },
  });
  const read = readNspawnSettings(text);
  assert.deepEqual(read.words, { Environment: ['A=2'], Parameters: [] });
  assert.deepEqual(read.values, { Boot: 'no', KillSignal: 'TERM', User: 'alice' });
  assert.deepEqual(untranslated, [
    'the stop signal SIGNOTHING',
    'the group staff of the user',
    'the working directory /a ',
    'the environment variable KEY, CR has a line break, which no settings file can hold',
    'the environment variable LONG is longer than 128 KiB, which no program can be given',
    'the environment entry HOME, =x is not NAME=VALUE',
    'a word of the command has a line break, which no settings file can hold',
    'the settings Memory, Healthcheck',
  ]);
});

test('a command that makes too long a line is left out and told of', () => {
  const { text, untranslated } = settingsOf({ Cmd: Array.from({ length: 10 }, () => 'x'.repeat(120_000)) });
  assert.deepEqual(readNspawnSettings(text).words.Parameters, []);
  assert.deepEqual(untranslated, ['the command is longer than 1 MiB, which no settings file can hold']);
});

const users: [user: string, line: string | undefined, told: string[]][] = [
  ['root', undefined, []],
  ['0', undefined, []],
  ['0:0', undefined, []],
  ['root:root', undefined, []],
  ['root:staff', undefined, ['the group staff of the user']],
  ['1000', '1000', []],
  ['1000:1000', '1000', []],
  ['1000:100', '1000', ['the group 100 of the user']],
  ['alice:alice', 'alice', []],
  ['alice:', 'alice', []],
  [':staff', undefined, ['the group staff of the user']],
];
test('users are told by name or number, and other groups than theirs are told of', () => {
  for (const [user, line, told] of users) {
    const { text, untranslated } = settingsOf({ User: user });
    assert.deepEqual([readNspawnSettings(text).values['User'], untranslated], [line, told], user);
  }
});

test('working directories are absolute, and the root is not told', () => {
  const cases = [
    ['/', undefined],
    ['.', undefined],
    ['app', '/app'],
    ['/app/', '/app'],
    ['/a//b/../c', '/a/c'],
    ['/a b/"c"', '/a b/"c"'],
    ['/%h', '/%h'],
  ] as const;
  for (const [directory, line] of cases)
    assert.equal(readNspawnSettings(settingsOf({ WorkingDir: directory }).text).values['WorkingDirectory'], line);
});

test('ports and volumes are told of, and where an administrator can use them', () => {
  const { text, untranslated } = settingsOf({
    ExposedPorts: { '80': {}, '443/tcp': {}, '53/udp': {}, '8000-8010/tcp': {}, '9/sctp': {}, '70000': {} },
    Volumes: { '/data': {}, '/a:b': {}, '/x\ny': {} },
  });
  assert.deepEqual(readNspawnSettings(text).values, { Boot: 'no', KillSignal: 'TERM' });
  assert.equal(
    text.slice(text.indexOf('\n\n')),
    `

# Ports that the image serves. To open them on the host:
#[Network]
#VirtualEthernet=yes
#Port=tcp:80
#Port=tcp:443
#Port=udp:53

# Volumes of the image. To keep their data on the host:
#[Files]
#Bind=/path/on/host:/data
`,
  );
  assert.deepEqual(untranslated, [
    'the ports 80, 70000, 443/tcp, 53/udp, 8000-8010/tcp and 1 more, which stay closed',
    'the volumes /data, /a:b, /x\\ny, whose data stays in the image',
  ]);
});

test('a configuration with very many faults is told of in few words', () => {
  const many = Array.from({ length: 200_000 }, (_, index) => `V${index}=\n`);
  const { untranslated } = settingsOf({ Env: many });
  assert.deepEqual(untranslated, [
    'the environment variable V0, V1, V2, V3, V4 and 199995 more has a line break, which no settings file can hold',
  ]);
});
