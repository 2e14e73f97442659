import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { asTrust } from '../../../service/transfers/kinds/trust.js';
import { readTrustEntries } from '../../../service/transfers/kinds/trust-files.js';
import { chooseEntry } from '../../../service/verify/trust/choose.js';
import { judge } from '../../support/catalogues/judge.js';
import { layouts, titleOf } from '../../support/catalogues/layouts.js';
import { publish, schemesOf } from '../../support/catalogues/publish.js';
import { Publisher } from '../../support/catalogues/publisher.js';
import { projectFile } from '../../support/project.js';

// What the shipped trust entries say of checksum files, held against what their publishers have beside images.

const entries = await readTrustEntries([projectFile('trust')]);
const image = Buffer.alloc(4096, 1);
let publisher: Publisher;

before(async () => {
  publisher = await Publisher.create();
});

for (const layout of layouts.filter(({ isSigned }) => isSigned)) {
  const entry = chooseEntry(entries, layout.url);
  // Keys of other schemes are not shipped.
  if (entry === undefined || !schemesOf(layout).includes('openpgp')) continue;
  test(`${titleOf(layout)}: verified by the entry ${entry.name} in one round, with no more requests than without it`, async () => {
    const files = await publish(layout, image, publisher);
    const keyrings = [{ path: `${entry.name}.asc`, bytes: publisher.keyring('openpgp') }];
    const attempt = { url: layout.url, image, files, verification: 'signature', keyrings } as const;
    const [verdict, without] = [await judge({ ...attempt, trust: asTrust(entry) }), await judge(attempt)];
    assert.equal(verdict.message, undefined);
    assert.equal(verdict.rounds, 1, verdict.asked.join(', '));
    assert.ok(verdict.asked.length <= without.asked.length, verdict.asked.join(', '));
  });
}
