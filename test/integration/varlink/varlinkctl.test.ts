/** systemd's varlinkctl against our server. */
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { VarlinkError } from '../../../varlink/error.js';
import { parseInterface } from '../../../varlink/idl/parse.js';
import { printInterface } from '../../../varlink/idl/print.js';
import type { ServerCall } from '../../../varlink/server/call.js';
import { VarlinkServer } from '../../../varlink/server/server.js';
import { readable } from '../../../varlink/text.js';
import { needsPeer } from '../../support/peer/peer.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { waitWhile } from '../../support/wait.js';
import { Sample, sampleText, startSample } from '../../unit/varlink/server/sample.js';
import { runInPeer } from './peer-program.js';

const sampleInterface = 'org.example.sample';

/** Serves the sample, and gives a function that runs varlinkctl with the rest of its parameters. */
function openSample(t: TestContext) {
  const { path, sample, bugs } = startSample(t);
  const varlinkctl = (...parameters: string[]) => runInPeer(['varlinkctl', '--no-pager', ...parameters]);
  const call = async (flags: string[], method: string, parameters: string) =>
    await varlinkctl('--json=short', ...flags, 'call', path, `${sampleInterface}.${method}`, parameters);
  return { path, sample, bugs, varlinkctl, call };
}

test('info', async (t) => {
  if (!needsPeer(t)) return;
  const { varlinkctl, path } = openSample(t);
  const { status, stdout } = await varlinkctl('--json=short', 'info', path);
  assert.equal(status, 0);
  assert.deepEqual(JSON.parse(stdout), {
    vendor: 'Vendor',
    product: 'Product',
    version: '1',
    url: 'https://example.org',
    interfaces: [sampleInterface, 'org.varlink.service'],
  });
});

test('introspect prints our source', async (t) => {
  if (!needsPeer(t)) return;
  const path = temporaryDirectory(t).file('socket');
  const description = printInterface(parseInterface(sampleText));
  const info = { vendor: '', product: '', version: '', url: '' };
  const definition = parseInterface(description);
  const server = new VarlinkServer({ ...info, interfaces: [{ definition, description, handlers: new Sample() }] });
  server.listen({ path });
  t.after(() => server.close());
  const { stdout } = await runInPeer(['varlinkctl', '--no-pager', 'introspect', path, sampleInterface]);
  assert.equal(stdout, description);
  const service = await runInPeer(['varlinkctl', '--no-pager', 'list-methods', path, 'org.varlink.service']);
  assert.equal(service.stdout, 'org.varlink.service.GetInfo\norg.varlink.service.GetInterfaceDescription\n');
});

test('call', async (t) => {
  if (!needsPeer(t)) return;
  const { call, bugs } = openSample(t);
  const parameters =
    '{"number":18446744073709551615,"flag":true,"choice":"two","pair":{"number":-9223372036854775808,"text":"é\\n"}}';
  const echo = await call([], 'Echo', parameters);
  assert.equal(echo.stdout, `${parameters}\n`, echo.stderr);
  const table: [string, string, RegExp][] = [
    ['Echo', '{"extra":1}', /Invalid argument/],
    ['Count', '{"to":1}', /'more' flag/],
    ['List', '{}', /org\.example\.sample\.NoneAtAll/],
    ['Break', '{}', /Input\/output error/],
    ['Missing', '{}', /Inappropriate ioctl/],
    ['Nope', '{}', /No such device or address/],
  ];
  for (const [method, given, expected] of table) {
    const { status, stderr } = await call([], method, given);
    assert.match(stderr, expected);
    assert.equal(status, 1);
  }
  assert.equal(bugs.length, 1);
});

