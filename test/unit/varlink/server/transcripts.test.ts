/** What goes over the wire, byte by byte: the behaviour of sd-varlink 262, as it was measured. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { converse, sampleText, startSample } from './sample.js';

const ECHO = '"method":"org.example.sample.Echo"';
const PING = `{${ECHO},"parameters":{"number":7}}\0`;
const PONG = '{"parameters":{"number":7}}\0';
const SERVICE = 'org.varlink.service';
const EMPTY = '{"parameters":{}}\0';

const invalid = (parameter: string) =>
  `{"error":"${SERVICE}.InvalidParameter","parameters":{"parameter":"${parameter}"}}\0`;
const notFound = (method: string) => `{"error":"${SERVICE}.MethodNotFound","parameters":{"method":"${method}"}}\0`;
const echo = (parameters: string) => `{${ECHO},"parameters":${parameters}}\0`;

test('what is answered', async (t) => {
  const { path } = startSample(t);
  const table: [string, string, string][] = [
    ['no parameters', `{${ECHO}}\0`, EMPTY],
    ['null parameters', `{${ECHO},"parameters":null}\0`, EMPTY],
    ['empty parameters', echo('{}'), EMPTY],
    ['space before and after', ` \n\t{ ${ECHO} } \r\n\0`, EMPTY],
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
    ['a wrong type', echo('{"number":"1"}'), invalid('number')],
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
      `{"error":"${SERVICE}.MethodNotImplemented","parameters":{"method":"org.example.sample.Missing"}}\0`,
    ],
    [
      'an unknown interface to describe',
      `{"method":"${SERVICE}.GetInterfaceDescription","parameters":{"interface":"a.b"}}\0`,
      `{"error":"${SERVICE}.InterfaceNotFound","parameters":{"interface":"a.b"}}\0`,
    ],
    [
      'an interface to describe',
      `{"method":"${SERVICE}.GetInterfaceDescription","parameters":{"interface":"org.example.sample"}}\0`,
      `{"parameters":{"description":${JSON.stringify(sampleText)}}}\0`,
    ],
    [
      'information',
      `{"method":"${SERVICE}.GetInfo"}\0`,
      `{"parameters":{"vendor":"Vendor","product":"Product","version":"1","url":"https://example.org","interfaces":["org.example.sample","${SERVICE}"]}}\0`,
    ],
    [
      'more where it is required',
      '{"method":"org.example.sample.Count","parameters":{"to":3},"more":true}\0',
      '{"parameters":{"number":1},"continues":true}\0{"parameters":{"number":2},"continues":true}\0{"parameters":{"number":3}}\0',
    ],
    [
      'no more where it is required',
      '{"method":"org.example.sample.Count","parameters":{"to":3}}\0',
      `{"error":"${SERVICE}.ExpectedMore","parameters":{}}\0`,
    ],
    [
      'more is missed before parameters are',
      '{"method":"org.example.sample.Count"}\0',
      `{"error":"${SERVICE}.ExpectedMore","parameters":{}}\0`,
    ],
    ['more on a plain method', `{${ECHO},"more":true}\0`, EMPTY],
    ['upgrade on a plain method', `{${ECHO},"upgrade":true}\0${PING}`, `${EMPTY}${PONG}`],
    [
      'an enumeration without items',
      '{"method":"org.example.sample.List"}\0',
      '{"error":"org.example.sample.NoneAtAll","parameters":{}}\0',
    ],
    ['oneway, then a call', `{${ECHO},"oneway":true}\0${PING}`, PONG],
    ['oneway to an unknown method', `{"method":"a.b.C","oneway":true}\0${PING}`, PONG],
    ['oneway with wrong parameters', `{${ECHO},"oneway":true,"parameters":{"x":1}}\0${PING}`, PONG],
    ['oneway to a method that fails', `{"method":"org.example.sample.Break","oneway":true}\0${PING}`, PONG],
    ['calls in one piece', `${PING}${echo('{}')}${PING}`, `${PONG}${EMPTY}${PONG}`],
    [
      'slow calls before fast ones',
      '{"method":"org.example.sample.Wait","parameters":{"turns":50}}\0' +
        `{"method":"org.example.sample.Wait","parameters":{"turns":5}}\0${PING}`,
      `{"parameters":{"turns":50}}\0{"parameters":{"turns":5}}\0${PONG}`,
    ],
    ['an error between', `${PING}{"method":"a.b.C"}\0${PING}`, `${PONG}${notFound('a.b.C')}${PONG}`],
    [
      'a mistake of ours',
      '{"method":"org.example.sample.Break"}\0',
      '{"error":"io.systemd.System","parameters":{"origin":"linux","errnoName":"EIO","errno":5}}\0',
    ],
    [
      'a mistake after the reply',
      `{"method":"org.example.sample.Break","parameters":{"late":true}}\0${PING}`,
      `${EMPTY}${PONG}`,
    ],
    [
      'no answer by mistake',
      `{"method":"org.example.sample.Forget"}\0${PING}`,
      `{"error":"io.systemd.System","parameters":{"origin":"linux","errnoName":"EIO","errno":5}}\0${PONG}`,
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
      assert.equal(await converse(path, sent + PING, true), expected + PONG);
    });
  }
});

test('what closes the connection without a reply', async (t) => {
  const { path, sample } = startSample(t);
  const table: [string, string | Buffer][] = [
    ['parameters that are an array', echo('[]')],
    ['parameters that are a string', echo('"x"')],
    ['more that is null', `{${ECHO},"more":null}\0`],
    ['more that is a number', `{${ECHO},"more":1}\0`],
    ['an unknown key', `{${ECHO},"extra":1}\0`],
    ["a vendor's key", `{${ECHO},"com.example.extra":1}\0`],
    ['duplicate keys', `{${ECHO},${ECHO}}\0`],
    ['duplicate keys further in', echo('{"object":{"a":1,"a":1}}')],
    ['invalid UTF-8', Buffer.from(echo('{"object":{"a":"\xff"}}'), 'latin1')],
    ['NUL in a string', echo('{"object":{"a":"\\u0000"}}')],
    ['an array', '[]\0'],
    ['an empty message', '\0'],
    ['no JSON', 'hello\0'],
    ['incomplete JSON', `{${ECHO}\0`],
    ['more and oneway', `{${ECHO},"more":true,"oneway":true}\0`],
    ['no method', '{"parameters":{}}\0'],
    ['a reply', '{"parameters":{},"continues":false}\0'],
    ['too deep', echo(`{"object":${'['.repeat(2050)}${']'.repeat(2050)}}`)],
  ];
  for (const [name, sent] of table) {
    await t.test(name, async () => {
      const calls = sample.calls.length;
      assert.equal(await converse(path, Buffer.concat([Buffer.from(sent), Buffer.from(PING)]), false), '');
      assert.equal(await converse(path, Buffer.concat([Buffer.from(PING), Buffer.from(sent)]), false), PONG);
      assert.equal(sample.calls.length, calls + 1);
    });
  }
});

test('16 MiB are a message, 17 are not', async (t) => {
  const { path } = startSample(t);
  const sized = (size: number) => echo(`{"object":{"a":"${'x'.repeat(size - 80)}"}}`);
  const answer = await converse(path, sized(16 * 1024 * 1024), true);
  assert.equal(answer.length, sized(16 * 1024 * 1024).length - `${ECHO},`.length);
  assert.equal(await converse(path, sized(17 * 1024 * 1024), false), '');
});
