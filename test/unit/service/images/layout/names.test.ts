import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  validateBelongings,
  validateFileName,
  validateImageName,
  validateNewName,
} from '../../../../../service/images/layout/names.js';
import {
  reservedForCache,
  reservedForLayers,
  reservedForSysupdate,
  standsForHost,
} from '../../../../support/texts/common.js';
import { cannotBeImageNameBecause } from '../../../../support/texts/images.js';

test('a file name has to fit into a directory', () => {
  assert.equal(validateFileName('a'.repeat(255), 'a'), 'a'.repeat(255));
  assert.throws(() => validateFileName(`${'a'.repeat(252)}.raw`, 'a'), {
    kind: 'InvalidName',
    message: "'a' cannot be the name of this image: its file name would be longer than 255 bytes. Give a shorter one",
  });
});

test('a name is refused before it is used when what belongs to the image could not have it', () => {
  const name = 'n'.repeat(248);
  validateBelongings(name, ['.nspawn']);
  validateBelongings(`${name}nnnnnnn`, []);
  const message = `'${name}n' cannot be the name of this image: its '.nspawn' file would have a name longer than 255 bytes. Give a shorter one`;
  assert.throws(() => validateBelongings(`${name}n`, ['.nspawn']), { kind: 'InvalidName', message });
  assert.equal(validateNewName('n'.repeat(255), 'machine', 'n'.repeat(255)).length, 255);
  assert.equal(validateNewName('n'.repeat(251), 'machine', `${'n'.repeat(251)}.raw`).length, 251);
  assert.throws(() => validateNewName('n'.repeat(252), 'machine', `${'n'.repeat(252)}.raw`), { kind: 'InvalidName' });
});

const reserved: [
  name: string,
  imageClass: 'machine' | 'portable' | 'sysext' | 'confext',
  fileName: string,
  reason: string | null,
][] = [
  ['.host', 'machine', '.host', standsForHost],
  ['.host', 'sysext', '.host.raw', standsForHost],
  ['.raw-x', 'machine', '.raw-x.raw', reservedForCache],
  ['.tar-x', 'portable', '.tar-x', reservedForCache],
  ['.oci-x', 'machine', '.oci-x', reservedForLayers],
  ['.sysupdate.x', 'machine', '.sysupdate.x', reservedForSysupdate],
  ['x.v', 'machine', 'x.v', "trees whose names end in '.v' or '.mstack' are collections"],
  ['x.mstack', 'machine', 'x.mstack', "trees whose names end in '.v' or '.mstack' are collections"],
  ['x.sysext', 'sysext', 'x.sysext', "images of class sysext are listed without '.sysext'"],
  ['x.confext', 'confext', 'x.confext.raw', "images of class confext are listed without '.confext'"],
  ['x.v', 'machine', 'x.v.raw', null],
  ['x.sysext', 'confext', 'x.sysext', null],
  ['.raw', 'machine', '.raw', null],
  ['.hidden', 'machine', '.hidden', null],
];

test('no image gets a name under which clean would remove it, or nothing would find it again', () => {
  for (const [name, imageClass, fileName, reason] of reserved) {
    if (reason === null) assert.equal(validateNewName(name, imageClass, fileName), name);
    else {
      const message = `'${name}' ${cannotBeImageNameBecause(reason)}`;
      assert.throws(() => validateNewName(name, imageClass, fileName), { kind: 'InvalidName', message });
    }
    // What has such a name all the same can be listed, exported and removed.
    assert.equal(validateImageName(name), name);
  }
});
