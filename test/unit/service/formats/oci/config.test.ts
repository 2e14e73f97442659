import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../../../common/failure.js';
import { parseConfig } from '../../../../../service/formats/oci/config.js';

function parse(config: unknown, rest: Record<string, unknown> = {}) {
  return parseConfig(Buffer.from(JSON.stringify({ ...rest, config })));
}

test('what an image says of how it is run is read', () => {
  const config = {
    User: '1000:100',
    Env: ['A=1'],
    Entrypoint: ['/init'],
    Cmd: 'one word',
    WorkingDir: '/w',
    StopSignal: 9,
    ExposedPorts: { '80/tcp': {} },
    Volumes: { '/data': {} },
    Memory: 0,
    CpuShares: 2,
    Healthcheck: { Test: ['NONE'] },
  };
  assert.deepEqual(parse(config, { os: 'linux', architecture: 'arm', variant: 'v7', rootfs: { type: 'layers' } }), {
    os: 'linux',
    architecture: 'arm',
    variant: 'v7',
    user: '1000',
    group: '100',
    environment: ['A=1'],
    entrypoint: ['/init'],
    command: ['one word'],
    workingDirectory: '/w',
    stopSignal: '9',
    exposedPorts: ['80/tcp'],
    volumes: ['/data'],
    furtherSettings: ['CpuShares'],
  });
});

const hostile: [what: string, bytes: string | Buffer, problem: string][] = [
  ['nothing', '', 'it is not JSON in UTF-8'],
  ['no JSON', '{', 'it is not JSON in UTF-8'],
  ['no UTF-8', Buffer.from('7b22ff223a317d', 'hex'), 'it is not JSON in UTF-8'],
  ['a deep nest', '['.repeat(1_000_000), 'it is not JSON in UTF-8'],
  ['a list', '[]', 'it is not a JSON object'],
  ['null', 'null', 'it is not a JSON object'],
  ['a list inside', '{"config":[]}', "its 'config' is not a JSON object"],
  ['another root file system', '{"rootfs":{"type":"x"}}', "its root file system is not of type 'layers'"],
  ['a number for a user', '{"config":{"User":0}}', 'User is not a string'],
  ['a user with a line break', '{"config":{"User":"a\\nBoot=yes"}}', "User 'a\\nBoot=yes' is not a user"],
  ['a user with a blank', '{"config":{"User":"a b"}}', "User 'a b' is not a user"],
  ['a user with two groups', '{"config":{"User":"a:b:c"}}', "User 'a:b:c' is not a user"],
  ['an object for variables', '{"config":{"Env":{"A":"1"}}}', 'Env is not a list of strings'],
  ['a number as a variable', '{"config":{"Env":[1]}}', 'an entry of Env is not a string'],
  ['a NUL in a command', '{"config":{"Cmd":["a\\u0000b"]}}', 'an entry of Cmd has characters that no text may have'],
  ['half a character', '{"config":{"Env":["A=\\ud800"]}}', 'an entry of Env has characters that no text may have'],
  ['a list of volumes', '{"config":{"Volumes":["/a"]}}', 'Volumes is not a JSON object'],
  [
    'a NUL in a volume',
    '{"config":{"Volumes":{"/\\u0000":{}}}}',
    'a key of Volumes has characters that no text may have',
  ],
  ['5 MiB', Buffer.alloc(5 << 20, 0x20), 'it has 5242880 bytes, and at most 4194304 are read'],
];
for (const [what, bytes, problem] of hostile) {
  test(`a configuration that is or has ${what} is refused`, () => {
    assert.throws(
      () => parseConfig(Buffer.from(bytes)),
      (error) => {
        assert.ok(error instanceof Failure && error.kind === 'Corrupt');
        assert.equal(error.message, `Cannot use the configuration of the image: ${problem}; tell its publisher`);
        return true;
      },
    );
  });
}
