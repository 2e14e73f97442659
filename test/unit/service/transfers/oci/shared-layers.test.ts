import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SharedLayers } from '../../../../../service/transfers/oci/shared-layers.js';
import { Transfer } from '../../../../../service/transfers/transfer.js';
import { waitingForLayer } from '../../../../support/texts/transfers.js';
import { someSubject } from '../samples.js';

const place = '/images/.oci-sha256:aa';

function running(id: number) {
  const abort = new AbortController();
  return { transfer: new Transfer({ ...someSubject, id }), signal: abort.signal, abort };
}

/** Something that is brought when it is told to be. */
function layer() {
  let isThere = false;
  let count = 0;
  let end: (error?: Error) => void = () => {};
  const bring = () => {
    count += 1;
    return new Promise<void>((resolve, reject) => {
      end = (error) => {
        if (error !== undefined) return reject(error);
        isThere = true;
        resolve();
      };
    });
  };
  return { isThere: () => isThere, bring, end: (error?: Error) => end(error), count: () => count };
}

test('a layer that two pulls need is downloaded once', async () => {
  const shared = new SharedLayers();
  const { isThere, bring, end, count } = layer();
  const [first, second] = [running(1), running(2)];
  const both = [shared.have(place, first, isThere, bring), shared.have(place, second, isThere, bring)];
  assert.equal(count(), 1);
  assert.deepEqual(
    second.transfer.log.map(({ message }) => message),
    [waitingForLayer(1)],
  );
  end();
  await Promise.all(both);
  assert.equal(count(), 1);
  await shared.have(place, running(3), isThere, bring);
  assert.equal(count(), 1);
});

test('when the pull that downloads a layer fails, the one that waits for it downloads it', async () => {
  const shared = new SharedLayers();
  const { isThere, bring, end, count } = layer();
  const first = shared.have(place, running(1), isThere, bring);
  const second = shared.have(place, running(2), isThere, bring);
  end(new Error('cut off'));
  await assert.rejects(first, /cut off/);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(count(), 2);
  end();
  await second;
});

test('a pull that waits for the layer of another one can be cancelled', async () => {
  const shared = new SharedLayers();
  const { isThere, bring, end } = layer();
  const first = shared.have(place, running(1), isThere, bring);
  const waiting = running(2);
  const second = shared.have(place, waiting, isThere, bring);
  waiting.abort.abort(new Error('cancelled'));
  await assert.rejects(second, /^Error: cancelled$/);
  end();
  await first;
});
