import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  attributeFromDisk,
  attributeToDisk,
  foreignFirst,
  fromDisk,
  hasForeignOwners,
  isForeign,
  mapsForeignOwners,
  toDisk,
  useForeignOwners,
} from '../../../../linux/owners/foreign-owners.js';

const own = '         0       1000          1\n';
const range = '2147352576 2147352576      65536\n';

test('the namespace of systemd-nsresourced is known by its map', () => {
  assert.ok(mapsForeignOwners(own + range));
  const others = [
    '         0          0 4294967295\n',
    own,
    range,
    '         0     100000      65536\n',
    `         0     524288      65536\n${range}`,
    `${own}         1     100000      65536\n`,
    `${own}2147352576     100000      65536\n`,
    '',
  ];
  for (const map of others) assert.ok(!mapsForeignOwners(map), map);
});

test('the range has 65536 ids', () => {
  const ids = [0, foreignFirst - 1, foreignFirst, foreignFirst + 65535, foreignFirst + 65536];
  assert.deepEqual(ids.map(isForeign), [false, false, true, true, false]);
});

test('elsewhere owners, lists and capabilities are as they are', () => {
  useForeignOwners();
  assert.ok(!hasForeignOwners());
  assert.deepEqual([toDisk(5), fromDisk(foreignFirst + 5)], [5, foreignFirst + 5]);
  const value = Buffer.from('0200000001000600050000000200060005000000', 'hex');
  for (const name of ['system.posix_acl_access', 'security.capability', 'user.test'])
    assert.deepEqual([attributeToDisk(name, value), attributeFromDisk(name, value)], [value, value]);
});
