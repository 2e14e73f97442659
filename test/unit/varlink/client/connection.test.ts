import assert from 'node:assert/strict';
import { chmodSync, closeSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { VarlinkClient } from '../../../../varlink/client/client.js';
import { ConnectionClosed } from '../../../../varlink/error.js';
import { AddressError } from '../../../../varlink/transport/address.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { waitWhile } from '../../../support/wait.js';
import { startSample } from '../server/sample.js';
import { countDescriptors, openText, readAndClose } from '../transport/descriptors-open.js';
import { echo, startFake } from './fake-server.js';

test('an upgraded connection, with and without descriptors before', async (t) => {
  const { path } = startSample(t);
  const before = countDescriptors();
  for (const withDescriptors of [false, true]) {
    const client = await VarlinkClient.connect(path);
    if (withDescriptors) await client.callForDescriptors('org.example.sample.Open', { texts: [] });
    const { reply, stream } = await client.callUpgrade('org.example.sample.Shout');
    assert.deepEqual(reply, {});
    await assert.rejects(client.call(echo), ConnectionClosed);
    stream.end('hello\0there');
    let text = '';
    for await (const chunk of stream) text += chunk;
    assert.equal(text, 'HELLO\0THERE');
  }
  await waitWhile(() => countDescriptors() > before, 1);
});

test('what follows the reply to an upgrade in the same piece is not lost', async (t) => {
  const tail = 'raw\0bytes\0\0{"x":1}\0more';
  const { path } = startFake(t, (socket) => socket.end(`{"parameters":{"x":1}}\0${tail}`));
  const client = await VarlinkClient.connect(path);
  const { reply, stream } = await client.callUpgrade('a.b.C');
  assert.deepEqual(reply, { x: 1 });
  let text = '';
  for await (const chunk of stream) text += chunk;
  assert.equal(text, tail);
  const other = await VarlinkClient.connect(path);
  const { descriptor } = await other.callUpgradeToDescriptor('a.b.C');
  assert.equal(readAndClose(descriptor), tail);
});

test('an upgrade that is refused leaves the connection as it was', async (t) => {
  const { path } = startSample(t);
  using client = await VarlinkClient.connect(path);
  await assert.rejects(client.callUpgrade('org.example.sample.List'), { name: 'org.example.sample.NoneAtAll' });
  assert.deepEqual(await client.call(echo, { number: 1 }), { number: 1 });
});

test('addresses that lead nowhere', async (t) => {
  const directory = temporaryDirectory(t);
  await assert.rejects(VarlinkClient.connect('tcp:127.0.0.1:1'), AddressError);
  await assert.rejects(VarlinkClient.connect(`unix:${directory.file('absent')}`), { code: 'ENOENT' });
  await assert.rejects(VarlinkClient.connect(`unix:/${'x'.repeat(200)}`), { code: 'ENAMETOOLONG' });
  await assert.rejects(
    VarlinkClient.connect(directory.file('absent'), { signal: AbortSignal.abort(new Error('no')) }),
    /no/,
  );
});

test('the abstract namespace', async (t) => {
  const { server } = startSample(t);
  const name = `varlink-test-${process.pid}`;
  server.listen({ path: `\0${name}` });
  using client = await VarlinkClient.connect(`unix:@${name}`);
  assert.deepEqual(await client.call(echo, { number: 1 }), { number: 1 });
});

/** A program in a directory with a space in its name. */
function programNamed(t: TestContext, name: string, mode: number): string {
  const directory = temporaryDirectory(t).file('my programs');
  mkdirSync(directory);
  const service = fileURLToPath(new URL('./exec-service.js', import.meta.url));
  writeFileSync(join(directory, name), `#!/bin/sh\nexec '${process.execPath}' '${service}' "$@"\n`);
  chmodSync(join(directory, name), mode);
  return join(directory, name);
}

test('a service that is started for the connection, with spaces in its path', async (t) => {
  const program = programNamed(t, 'a  service', 0o755);
  const before = countDescriptors();
  const text = openText('text');
  {
    using client = await VarlinkClient.connect(`exec:${program}`);
    const { environment } = await client.call<{ environment: string[] }>('org.example.exec.Environment');
    assert.deepEqual(environment, ['1', 'varlink', 'own']);
    const reply = await client.call('org.example.exec.Size', { fileDescriptor: 0 }, { descriptors: [text] });
    assert.deepEqual(reply, { size: 4 });
  }
  closeSync(text);
  await waitWhile(() => countDescriptors() > before, 1);
});

test('a program that cannot be started is named', async (t) => {
  const plain = programNamed(t, 'plain', 0o644);
  const table: [path: string, fault: string, code: string][] = [
    ['/nonexistent/a program', 'does not exist', 'ENOENT'],
    [`${plain}/below`, 'does not exist', 'ENOENT'],
    [plain, 'is not executable', 'EACCES'],
    [dirname(plain), 'is not a file', 'EACCES'],
  ];
  for (const [path, fault, code] of table)
    await assert.rejects(VarlinkClient.connect(`exec:${path}`), { message: `program '${path}' ${fault}`, code });
});
