import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImageDetails, Provenance } from '../../../../client/connect/contract.js';
import { detailFields } from '../../../../client/show/fields.js';
import { renderFields } from '../../../../client/terminal/fields.js';
import { bySignatureOf } from '../../../support/texts/client.js';

const hour = 3_600_000_000;

const details: ImageDetails = {
  image: { class: 'machine', name: 'x', type: 'directory', path: '/x', readOnly: false },
  size: { bytes: 1, bytesOnDisk: 4096, files: 2, unreadable: 0, countedAt: hour, state: 'counted' },
  sidecars: [],
  releaseFile: '/etc/os-release',
  release: [],
  state: 'idle',
  startCommands: [],
  provenanceState: 'none',
  changed: 'unknown',
};

const provenance: Provenance = {
  url: 'https://example.com/x.tar.xz',
  etag: '"1"',
  lastModified: hour,
  sha256: 'ab'.repeat(32),
  sha512: 'cd'.repeat(64),
  bytes: 2048,
  verification: 'signature',
  signedBy: 'EF'.repeat(20),
  verifiedAt: hour,
  placedAt: 2 * hour,
  version: '0.2.0',
  pristine: '/var/lib/machines/.tar-x',
  operation: 'clone',
  clonedFrom: 'first',
  uid: 0,
};

function shown(changes: Partial<ImageDetails>): Map<string, string | undefined> {
  const fields = detailFields({ ...details, ...changes }, () => 'UTC');
  return new Map(fields.filter(({ text }) => text !== undefined).map(({ name, text }) => [name, text]));
}

test('what was found in a disk is told, with only what is known', () => {
  const nothing = { label: null, uuid: null, architecture: null, verity: null };
  const inspection = {
    uses: ['BootableContainer', 'PortableService'],
    architecture: 'x86-64',
    hostname: 'inside',
    machineId: 'ab'.repeat(16),
    partitions: [
      {
        ...nothing,
        designator: 'root',
        fileSystem: 'ext4',
        label: 'my root',
        architecture: 'x86-64',
        verity: 'signed',
      },
      { ...nothing, designator: 'esp', fileSystem: null, verity: 'no' },
    ],
  };
  const release = ['PRETTY_NAME=Inside 1'];
  const disk = { releaseFile: null, release, inspection };
  const fields = detailFields({ ...details, ...disk }, () => 'UTC');
  const texts = fields.map(({ name, text }) => `${name}: ${text}`);
  assert.deepEqual(texts.slice(6, 13), [
    'System: Inside 1',
    'Architecture: x86-64',
    'Hostname: inside',
    `Machine ID: ${'ab'.repeat(16)}`,
    'Use As: BootableContainer, PortableService',
    "Partition: root ext4 x86-64 'my root' verity signed",
    'Partition: esp',
  ]);
  assert.equal(shown({ ...disk, release: ['FOO=1'] }).get('System'), 'its release file does not say');
  const bare = { uses: [], architecture: null, hostname: null, machineId: null, partitions: [] };
  for (const name of ['Architecture', 'Hostname', 'Machine ID', 'Use As', 'Partition'])
    assert.equal(shown({ inspection: bare }).has(name), false, name);
});

test('where an image came from is told whole, with how it was verified', () => {
  const fields = shown({ provenance, provenanceState: 'known', changed: 'no' });
  const expected: Record<string, string> = {
    Source: 'https://example.com/x.tar.xz',
    ETag: '"1"',
    Published: 'Thu 1970-01-01 01:00:00 UTC',
    Download: '2K (2048 bytes)',
    'SHA-256': 'ab'.repeat(32),
    'SHA-512': 'cd'.repeat(64),
    Verified: `${bySignatureOf('EF'.repeat(20))} on Thu 1970-01-01 01:00:00 UTC`,
    Placed: 'cloned on Thu 1970-01-01 02:00:00 UTC by Ferry 0.2.0',
    'Clone Of': 'first',
    Pristine: '/var/lib/machines/.tar-x',
    'Changed Since': 'no',
  };
  for (const [name, text] of Object.entries(expected)) assert.equal(fields.get(name), text, name);
  assert.equal(fields.has('Origin'), false);
});

test('digests are never cut, however narrow the terminal is', () => {
  const fields = detailFields({ ...details, provenance, provenanceState: 'known' }, () => 'UTC');
  const text = renderFields(fields, { colours: 'off', links: false, width: undefined });
  assert.match(text, new RegExp(`^ *SHA-512: ${'cd'.repeat(64)}$`, 'm'));
});

test('how an image was verified is told for each way', () => {
  const verified = (changes: Partial<Provenance>) =>
    shown({ provenance: { ...provenance, ...changes }, provenanceState: 'known' }).get('Verified');
  const time = ' on Thu 1970-01-01 01:00:00 UTC';
  assert.equal(verified({ verification: 'no' }), 'no');
  assert.equal(verified({ verification: 'checksum' }), `by checksum${time}`);
  for (const url of ['docker://r.example/a:1', 'oci://a'])
    assert.equal(verified({ verification: 'checksum', url, verifiedAt: null }), 'by the digests in its manifest');
  assert.equal(verified({ verification: 'digest', verifiedAt: null }), 'by digest');
  assert.equal(verified({ signedBy: null }), `by signature${time}`);
  assert.equal(verified({ verification: null }), undefined);
});

test('a record that cannot be believed is told of by what is wrong with it', () => {
  const origin = (provenanceState: ImageDetails['provenanceState']) => shown({ provenanceState }).get('Origin');
  assert.equal(origin('none'), 'not recorded');
  assert.equal(origin('forged'), 'not known: the record was changed or written by something other than Ferry');
  assert.equal(origin('unreadable'), 'not known: the record cannot be read, or a newer Ferry wrote it');
  assert.equal(origin('unchecked'), 'not known: the key of the record is gone');
  const copied = shown({ provenance, provenanceState: 'copied', changed: 'unknown' });
  assert.equal(copied.get('Origin'), 'recorded for another image, of which this is a copy');
  assert.deepEqual([copied.get('Source'), copied.has('Changed Since')], [provenance.url, false]);
});

test('a system without a name for people has its identifiers, and one that is not known the reason', () => {
  const system = (changes: Partial<ImageDetails>) => shown(changes).get('System');
  assert.equal(system({ release: ['ID=a', 'VERSION_ID=1', 'SYSEXT_LEVEL=2'] }), 'a 1 2');
  assert.equal(system({}), '/etc/os-release does not say');
  assert.equal(system({ releaseFile: null, releaseProblem: 'why' }), 'not known: why');
  assert.equal(system({ releaseFile: null }), 'not known');
});

test('what uses an image is named', () => {
  assert.equal(shown({ state: 'attached', stateOf: 'x.service' }).get('State'), 'attached as x.service');
  assert.equal(shown({ state: 'running', stateOf: 'y' }).get('State'), 'running as y');
  assert.equal(shown({ state: 'merged' }).get('State'), 'merged');
});
