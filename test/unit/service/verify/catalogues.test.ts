import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { judge, type Verdict } from '../../../support/catalogues/judge.js';
import { type Layout, layouts, titleOf } from '../../../support/catalogues/layouts.js';
import { publish, schemesOf } from '../../../support/catalogues/publish.js';
import { Publisher } from '../../../support/catalogues/publisher.js';
import { nothing, reasons, type Spoilt, spoilt } from '../../../support/catalogues/spoilt.js';
import { tally } from '../../../support/tally.js';

/*
 * What catalogues publish beside their images, with what may be wrong with it: layout × what is spoilt × verification. Layouts, what is
 * spoilt and what comes of it are data, in test/support/catalogues/.
 */

const image = Buffer.alloc(4096, 1);
let publisher: Publisher;

before(async () => {
  publisher = await Publisher.create();
});

const verifications = ['signature', 'checksum'] as const;
type Asked = (typeof verifications)[number];

/** Small files that a pull may ask for, and how many times it may wait for them, before it passes on the first byte of an image. */
const [requestMax, roundMax] = [24, 2];

/** Layouts that must not become slower for the sake of others. */
const usual = ['Ubuntu cloud images', 'linuxcontainers.org'];

async function attempt(layout: Layout, { conduct, change, changeImage, absent }: Spoilt, verification: Asked) {
  const files = await publish(layout, image, publisher, conduct);
  change?.(files, layout);
  const keyrings = schemesOf(layout).map((scheme) => ({ path: `/keys/${scheme}`, bytes: publisher.keyring(scheme) }));
  const sent = changeImage?.(image) ?? image;
  return judge({ url: layout.url, image: sent, files, absent, verification, keyrings });
}

function checkRequests({ asked, rounds }: Verdict): void {
  assert.ok(asked.length <= requestMax, `asks for ${asked.length} files: ${asked.join(', ')}`);
  assert.ok(rounds <= roundMax, `asks ${rounds} times`);
  assert.equal(new Set(asked).size, asked.length, `asks twice for a file: ${asked.join(', ')}`);
}

function checkOutcome(layout: Layout, each: Spoilt, verification: Asked, { message }: Verdict): void {
  const isVouchedFor = verification === 'signature' ? layout.isSigned : layout.hasChecksum;
  // Where there is no checksum, a signature over the image may do.
  const isOpen = isVouchedFor !== true && verification === 'checksum' && layout.isSigned === true;
  const outcome = isOpen ? 'either' : isVouchedFor === true ? each.outcome(layout)[verification] : 'fails';
  if (outcome === 'passes') assert.equal(message, undefined);
  if (outcome === 'fails') assert.notEqual(message, undefined, 'the image is taken');
  if (message === undefined || isVouchedFor !== true) return;
  const says = each.reasons.some((reason) => reasons[reason].test(publisher.withoutKeys(message)));
  assert.ok(says, `${message}\nsays nothing of: ${each.reasons.join(', ')}`);
}

describe('nothing has to be waited for twice before the first byte of an image is passed on', () => {
  for (const layout of layouts.filter(({ catalogue }) => usual.includes(catalogue))) {
    test(titleOf(layout), async () => {
      const { message, rounds } = await attempt(layout, nothing, 'signature');
      assert.equal(message, undefined);
      assert.equal(rounds, 1);
    });
  }
});

for (const layout of layouts) {
  describe(titleOf(layout), () => {
    for (const each of spoilt) {
      if (each.happensTo?.(layout) === false) continue;
      for (const verification of verifications) {
        test(`${each.what}, --verify=${verification}`, async () => {
          tally('verification cases');
          const verdict = await attempt(layout, each, verification);
          checkRequests(verdict);
          checkOutcome(layout, each, verification, verdict);
        });
      }
    }
  });
}
