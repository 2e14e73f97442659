import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { run, shell } from '../../support/command.js';
import { compareTrees } from '../../support/images/compare-trees.js';
import { needs } from '../../support/needs.js';
import { treeOf } from '../../support/oci/placed-layers.js';
import { unpackedByUmoci, unpackLayout } from '../../support/oci/umoci.js';
import { temporaryDirectory } from '../../support/temporary.js';

interface Manifest {
  readonly layers: readonly { readonly digest: string; readonly mediaType: string }[];
}

/** The layers of the image `latest` of a layout, as plain tar archives. */
function layersOf(layout: string): Buffer[] {
  const blob = (digest: string) => readFileSync(join(layout, 'blobs', digest.replace(':', '/')));
  const index: { manifests: { digest: string }[] } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8'));
  const { layers }: Manifest = JSON.parse(blob(index.manifests[0]?.digest ?? '').toString());
  return layers.map(({ digest, mediaType }) => (mediaType.endsWith('gzip') ? gunzipSync(blob(digest)) : blob(digest)));
}

/** What changes a tree from one layer to the next. `$1` is the root of the tree. */
const changes = [
  'cd "$1"; mkdir -p etc/d usr/lib var; echo a >etc/a; echo b >etc/b; ln etc/b etc/hard; echo x >etc/d/x; ln -s usr/lib lib; ln -s /etc abs; mkfifo fifo; mknod null c 1 3; chmod 4711 etc/a; setfattr -n user.comment -v text etc/b; setfattr -n user.dir -v text etc/d; chown 12:34 etc/b; chmod 1777 var; cp /bin/true usr/ping; setcap cap_net_raw+ep usr/ping',
  'cd "$1"; rm etc/a; rm -r etc/d; mkdir etc/d; echo new >etc/d/new; rm lib; mkdir lib; echo own >lib/own; rm fifo; mkdir fifo; ln etc/b usr/third; setfattr -x user.comment etc/b',
  'cd "$1"; rm -r usr; ln -s etc usr; rm etc/hard; echo own >etc/hard; touch -d @1000000000 etc/d; chmod 700 etc/d; rm null; mknod null b 7 0; mkdir -p a/b/c/d; echo deep >a/b/c/d/file',
  'cd "$1"; rm -r a lib; rm abs; mv etc etc2; truncate -s 3M etc2/sparse; printf x | dd of=etc2/sparse bs=1 seek=1048576 conv=notrunc status=none',
];

test('layers that umoci has made of changes of a tree make the tree that it unpacks, after each change', async (t) => {
  if (!needs(t, { root: true, programs: ['umoci', 'setfattr', 'setcap'] })) return;
  const { path } = temporaryDirectory(t);
  const layout = `${path}/layout`;
  run('umoci', ['init', '--layout', layout]);
  run('umoci', ['new', '--image', `${layout}:latest`]);
  for (const [index, change] of changes.entries()) {
    const bundle = `${path}/work${index}`;
    run('umoci', ['unpack', '--image', `${layout}:latest`, bundle]);
    shell(change, [`${bundle}/rootfs`]);
    run('umoci', ['repack', '--image', `${layout}:latest`, bundle]);
    const layers = layersOf(layout);
    assert.equal(layers.length, index + 1);
    const expected = unpackLayout(`${path}/expected${index}`, layout);
    assert.deepEqual(compareTrees(expected, treeOf(`${path}/images${index}`, layers), { wholeSeconds: true }), []);
  }
});

test('sparse files, names that are not UTF-8 and odd times come through layers that tar has made', async (t) => {
  if (!needs(t, { root: true, programs: ['umoci', 'tar', 'setfacl'] })) return;
  const { path } = temporaryDirectory(t);
  const source = `${path}/source`;
  mkdirSync(source);
  shell(
    'cd "$1"; mkdir dir; truncate -s 64M dir/sparse; printf data | dd of=dir/sparse bs=1 seek=9000000 conv=notrunc status=none; touch -d "1969-12-31 23:00:00" old; setfacl -m u:77:rwx old; setfacl -d -m g:88:rx dir',
    [source],
  );
  const odd = Buffer.concat([Buffer.from(`${source}/dir/`), Buffer.from([0xff, 0xfe, 0x0a, 0x09, 0x22])]);
  writeFileSync(odd, 'odd');
  const pack = (name: string, ...members: string[]): Buffer => {
    run('tar', ['-S', '--acls', '--xattrs', '--format=posix', '-C', source, '-cf', `${path}/${name}.tar`, ...members]);
    return readFileSync(`${path}/${name}.tar`);
  };
  const lowest = pack('lowest', '.');
  writeFileSync(Buffer.concat([Buffer.from(`${source}/dir/.wh.`), Buffer.from([0xff, 0xfe, 0x0a, 0x09, 0x22])]), '');
  rmSync(odd);
  run('truncate', ['-s', '65M', `${source}/dir/sparse`]);
  const layers = [lowest, pack('upper', './dir')];
  const expected = unpackedByUmoci(`${path}/umoci`, layers);
  const found = treeOf(`${path}/images`, layers);
  const ignoreAttribute = (name: string) => name.startsWith('system.posix_acl');
  assert.deepEqual(compareTrees(expected, found, { wholeSeconds: true, ignoreAttribute }), []);
  // umoci keeps neither holes nor ACLs.
  assert.ok(lstatSync(`${found}/dir/sparse`).blocks * 512 < 1024 * 1024);
  assert.match(run('getfacl', ['-cp', `${found}/old`]), /^user:77:rwx$/m);
  assert.match(run('getfacl', ['-cp', `${found}/dir`]), /^default:group:88:r-x$/m);
});
