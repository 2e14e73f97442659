import assert from 'node:assert/strict';
import { closeSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { VarlinkClient } from '../../../../varlink/client/client.js';
import { ConnectionClosed } from '../../../../varlink/error.js';
import { waitUntil } from '../../../support/wait.js';
import { countDescriptors, openText, readAndClose } from '../transport/descriptors-open.js';
import { callText, converse, startSample } from './sample.js';

test('descriptors come and go, and none stays open', async (t) => {
  const { path, bugs } = startSample(t);
  const client = await VarlinkClient.connect(path);
  await client.callForDescriptors('org.example.sample.Open', { texts: [] });
  const before = countDescriptors();
  for (let round = 0; round < 1000; round++) {
    const descriptors = [openText(`a${round}`), openText(`b${round}`)];
    const { texts } = await client.call<{ texts: string[] }>(
      'org.example.sample.Read',
      { fileDescriptors: [1, 0] },
      { descriptors },
    );
    assert.deepEqual(texts, [`b${round}`, `a${round}`]);
    for (const [index, descriptor] of descriptors.entries()) assert.equal(readAndClose(descriptor), '', `${index}`);
    const opened = await client.callForDescriptors('org.example.sample.Open', { texts: ['c', 'd'] });
    assert.equal(readAndClose(opened.descriptors.take(1) ?? -1), 'd');
    opened.descriptors[Symbol.dispose]();
  }
  assert.equal(countDescriptors(), before);
  assert.deepEqual(bugs, []);
  client.close();
});

test('descriptors that nobody asked for, or that are missing', async (t) => {
  const { path, sample } = startSample(t);
  const client = await VarlinkClient.connect(path);
  await client.callForDescriptors('org.example.sample.Open', { texts: [] });
  const before = countDescriptors();
  const text = openText('text');
  const invalid = { name: 'org.varlink.service.InvalidParameter' };
  const read = (fileDescriptors: number[]) =>
    client.call('org.example.sample.Read', { fileDescriptors }, { descriptors: [text] });
  await client.call('org.example.sample.Echo', {}, { descriptors: [text, text] });
  await client.callOneway('org.example.sample.Echo', {}, { descriptors: [text, text] });
  await assert.rejects(client.call('org.example.sample.List', {}, { descriptors: [text] }));
  await assert.rejects(client.call('org.example.sample.Read', {}, { descriptors: [text] }), invalid);
  await assert.rejects(client.call('a.b.C', {}, { descriptors: [text] }));
  for (const indices of [[1], [-1], [0, 0], [0.5]]) await assert.rejects(read(indices), invalid);
  await client.call('org.example.sample.Open', { texts: ['unwanted'] });
  await client.call('org.example.sample.Echo');
  readAndClose(text);
  assert.equal(countDescriptors(), before);
  assert.equal(sample.calls.length, 3);
  client.close();
});

test('descriptors of a call that takes none are closed at once, not when it ends', async (t) => {
  const { path, sample } = startSample(t);
  const client = await VarlinkClient.connect(path);
  await client.call('org.example.sample.Echo', {}, { descriptors: [0] });
  const before = countDescriptors();
  const call = client.call('org.example.sample.Linger', {}, { descriptors: Array(200).fill(0) });
  await waitUntil(() => sample.lingerBegun === 1 && countDescriptors() === before, 0);
  assert.equal(sample.lingerEnded, 0);
  client.close();
  await assert.rejects(call, ConnectionClosed);
});

test('the process of a peer can be had as a descriptor', async (t) => {
  const { path, sample } = startSample(t);
  await converse(path, callText('Need', { text: '' }), true);
  const [descriptor] = sample.processes;
  // Before Linux 6.5 there is none.
  if (typeof descriptor !== 'number') return assert.equal(descriptor, undefined);
  const information = readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8');
  closeSync(descriptor);
  assert.match(information, new RegExp(`^Pid:\\s+${process.pid}$`, 'm'));
});
