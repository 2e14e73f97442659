import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { ferryUser, needsProduct } from '../../support/service/ferry-host.js';
import { attachedAsService } from '../../support/texts/images.js';

test('no verb takes an image from under a portable service that is attached from it', async (t) => {
  if (!needsProduct(t)) return;
  await using user = ferryUser(t);
  const images = join(user.home, 'state', 'portables');
  const disk = join(images, 'app.raw');
  mkdirSync(join(user.home, 'tree'));
  writeFileSync(join(user.home, 'first.raw'), 'first');
  writeFileSync(join(user.home, 'second.raw'), 'second');
  const run = async (...parameters: string[]) => {
    const { status, stderr } = await user.ferryctl(parameters);
    return { status, last: stderr.trimEnd().split('\n').at(-1), stderr };
  };
  assert.equal((await run('import-raw', '-P', join(user.home, 'first.raw'), 'app')).status, 0);
  const dropIn = join(user.home, 'home', '.config/systemd/user.attached/app.service.d/20-portable.conf');
  mkdirSync(dirname(dropIn), { recursive: true });
  writeFileSync(dropIn.replace('.d/20-portable.conf', ''), '');
  writeFileSync(dropIn, `# Drop-in created for image '${disk}', do not edit.\n`);
  const reason = `'app' ${attachedAsService('app.service', dropIn)} 'portablectl --user detach app'.`;

  assert.deepEqual((({ status, last }) => [status, last])(await run('remove-image', '-P', 'app')), [
    5,
    `Failed to remove image 'app': ${reason}`,
  ]);
  assert.deepEqual((({ status, last }) => [status, last])(await run('rename-image', '-P', 'app', 'new')), [
    5,
    `Failed to rename image 'app': ${reason}`,
  ]);
  const asTree = await run('import-fs', '-P', '--force', join(user.home, 'tree'), 'app');
  assert.equal(asTree.status, 5);
  assert.ok(asTree.stderr.includes(reason), asTree.stderr);
  assert.deepEqual([readFileSync(disk, 'utf8'), existsSync(join(images, 'app'))], ['first', false]);

  const replaced = await run('import-raw', '-P', '--force', join(user.home, 'second.raw'), 'app');
  assert.equal(replaced.status, 0, replaced.stderr);
  const advice = `${disk} is attached as the portable service app.service, which has the new image after 'portablectl --user reattach app'`;
  assert.ok(replaced.stderr.includes(advice), replaced.stderr);
  assert.equal(readFileSync(disk, 'utf8'), 'second');
  assert.equal((await run('clone-image', '-P', 'app', 'copy')).status, 0);
  assert.equal((await run('read-only-image', '-P', 'app')).status, 0);
});
