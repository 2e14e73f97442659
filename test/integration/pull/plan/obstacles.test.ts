import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { PullParameters } from '../../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { like, re } from '../../../support/like.js';
import { errorOf } from '../../../support/service/calls.js';
import { needsService, setStage } from '../../../support/service/stage.js';
import { cannotMakeDisk, diskWithPartitions, notTarOrCpio } from '../../../support/texts/formats.js';
import { disk, onStage, open, type Scene, serveDisk } from './plan-scene.js';

const hindered: [
  what: string,
  prepare: (scene: Scene) => string,
  changes: Partial<PullParameters>,
  obstacles: RegExp[],
][] = [
  [
    'a name that is taken',
    (scene) => {
      mkdirSync(join(scene.host.imageRoot, 'x'));
      return serveDisk(scene);
    },
    {},
    [/^ImageExists: The image 'x' exists already/],
  ],
  [
    'a checksum that is nowhere',
    ({ web }) => web.serve('/other.raw', disk),
    { verify: 'checksum' },
    [/^VerificationFailed: .*looked for other\.raw\.sha256, SHA256SUMS, CHECKSUM/],
  ],
  [
    'no signature, and no keyring to trust',
    serveDisk,
    { verify: 'signature' },
    [/^VerificationFailed: .*SHA256SUMS is not signed/],
  ],
  [
    'a sidecar that nobody vouches for',
    (scene) => {
      scene.web.serve('/disk.nspawn', '[Exec]\n');
      return serveDisk(scene);
    },
    { verify: 'checksum' },
    [/^VerificationFailed: .*disk\.nspawn/],
  ],
  [
    'a compression that Ferry does not read',
    ({ web }) => web.serve('/disk.raw.lz', Buffer.concat([Buffer.from('LZIP\x01'), disk])),
    {},
    [/^UnsupportedFormat: .*lzip/],
  ],
  [
    'a disk format that Ferry does not read',
    ({ web }) => web.serve('/disk.vmdk', Buffer.concat([Buffer.from('KDMV'), disk])),
    {},
    [like`^UnsupportedFormat: ${cannotMakeDisk(re(/http:.*/))} a VMDK disk image; `],
  ],
  [
    'an archive that is a web page',
    ({ web }) => web.serve('/tree.tar', '<!DOCTYPE html><html></html>'),
    { format: 'tar' },
    [like`^UnsupportedFormat: Cannot unpack the archive: it is a web page, ${notTarOrCpio}; `],
  ],
  [
    'an archive that is a disk',
    ({ web }) =>
      web.serve('/tree.tar', Buffer.concat([Buffer.alloc(512), Buffer.from('EFI PART'), Buffer.alloc(8192)])),
    { format: 'tar' },
    [like`^UnsupportedFormat: Cannot unpack the archive: it is ${diskWithPartitions}`],
  ],
  [
    'an image directory that is a file',
    (scene) => {
      rmSync(scene.host.imageRoot, { recursive: true });
      writeFileSync(scene.host.imageRoot, '');
      return serveDisk(scene);
    },
    {},
    [/^FileSystemError: \/\S+: it is not a directory; images are kept in directories$/],
  ],
];
test('what stands in the way of a pull:', async (t) => {
  if (!needsService(t)) return;
  const stage = await setStage(t);
  for (const [what, prepare, changes, obstacles] of hindered) {
    await t.test(what, async (t) => {
      const scene = await onStage(t, stage);
      const url = prepare(scene);
      const plan = await scene.plan(url, changes);
      const found = plan.obstacles.map(({ error, message }) => `${error}: ${message}`);
      assert.equal(found.length, obstacles.length, found.join('\n'));
      for (const [index, expected] of obstacles.entries()) assert.match(found[index] ?? '', expected);
      // The pull itself says the same.
      const error = await errorOf(scene.client.call('io.ferry.Transfer.Pull', { ...scene.pull(url, 'x'), ...changes }));
      assert.equal(error.name, `io.ferry.Transfer.${plan.obstacles[0]?.error}`);
    });
  }
});

test('where nothing can be said the plan is an error, as the pull would be', async (t) => {
  if (!needsService(t)) return;
  const scene = await open(t);
  const rows: [url: string, changes: Partial<PullParameters>, error: string][] = [
    [scene.web.url('/missing.raw'), {}, 'io.ferry.Transfer.DownloadFailed'],
    ['http://127.0.0.1:1/x.raw', {}, 'io.ferry.Transfer.DownloadFailed'],
    ['ftp://127.0.0.1/x.raw', {}, 'io.ferry.Transfer.InvalidUrl'],
    [scene.web.serve('/broken.raw', disk, { status: 403 }), {}, 'io.ferry.Transfer.DownloadFailed'],
    [serveDisk(scene), { name: '.#x' }, 'io.ferry.Transfer.InvalidName'],
    [serveDisk(scene), { imageRoot: 'relative' }, 'org.varlink.service.InvalidParameter'],
    ['file:///no/such/file.raw', {}, 'io.ferry.Transfer.DownloadFailed'],
  ];
  for (const [url, changes, name] of rows) assert.equal((await errorOf(scene.plan(url, changes))).name, name, url);
});
