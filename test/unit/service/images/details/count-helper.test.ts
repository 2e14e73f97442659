import assert from 'node:assert/strict';
import { closeSync, linkSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { duplicate } from '../../../../../linux/sockets.js';
import { CountHelper } from '../../../../../service/images/details/count-helper.js';
import { countTree } from '../../../../../service/images/details/count-tree.js';
import type { Counted } from '../../../../../service/images/details/tree-usage.js';
import { projectFile } from '../../../../support/project.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { waitUntil } from '../../../../support/wait.js';

/** One that waits for its part. */
async function startedHelper(): Promise<CountHelper> {
  const helper = new CountHelper(projectFile('build', 'service', 'processes', 'count-thread.js'));
  helper.start();
  await waitUntil(() => helper.share.isOtherHungry, 60);
  return helper;
}

/** Takes what is given back, and does nothing with it. */
function finish({ share }: CountHelper): void {
  for (let parcel = share.next(); parcel !== undefined; parcel = share.next()) closeSync(parcel.directory);
}

/** A tree of 60 directories on two levels, each with a file of its own and one that all of them have. */
function makeTree(t: TestContext): string {
  const directory = temporaryDirectory(t);
  const shared = directory.file('shared');
  writeFileSync(shared, Buffer.alloc(5000, 1));
  for (let index = 0; index < 60; index++) {
    const place = directory.file('tree', `group-${index % 6}`, `directory-${index}`);
    mkdirSync(place, { recursive: true });
    writeFileSync(`${place}/own`, Buffer.alloc(100 + index, 1));
    linkSync(shared, `${place}/shared`);
  }
  return directory.file('tree');
}

test('two threads count a tree as one does, a file that both have met once, and again and again', async (t) => {
  const tree = makeTree(t);
  const helper = await startedHelper();
  const count = (counter?: CountHelper) => {
    const told: Counted[] = [];
    const root = openSync(tree, 'r');
    const found = countTree(root, ({ files, allocated }) => told.push({ files, allocated }), counter);
    closeSync(root);
    return { found, told };
  };
  const { found: expected } = count();
  assert.equal(expected.files, 1 + 6 + 60 + 60 + 1);
  for (let round = 0; round < 50; round++) {
    await waitUntil(() => helper.share.isOtherHungry, 60);
    const { found, told } = count(helper);
    assert.deepEqual(found, expected);
    // Half of it is somebody else's work, and told of as well.
    assert.ok(told.length > 1);
  }
});

test('what the second thread fails with is what the count fails with', async () => {
  const helper = await startedHelper();
  const { share } = helper;
  const descriptor = openSync('/dev/null', 'r');
  share.begin();
  assert.equal(share.give(duplicate(descriptor), [Buffer.from('nowhere\0'), Buffer.from('else\0')]), 2);
  closeSync(descriptor);
  // Neither is there: that is no failure.
  finish(helper);
  assert.equal(helper.hear()?.files, 0);
  await waitUntil(() => share.isOtherHungry, 60);
  share.begin();
  share.give(-1, [Buffer.from('nowhere\0')]);
  finish(helper);
  assert.throws(() => helper.hear(), { name: 'SystemError', code: 'EBADF' });
});

test('a thread that was given nothing has nothing to tell, and names that there is no room for stay', async () => {
  const helper = await startedHelper();
  helper.share.begin();
  finish(helper);
  assert.equal(helper.hear(), undefined);
  const long = Buffer.from(`${'x'.repeat(250)}\0`);
  const names = Array.from({ length: 1000 }, () => long);
  const place = openSync('/', 'r');
  helper.share.begin();
  assert.equal(helper.share.give(duplicate(place), names), Math.floor((64 * 1024) / long.length));
  closeSync(place);
  finish(helper);
  assert.equal(helper.hear()?.files, 0);
});
