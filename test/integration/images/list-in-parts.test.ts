import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Image, ImageClient } from '../../../interfaces/generated/io.ferry.Image.generated.js';
import { VarlinkClient } from '../../../varlink/index.js';
import { type FerryHost, ferryHost } from '../../support/service/ferry-host.js';
import { needsService } from '../../support/service/stage.js';

const withoutSpares = { FERRY_SPARE_PROCESSES: 'no' };
const count = 600;

async function hostWithImages(t: Parameters<typeof ferryHost>[0]): Promise<FerryHost> {
  const host = await ferryHost(t, { environment: withoutSpares });
  for (let index = 0; index < count; index++) writeFileSync(join(host.imageRoot, `image-${index}.raw`), '');
  return host;
}

test('a long list comes in several replies with more, in one without, and both say the same', async (t) => {
  if (!needsService(t)) return;
  await using host = await hostWithImages(t);
  using client = await VarlinkClient.connect(`unix:${host.socket}`);
  const images = new ImageClient(client);
  const whole = await images.list({ class: 'machine', imageRoot: host.imageRoot });
  const parts: (readonly Image[])[] = [];
  for await (const reply of images.listMore({ class: 'machine', imageRoot: host.imageRoot })) parts.push(reply.images);
  assert.equal(whole.images.length, count);
  assert.deepEqual(parts.flat(), whole.images);
  assert.deepEqual(
    parts.map(({ length }) => length),
    [256, 256, 88],
  );
});

test('list-images lists what comes in several replies, sorted and chosen as a whole', async (t) => {
  if (!needsService(t)) return;
  await using host = await hostWithImages(t);
  const listed = async (...options: string[]): Promise<string[]> => {
    const { stdout, stderr, status } = await host.ferryctl(['list-images', '--columns=name', ...options]);
    assert.deepEqual({ stderr, status }, { stderr: '', status: 0 });
    return stdout.split('\n');
  };
  const names = Array.from({ length: count }, (_, index) => `image-${index}`).sort();
  assert.deepEqual(await listed('--no-legend'), [...names, '']);
  assert.deepEqual(await listed('--no-legend', '--sort=-name'), [...names.toReversed(), '']);
  assert.deepEqual(await listed('--no-legend', '--filter=name=image-5?', '--json=short'), [
    JSON.stringify(names.filter((name) => /^image-5.$/.test(name)).map((name) => ({ name }))),
    '',
  ]);
  assert.deepEqual((await listed()).slice(-3), ['', `${count} images listed.`, '']);
});

test('a list without images is one reply with more, too', async (t) => {
  if (!needsService(t)) return;
  await using host = await ferryHost(t, { environment: withoutSpares });
  using client = await VarlinkClient.connect(`unix:${host.socket}`);
  const replies: unknown[] = [];
  for await (const reply of new ImageClient(client).listMore({ imageRoot: host.imageRoot })) replies.push(reply);
  assert.deepEqual(replies, [{ images: [] }]);
});
