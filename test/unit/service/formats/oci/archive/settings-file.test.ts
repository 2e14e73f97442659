import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readContainerSettings } from '../../../../../../service/formats/oci/archive/settings-file.js';

const nothing = {
  boot: undefined,
  parameters: undefined,
  environment: [],
  user: undefined,
  workingDirectory: undefined,
  killSignal: undefined,
  ports: [],
};

test('a .nspawn file that says nothing of a container elsewhere', () => {
  for (const text of [
    '',
    '# Exec\n',
    '[Files]\nBind=/srv\n',
    '[Exec]\nPrivateUsers=yes\n',
    'Boot=yes\n',
    '[Network]\nBoot=yes',
  ])
    assert.deepEqual(readContainerSettings(text), nothing, text);
});

test('what a .nspawn file says of how a container is started', () => {
  const text = `; made by hand
[Exec]
Boot = no
Parameters="/usr/bin/my app" 'a "b"' c\\x20d --e="f g" \\
  h
Environment="A=1 2" B=3
Environment=A=4 nonsense
User=web
WorkingDirectory=/srv
KillSignal=SIGUSR1
[Network]
Port=tcp:8080:80
Port=udp:53
Port=443
Port=tcp:8081:80
Port=tcp:no`;
  assert.deepEqual(readContainerSettings(text), {
    boot: false,
    parameters: ['/usr/bin/my app', 'a "b"', 'c d', '--e=f g', 'h'],
    environment: ['A=4', 'B=3'],
    user: 'web',
    workingDirectory: '/srv',
    killSignal: 'SIGUSR1',
    ports: ['443/tcp', '53/udp', '80/tcp'],
  });
});

test('an empty setting takes back those before it', () => {
  const text = '[Exec]\nEnvironment=A=1\nEnvironment=\nEnvironment=B=2\nParameters=x\nParameters=\nBoot=1\n';
  assert.deepEqual(readContainerSettings(text), { ...nothing, boot: true, environment: ['B=2'] });
});

test('escapes are those of C', () => {
  const { parameters } = readContainerSettings('[Exec]\nParameters="a\\tb\\"c\\\\d\\101" e\\sf ""\n');
  assert.deepEqual(parameters, ['a\tb"c\\dA', 'e f', '']);
});