test('whatever text a reply or an error has, varlinkctl reads it', async (t) => {
  if (!needsPeer(t)) return;
  const path = temporaryDirectory(t).file('socket');
  const hostile = [
    ...Array.from({ length: 0xa0 }, (_, code) => String.fromCodePoint(code)),
    ...[
      '\ud83d',
      '\ude00',
      '\ufdd0',
      '\ufdef',
      '\ufffe',
      '\uffff',
      '\u{1fffe}',
      '\u{10ffff}',
      '\ufeff',
      '\u2028',
      '\u202e',
    ],
  ];
  const text = 'interface a.b method Get() -> (texts: []string) method Fail() -> () error Bad (text: string)';
  const handlers = {
    Get: async (call: ServerCall<object, object>) => call.reply({ texts: hostile.map((each) => `a${each}b😀`) }),
    Fail: async () => {
      throw new VarlinkError('a.b.Bad', { text: hostile.join('') });
    },
  };
  const info = { vendor: '', product: '', version: '', url: '' };
  const interfaces = [{ definition: parseInterface(text), description: text, handlers }];
  const server = new VarlinkServer({ ...info, interfaces });
  server.listen({ path });
  t.after(() => server.close());
  const got = await runInPeer(['varlinkctl', '--json=short', 'call', path, 'a.b.Get', '{}']);
  assert.equal(got.status, 0, got.stderr);
  const replaced = hostile.map((each) => `a${readable(each)}b😀`);
  assert.deepEqual(JSON.parse(got.stdout), { texts: replaced });
  assert.equal(replaced.filter((each) => each.includes('\ufffd')).length, 9);
  const failed = await runInPeer(['varlinkctl', '--json=short', 'call', path, 'a.b.Fail', '{}']);
  assert.equal(failed.status, 1);
  assert.match(failed.stderr, /a\.b\.Bad/);
});

test('more, and collect', async (t) => {
  if (!needsPeer(t)) return;
  const { call } = openSample(t);
  const more = await call(['--more'], 'Count', '{"to":3}');
  assert.deepEqual([...more.stdout.matchAll(/\{.*?\}/g)].map(String), ['{"number":1}', '{"number":2}', '{"number":3}']);
  const collected = await call(['--collect'], 'Count', '{"to":3}');
  assert.deepEqual(JSON.parse(collected.stdout), [{ number: 1 }, { number: 2 }, { number: 3 }]);
});

test('oneway', async (t) => {
  if (!needsPeer(t)) return;
  const { call, sample } = openSample(t);
  const { status, stdout } = await call(['--oneway'], 'Echo', '{}');
  assert.equal(status, 0);
  assert.equal(stdout, '');
  await waitWhile(() => sample.calls.length === 0, 5);
});

test('descriptors', async (t) => {
  if (!needsPeer(t)) return;
  const { call } = openSample(t);
  const directory = temporaryDirectory(t);
  for (const name of ['one', 'two']) writeFileSync(directory.file(name), `text ${name}`);
  const flags = ['one', 'two'].map((name) => `--push-fd=${directory.file(name)}`);
  const { stdout, stderr } = await call(flags, 'Read', '{"fileDescriptors":[1,0]}');
  assert.equal(stdout, '{"texts":["text two","text one"]}\n', stderr);
});

test('descriptors from us', async (t) => {
  if (!needsPeer(t)) return;
  const { path } = openSample(t);
  const parameters = ['call', path, `${sampleInterface}.Open`, '{"texts":["first","second"]}'];
  const { stdout, stderr } = await runInPeer([
    'varlinkctl',
    '--exec',
    ...parameters,
    '--',
    'sh',
    '-c',
    'cat <&3; cat <&4',
  ]);
  assert.equal(stdout, 'firstsecond', stderr);
});

test('upgrade', async (t) => {
  if (!needsPeer(t)) return;
  const { path } = openSample(t);
  const bytes = 'raw \0 bytes\n'.repeat(20_000);
  const { stdout, stderr } = await runInPeer(
    ['varlinkctl', '--quiet', '--upgrade', 'call', path, `${sampleInterface}.Shout`, '{}'],
    bytes,
  );
  assert.equal(stdout, bytes.toUpperCase(), stderr);
});

test('a service that varlinkctl starts', async (t) => {
  if (!needsPeer(t)) return;
  const script = temporaryDirectory(t).file('service');
  const service = fileURLToPath(new URL('../../unit/varlink/client/exec-service.js', import.meta.url));
  writeFileSync(script, `#!/bin/sh\nexec /usr/bin/node ${service}\n`);
  chmodSync(script, 0o755);
  const environment = await runInPeer([
    'varlinkctl',
    '--json=short',
    'call',
    `exec:${script}`,
    'org.example.exec.Environment',
    '{}',
  ]);
  assert.equal(environment.stdout, '{"environment":["1","varlink","own"]}\n', environment.stderr);
  const info = await runInPeer(['varlinkctl', 'info', `exec:${script}`]);
  assert.match(info.stdout, /Product: exec/);
});
