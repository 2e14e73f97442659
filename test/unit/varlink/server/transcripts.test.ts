/** What goes over the wire, byte by byte: the behaviour of sd-varlink 262, as it was measured. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { converse, sampleText, startSample } from './sample.js';

const echoInterface = '"method":"org.example.sample.Echo"';
const ping = `{${echoInterface},"parameters":{"number":7}}\0`;
const pong = '{"parameters":{"number":7}}\0';
const serviceInterfaceName = 'org.varlink.service';
const emptyText = '{"parameters":{}}\0';

const invalid = (parameter: string) =>
  `{"error":"${serviceInterfaceName}.InvalidParameter","parameters":{"parameter":"${parameter}"}}\0`;
const notFound = (method: string) =>
  `{"error":"${serviceInterfaceName}.MethodNotFound","parameters":{"method":"${method}"}}\0`;
const echo = (parameters: string) => `{${echoInterface},"parameters":${parameters}}\0`;

test('what is answered', async (t) => {
  const { path } = startSample(t);
  const table: [string, string, string][] = [
    ['no parameters', `{${echoInterface}}\0`, emptyText],
    ['null parameters', `{${echoInterface},"parameters":null}\0`, emptyText],
    ['empty parameters', echo('{}'), emptyText],
    ['space before and after', ` \n\t{ ${echoInterface} } \r\n\0`, emptyText],
    [
      'all kinds',
      echo('{"number":-1,"flag":true,"choice":"two","pair":{"number":1},"object":{"x":[1,{"y":null}]}}'),
      '{"parameters":{"number":-1,"flag":true,"choice":"two","pair":{"number":1},"object":{"x":[1,{"y":null}]}}}\0',
    ],
    [
      'nullable parameters that are null',
      echo('{"number":null,"choice":null}'),
      '{"parameters":{"number":null,"choice":null}}\0',
    ],
    [
      'the largest integer',
      echo('{"number":18446744073709551615}'),
      '{"parameters":{"number":18446744073709551615}}\0',
    ],
    [
      'the smallest integer',
      echo('{"number":-9223372036854775808}'),
      '{"parameters":{"number":-9223372036854775808}}\0',
    ],
    ['an integer beyond', echo('{"number":18446744073709551616}'), invalid('number')],
    ['an unknown parameter', echo('{"extra":1}'), invalid('extra')],
    ['an unknown parameter that is null', echo('{"extra":null}'), invalid('extra')],
    ['a missing parameter', '{"method":"org.example.sample.Need"}\0', invalid('text')],
    [
      'a null parameter that must not be',
      '{"method":"org.example.sample.Need","parameters":{"text":null}}\0',
      invalid('text'),
    ],
    ['an integer as a string', echo('{"number":"-0x10"}'), '{"parameters":{"number":-16}}\0'],
    [
      'an integer with all bits as a string',
      echo('{"number":"18446744073709551615"}'),
      '{"parameters":{"number":18446744073709551615}}\0',
    ],
    ['an integer with an exponent', echo('{"number":1e17}'), '{"parameters":{"number":100000000000000000}}\0'],
    [
      '2^55, which no number of 17 digits is',
      echo('{"number":36028797018963968.0}'),
      '{"parameters":{"number":36028797018963968}}\0',
    ],
    [
      '2^55 in an object',
      echo('{"object":{"x":36028797018963968e0}}'),
      '{"parameters":{"object":{"x":36028797018963968}}}\0',
    ],
    ['an integer further in as a string', echo('{"pair":{"number":"7"}}'), '{"parameters":{"pair":{"number":7}}}\0'],
    ['a number out of range', echo('{"number":1e400}'), invalid('number')],
    ['a number out of range in an object', echo('{"object":{"x":[1e400]}}'), invalid('object')],
    ['a parameter twice', echo('{"number":1,"number":1}'), invalid('number')],
    ['a key twice in an object', echo('{"object":{"a":1,"a":1}}'), invalid('object')],
    ['a wrong type', echo('{"number":"one"}'), invalid('number')],
    ['a wrong value of an enum', echo('{"choice":"three"}'), invalid('choice')],
    ['a number for a bool', echo('{"flag":1.0}'), invalid('flag')],
    ['a fault further in', echo('{"pair":{"number":true}}'), invalid('pair')],
    ['an unknown interface', '{"method":"a.b.C"}\0', notFound('a.b.C')],
    ['an unknown method', '{"method":"org.example.sample.Nope"}\0', notFound('org.example.sample.Nope')],
    ['a method in the wrong case', '{"method":"org.example.sample.echo"}\0', notFound('org.example.sample.echo')],
    ['a method without a dot', '{"method":"Echo"}\0', notFound('Echo')],
    ['an empty method', '{"method":""}\0', notFound('')],
    [
      'a method nobody implements',
      '{"method":"org.example.sample.Missing"}\0',
      `{"error":"${serviceInterfaceName}.MethodNotImplemented","parameters":{"method":"org.example.sample.Missing"}}\0`,
    ],
    [
      'an unknown interface to describe',
      `{"method":"${serviceInterfaceName}.GetInterfaceDescription","parameters":{"interface":"a.b"}}\0`,
      `{"error":"${serviceInterfaceName}.InterfaceNotFound","parameters":{"interface":"a.b"}}\0`,
    ],
    [
      'an interface to describe',
      `{"method":"${serviceInterfaceName}.GetInterfaceDescription","parameters":{"interface":"org.example.sample"}}\0`,
      `{"parameters":{"description":${JSON.stringify(sampleText)}}}\0`,
    ],
    [
      'information',
      `{"method":"${serviceInterfaceName}.GetInfo"}\0`,
      `{"parameters":{"vendor":"Vendor","product":"Product","version":"1","url":"https://example.org","interfaces":["org.example.sample","${serviceInterfaceName}"]}}\0`,
    ],
    [
      'more where it is required',
      '{"method":"org.example.sample.Count","parameters":{"to":3},"more":true}\0',
      '{"parameters":{"number":1},"continues":true}\0{"parameters":{"number":2},"continues":true}\0{"parameters":{"number":3}}\0',
    ],
    [
      'no more where it is required',
      '{"method":"org.example.sample.Count","parameters":{"to":3}}\0',
      `{"error":"${serviceInterfaceName}.ExpectedMore","parameters":{}}\0`,
    ],
    [
      'more is missed before parameters are',
      '{"method":"org.example.sample.Count"}\0',
      `{"error":"${serviceInterfaceName}.ExpectedMore","parameters":{}}\0`,
    ],
    ['more on a plain method', `{${echoInterface},"more":true}\0`, emptyText],
    ['upgrade on a plain method', `{${echoInterface},"upgrade":true}\0${ping}`, `${emptyText}${pong}`],
    [
      'an enumeration without items',
      '{"method":"org.example.sample.List"}\0',
      '{"error":"org.example.sample.NoneAtAll","parameters":{}}\0',
    ],
    ['oneway, then a call', `{${echoInterface},"oneway":true}\0${ping}`, pong],
    ['oneway to an unknown method', `{"method":"a.b.C","oneway":true}\0${ping}`, pong],
    ['oneway with wrong parameters', `{${echoInterface},"oneway":true,"parameters":{"x":1}}\0${ping}`, pong],
    ['oneway to a method that fails', `{"method":"org.example.sample.Break","oneway":true}\0${ping}`, pong],
    ['calls in one piece', `${ping}${echo('{}')}${ping}`, `${pong}${emptyText}${pong}`],
    [
      'slow calls before fast ones',
      '{"method":"org.example.sample.Wait","parameters":{"turns":50}}\0' +
        `{"method":"org.example.sample.Wait","parameters":{"turns":5}}\0${ping}`,
      `{"parameters":{"turns":50}}\0{"parameters":{"turns":5}}\0${pong}`,
    ],
    ['an error between', `${ping}{"method":"a.b.C"}\0${ping}`, `${pong}${notFound('a.b.C')}${pong}`],
    [
      'a mistake of ours',
      '{"method":"org.example.sample.Break"}\0',
      '{"error":"io.systemd.System","parameters":{"origin":"linux","errnoName":"EIO","errno":5}}\0',
    ],
    [
      'a mistake after the reply',
      `{"method":"org.example.sample.Break","parameters":{"late":true}}\0${ping}`,
      `${emptyText}${pong}`,
    ],
    [
      'no answer by mistake',
      `{"method":"org.example.sample.Forget"}\0${ping}`,
      `{"error":"io.systemd.System","parameters":{"origin":"linux","errnoName":"EIO","errno":5}}\0${pong}`,
    ],
    ['a __proto__ key', echo('{"__proto__":1}'), invalid('__proto__')],
    [
      'a deep object',
      echo(`{"object":${'{"a":'.repeat(2030)}{}${'}'.repeat(2030)}}`),
      `{"parameters":{"object":${'{"a":'.repeat(2030)}{}${'}'.repeat(2030)}}}\0`,
    ],
  ];
  for (const [name, sent, expected] of table) {
    await t.test(name, async () => {
      assert.equal(await converse(path, sent, true), expected);
      // The connection goes on after every one of them.
      assert.equal(await converse(path, sent + ping, true), expected + pong);
    });
  }
});

test('what closes the connection without a reply', async (t) => {
  const { path, sample } = startSample(t);
  const table: [string, string | Buffer][] = [
    ['parameters that are an array', echo('[]')],
    ['parameters that are a string', echo('"x"')],
    ['more that is null', `{${echoInterface},"more":null}\0`],
    ['more that is a number', `{${echoInterface},"more":1}\0`],
    ['an unknown key', `{${echoInterface},"extra":1}\0`],
    ["a vendor's key", `{${echoInterface},"com.example.extra":1}\0`],
    ['duplicate keys', `{${echoInterface},${echoInterface}}\0`],
    ['invalid UTF-8', Buffer.from(echo('{"object":{"a":"\xff"}}'), 'latin1')],
    ['NUL in a string', echo('{"object":{"a":"\\u0000"}}')],
    ['an array', '[]\0'],
    ['an empty message', '\0'],
    ['no JSON', 'hello\0'],
    ['incomplete JSON', `{${echoInterface}\0`],
    ['more and oneway', `{${echoInterface},"more":true,"oneway":true}\0`],
    ['more and upgrade', `{${echoInterface},"more":true,"upgrade":true}\0`],
    ['oneway and upgrade', `{${echoInterface},"oneway":true,"upgrade":true}\0`],
    ['DEL that is not escaped', echo('{"object":{"a":"\x7f"}}')],
    ['a noncharacter', echo('{"object":{"a":"\\ufdd0"}}')],
    ['no method', '{"parameters":{}}\0'],
    ['a reply', '{"parameters":{},"continues":false}\0'],
    ['too deep', echo(`{"object":${'['.repeat(2050)}${']'.repeat(2050)}}`)],
  ];
  for (const [name, sent] of table) {
    await t.test(name, async () => {
      const calls = sample.calls.length;
      assert.equal(await converse(path, Buffer.concat([Buffer.from(sent), Buffer.from(ping)]), false), '');
      assert.equal(await converse(path, Buffer.concat([Buffer.from(ping), Buffer.from(sent)]), false), pong);
      assert.equal(sample.calls.length, calls + 1);
    });
  }
});

test('16 MiB are a message, 17 are not', async (t) => {
  const { path } = startSample(t);
  const sized = (size: number) => echo(`{"object":{"a":"${'x'.repeat(size - 80)}"}}`);
  const answer = await converse(path, sized(16 * 1024 * 1024), true);
  assert.equal(answer.length, sized(16 * 1024 * 1024).length - `${echoInterface},`.length);
  assert.equal(await converse(path, sized(17 * 1024 * 1024), false), '');
});
