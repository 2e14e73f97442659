import assert from 'node:assert/strict';
import { arch } from 'node:os';
import { test } from 'node:test';
import { type Platform, parsePlatform, printPlatform, suitable } from '../../../../../service/formats/oci/platform.js';

const platforms: [text: string, printed: string][] = [
  ['linux/amd64', 'linux/amd64'],
  ['amd64', 'linux/amd64'],
  ['x86_64', 'linux/amd64'],
  ['aarch64', 'linux/arm64'],
  ['linux/arm64/v8', 'linux/arm64'],
  ['arm', 'linux/arm/v7'],
  ['linux/arm/v6', 'linux/arm/v6'],
  ['linux/arm/6', 'linux/arm/6'.replace('/6', '/v6')],
  ['armhf', 'linux/arm/v7'],
  ['linux/amd64/v3', 'linux/amd64/v3'],
  ['Windows/amd64', 'windows/amd64'],
];
for (const [text, printed] of platforms) {
  test(`The platform ${text} is ${printed}`, () => assert.equal(printPlatform(parsePlatform(text)), printed));
}

for (const text of ['', 'linux/', 'a/b/c/d', 'linux/a b', '/amd64']) {
  test(`'${text}' is not a platform`, () => {
    const message = `Cannot use the platform '${text}': it is not OS/ARCHITECTURE[/VARIANT], such as linux/arm64`;
    assert.throws(() => parsePlatform(text), { message });
  });
}

test('Without a platform it is that of this host, in the words of Go', () => {
  const { os, architecture } = parsePlatform();
  assert.equal(os, 'linux');
  if (arch() === 'x64') assert.equal(architecture, 'amd64');
});

function chosen(offered: readonly (string | undefined)[], wanted: string): (string | undefined)[] {
  const entries = offered.map((text) => ({ text, platform: text === undefined ? undefined : raw(text) }));
  return suitable(entries, parsePlatform(wanted)).map(({ text }) => text);
}

/** As an index has it. */
function raw(text: string): Platform {
  const [os = '', architecture = '', variant] = text.split('/');
  return { os, architecture, variant };
}

const choices: [wanted: string, offered: (string | undefined)[], chosen: (string | undefined)[]][] = [
  ['linux/amd64', ['linux/arm64/v8', 'linux/amd64'], ['linux/amd64']],
  ['linux/arm64', ['linux/arm64/v8', 'linux/amd64'], ['linux/arm64/v8']],
  ['linux/arm/v7', ['linux/arm/v5', 'linux/arm/v7', 'linux/arm/v6'], ['linux/arm/v7', 'linux/arm/v6', 'linux/arm/v5']],
  ['linux/arm/v6', ['linux/arm/v7', 'linux/arm', 'linux/arm/v5'], ['linux/arm/v5', 'linux/arm']],
  ['linux/amd64', ['linux/amd64/v3', 'linux/amd64'], ['linux/amd64']],
  ['linux/amd64/v3', ['linux/amd64', 'linux/amd64/v2', 'linux/amd64/v4'], ['linux/amd64/v2', 'linux/amd64']],
  ['linux/amd64', ['windows/amd64', 'linux/386'], []],
  ['linux/s390x', [undefined, 'linux/amd64', 'linux/s390x'], ['linux/s390x', undefined]],
  ['linux/amd64', ['/amd64', 'linux/'], ['/amd64', 'linux/']],
  ['linux/arm64', ['linux/arm64/v9'], []],
];
for (const [wanted, offered, expected] of choices) {
  test(`For ${wanted}, of ${offered.join(', ')}: ${expected.join(', ')}`, () => {
    assert.deepEqual(chosen(offered, wanted), expected);
  });
}
