import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOriginAttribute } from '../../../../../service/formats/metadata/attributes.js';

test('records of where an image came from are known by name', () => {
  for (const name of [
    'user.source_url',
    'user.source_etag',
    'user.source_new',
    'user.crtime_usec',
    'user.ferry.x',
    'trusted.ferry.x',
    'security.ferry.y',
  ])
    assert.ok(isOriginAttribute(name), name);
  for (const name of [
    'user.source',
    'user.crtime_usec2',
    'user.ferryman',
    'user.x.ferry.y',
    'security.capability',
    'trusted.overlay.opaque',
  ])
    assert.ok(!isOriginAttribute(name), name);
});
