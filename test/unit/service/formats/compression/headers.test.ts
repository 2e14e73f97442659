import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as constants from '../../../../../service/formats/compression/headers/constants.js';
import * as structs from '../../../../../service/formats/compression/headers/structs.js';
import { HeaderFacts, needsOfHeaders } from '../../../../support/c-headers.js';
import { needs } from '../../../../support/needs.js';
import { temporaryDirectory } from '../../../../support/temporary.js';

const headers = ['zlib.h', 'bzlib.h', 'lzma.h', 'zstd.h', 'zstd_errors.h', 'lz4frame.h'];

function allFacts(): HeaderFacts {
  const facts = new HeaderFacts();
  for (const [name, value] of Object.entries(constants)) facts.add(name, value);
  for (const [type, struct] of Object.entries(structs)) {
    if (type === 'sizes') for (const [name, size] of Object.entries(struct)) facts.add(`sizeof(${name})`, size);
    else facts.addStruct(type, struct);
  }
  return facts;
}

for (const architecture of ['x64', 'arm64'] as const)
  test(`constants and structs of the compression libraries are those of their C headers on ${architecture}`, (t) => {
    if (!needs(t, needsOfHeaders(architecture, headers))) return;
    const facts = allFacts();
    const { different, missing } = facts.compare(temporaryDirectory(t).path, architecture, headers);
    assert.deepEqual(different, []);
    assert.deepEqual(missing, []);
    assert.ok(facts.count > 60, `${facts.count} facts`);
  });
