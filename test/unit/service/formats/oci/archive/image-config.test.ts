import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ConfigSources,
  imageConfig,
  readGivenConfig,
} from '../../../../../../service/formats/oci/archive/image-config.js';
import { readContainerSettings } from '../../../../../../service/formats/oci/archive/settings-file.js';

const digest = 'ab'.repeat(32);
const rootfs = { type: 'layers', diff_ids: [`sha256:${digest}`] };
const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const programs = { init: '/sbin/init', shell: '/bin/sh', architecture: 'arm64' };

function configOf(parts: Partial<Omit<ConfigSources, 'settings'>> & { settings?: string }): unknown {
  const { settings = '', ...rest } = parts;
  const sources = { given: undefined, programs, release: [], ...rest, settings: readContainerSettings(settings) };
  return JSON.parse(imageConfig(sources, digest).toString());
}

test('a configuration that the image came with is kept, but for what its layers were', () => {
  const given = {
    created: '2026-01-02T03:04:05Z',
    author: 'somebody',
    architecture: 'riscv64',
    os: 'linux',
    variant: 'v1',
    config: { Cmd: ['/bin/app'], Labels: { a: 'b' } },
    rootfs: { type: 'layers', diff_ids: ['sha256:00', 'sha256:11'] },
    history: [{ created_by: 'something' }],
    moby: 'x',
  };
  const { rootfs: _rootfs, history: _history, moby: _moby, ...kept } = given;
  assert.deepEqual(configOf({ given, settings: '[Exec]\nUser=web\n' }), { ...kept, rootfs });
  assert.deepEqual(configOf({ given: { config: {} } }), { architecture: 'arm64', os: 'linux', config: {}, rootfs });
});

const made: [what: string, parts: Parameters<typeof configOf>[0], config: object][] = [
  ['an init system', {}, { Env: [path], Cmd: ['/sbin/init'], StopSignal: 'SIGRTMIN+3' }],
  ['a shell', { programs: { ...programs, init: undefined } }, { Env: [path], Cmd: ['/bin/sh'] }],
  ['nothing to start', { programs: { ...programs, init: undefined, shell: undefined } }, { Env: [path] }],
  ['an init system that is not booted', { settings: '[Exec]\nBoot=no\n' }, { Env: [path], Cmd: ['/bin/sh'] }],
  [
    'parameters of the init system',
    { settings: '[Exec]\nBoot=yes\nParameters=--unit=rescue.target\n' },
    { Env: [path], Cmd: ['/sbin/init', '--unit=rescue.target'], StopSignal: 'SIGRTMIN+3' },
  ],
  [
    'all settings',
    {
      settings:
        '[Exec]\nParameters=/app -v\nEnvironment=PATH=/bin A=b\nUser=web\nWorkingDirectory=/srv\nKillSignal=SIGINT\n[Network]\nPort=80\n',
    },
    {
      User: 'web',
      ExposedPorts: { '80/tcp': {} },
      Env: ['PATH=/bin', 'A=b'],
      Cmd: ['/app', '-v'],
      WorkingDir: '/srv',
      StopSignal: 'SIGINT',
    },
  ],
  [
    'os-release',
    {
      programs: { ...programs, init: undefined },
      release: ['ID=small', 'PRETTY_NAME=Small = Linux', 'VERSION_ID=13', 'HOME_URL=https://example.org/'],
    },
    {
      Env: [path],
      Cmd: ['/bin/sh'],
      Labels: {
        'org.opencontainers.image.title': 'Small = Linux',
        'org.opencontainers.image.url': 'https://example.org/',
        'org.opencontainers.image.version': '13',
      },
    },
  ],
];
for (const [what, parts, config] of made) {
  test(`a configuration is made of ${what}`, () => {
    assert.deepEqual(configOf(parts), { architecture: 'arm64', os: 'linux', config, rootfs });
  });
}

test('what is not a configuration is not taken for one', () => {
  for (const text of ['', '[]', 'null', '{', '{"config":[]}', '{"config":"x"}', '"x"'])
    assert.equal(readGivenConfig(text), undefined, text);
  assert.deepEqual(readGivenConfig('{"config":null}'), { config: null });
});
