import {
  type Answer,
  type Case,
  call,
  closed,
  error,
  invalid,
  ok,
  parameters,
  ping,
  replies,
  service,
  varlink,
} from './raw-call.js';
import { ofJson, ofStrings } from './raw-call-json.js';
import { ofIntegers, ofParameters } from './raw-call-values.js';

export interface RawCall {
  readonly name: string;
  readonly bytes: string | Buffer;
  readonly systemd: Answer;
  /** Ferry's answer where it is meant to differ, and why. */
  readonly ferry?: { readonly answer: Answer; readonly because: string };
}

const importInterface = 'io.systemd.Import';
const nothing = replies();
const noMethod = (method: string) => replies(error(`${varlink}.MethodNotFound`, { method }));
const expectedMore = replies(error(`${varlink}.ExpectedMore`));
const noTransfers = replies(error(`${importInterface}.NoTransfers`));
const list = (text: string, flags = ',"more":true') =>
  call(`${importInterface}.ListTransfers`, parameters(text) + flags);
const pull = (text: string, flags = '') => call(`${importInterface}.Pull`, parameters(text) + flags);

const ofMethods: readonly Case[] = [
  ['an unknown interface in a call', call('a.b.C'), noMethod('a.b.C')],
  ['an unknown method', call(`${importInterface}.Nope`), noMethod(`${importInterface}.Nope`)],
  [
    'a method in the wrong case',
    call(`${importInterface}.listTransfers`),
    noMethod(`${importInterface}.listTransfers`),
  ],
  ['a method of another version', call(`${service}.Reload`), noMethod(`${service}.Reload`)],
  ['a method without an interface', call('Ping'), noMethod('Ping')],
  ['an empty method', call(''), noMethod('')],
  ['a dot for a method', call('.'), noMethod('.')],
  ['a method after a dot', call('.Ping'), noMethod('.Ping')],
  ['an interface and a dot', call(`${service}.`), noMethod(`${service}.`)],
  ['two dots', call(`${service}..Ping`), noMethod(`${service}..Ping`)],
  ['a space after a method', call(`${service}.Ping `), noMethod(`${service}.Ping `)],
  ['a method of 5000 characters', call('m'.repeat(5000)), noMethod('m'.repeat(5000))],
  ['a method that is null', '{"method":null}\0', closed],
  ['a method that is a number', '{"method":1}\0', closed],
  ['a method that is an array', `{"method":["${service}.Ping"]}\0`, closed],
  ['a method that is 1e400', '{"method":1e400}\0', closed],
  ['no method', '{"parameters":{}}\0', closed],
  ['an empty object', '{}\0', closed],
  ['a method with escapes', `{"method":"${service}.\\u0050ing"}\0`, ok],
  ['a key with escapes', `{"m\\u0065thod":"${service}.Ping"}\0`, ok],
  ['a key in capitals', `{"Method":"${service}.Ping"}\0`, closed],
  ['an escaped slash', '{"method":"io\\/systemd"}\0', noMethod('io/systemd')],
  ['a method twice', `{"method":"${service}.Ping","method":"${service}.Ping"}\0`, closed],
  ['a method twice, once with escapes', `{"method":"${service}.Ping","m\\u0065thod":"${service}.Ping"}\0`, closed],
];

const falseIsUnset = 'a flag that is false is not set: some libraries send all three';

const ofFlags: readonly Case[] = [
  ...['more', 'oneway', 'upgrade'].flatMap((flag): readonly Case[] => [
    ...['null', '1', '0', '"true"', '[]', '{}', '1e400'].map(
      (text): Case => [`${flag} that is ${text}`, ping(`,"${flag}":${text}`), closed],
    ),
    [`${flag} that is false`, ping(`,"${flag}":false`), ok],
    [`${flag} twice`, ping(`,"${flag}":true,"${flag}":true`), closed],
    [
      `${flag} that is false twice`,
      ping(`,"${flag}":false,"${flag}":false`),
      ok,
      [closed, 'a key that occurs twice may mean two things'],
    ],
  ]),
  ['all flags false', ping(',"more":false,"oneway":false,"upgrade":false'), ok],
  ['more on a method that replies once', ping(',"more":true'), ok],
  ['oneway', ping(',"oneway":true'), nothing],
  ['upgrade on a method that does not take it', ping(',"upgrade":true'), ok],
  ['more and oneway', ping(',"more":true,"oneway":true'), closed],
  ['more and upgrade', ping(',"more":true,"upgrade":true'), closed],
  ['upgrade and more', ping(',"upgrade":true,"more":true'), closed],
  ['oneway and upgrade', ping(',"oneway":true,"upgrade":true'), closed],
  ['upgrade and oneway', ping(',"upgrade":true,"oneway":true'), closed],
  ['more, oneway and upgrade', ping(',"more":true,"oneway":true,"upgrade":true'), closed],
  ['more, and oneway that is false', ping(',"more":true,"oneway":false'), closed, [ok, falseIsUnset]],
  ['more, and upgrade that is false', ping(',"more":true,"upgrade":false'), closed, [ok, falseIsUnset]],
  ['oneway that is false, and more', ping(',"oneway":false,"more":true'), ok],
  ['upgrade that is false, and more', ping(',"upgrade":false,"more":true'), ok],
  ['upgrade, and more that is false', ping(',"more":false,"upgrade":true'), ok],
  ['oneway, and more that is false', ping(',"more":false,"oneway":true'), nothing],
  ['more and upgrade of an unknown method', call('a.b.C', ',"more":true,"upgrade":true'), closed],
  ['upgrade of an unknown method', call('a.b.C', ',"upgrade":true'), noMethod('a.b.C')],
  ['more of an unknown method', call('a.b.C', ',"more":true'), noMethod('a.b.C')],
  ['oneway of an unknown method', call('a.b.C', ',"oneway":true'), nothing],
  ['oneway with an unknown parameter', ping(',"oneway":true,"parameters":{"x":1}'), nothing],
  ['oneway with parameters that are an array', ping(',"oneway":true,"parameters":[]'), closed],
  ['continues in a call', ping(',"continues":true'), closed],
  ['an error in a call', ping(',"error":"a.b.C"'), closed],
  ['an unknown key', ping(',"extra":1'), closed],
  ['an unknown key that is null', ping(',"extra":null'), closed],
  ["a vendor's key", ping(',"com.example.extra":1'), closed],
  ['a key without a name', ping(',"":1'), closed],
];

const nullIsAbsent = 'a nullable parameter that is null is absent, as the interface says';
const remote = '"remote":"nope","type":"raw","class":"machine"';

const ofImport: readonly Case[] = [
  ['a list without more', list('{}', ''), expectedMore],
  ['a list without more and with an unknown parameter', list('{"x":1}', ''), expectedMore],
  ['a list with more that is false', list('{}', ',"more":false'), expectedMore],
  ['a list', list('{}'), noTransfers],
  ['a list of a class', list('{"class":"machine"}'), noTransfers],
  ['a list that is oneway', list('{}', ',"oneway":true'), nothing],
  ['an unknown class', list('{"class":"nope"}'), invalid('class')],
  ['a class in the wrong case', list('{"class":"Machine"}'), invalid('class')],
  ['an empty class', list('{"class":""}'), invalid('class')],
  ['a number for a class', list('{"class":1}'), invalid('class')],
  ['an array for a class', list('{"class":["machine"]}'), invalid('class')],
  ['a class that is null', list('{"class":null}'), invalid('class'), [noTransfers, nullIsAbsent]],
  ['a pull of nothing', pull('{}'), invalid('remote')],
  ['a pull without a type', pull('{"remote":"http://127.0.0.1:1/x"}'), invalid('type')],
  ['a pull of an unknown type', pull('{"remote":"x","type":"iso","class":"machine"}'), invalid('type')],
  ['a pull of an unknown class', pull('{"remote":"x","type":"raw","class":"nope"}'), invalid('class')],
  ['a pull with an unknown way to verify', pull(`{${remote},"verify":"maybe"}`), invalid('verify')],
  ['a pull of what is not a URL', pull(`{${remote}}`), invalid('remote')],
  ['the same with upgrade', pull(`{${remote}}`, ',"upgrade":true'), invalid('remote')],
  ...['1', '0', '1.0', '"true"', '"false"', '"yes"', '"1"', '[]', '{}', '1e400'].map(
    (text): Case => [`${text} for a bool`, pull(`{${remote},"force":${text}}`), invalid('force')],
  ),
  ['a bool that is null', pull(`{${remote},"force":null}`), invalid('force'), [invalid('remote'), nullIsAbsent]],
];

const ofOrder: readonly Case[] = [
  [
    'three calls',
    call('a.b.C') + ping() + call('a.b.D'),
    replies(...noMethod('a.b.C').replies, {}, ...noMethod('a.b.D').replies),
  ],
  ['a oneway call and another one', ping(',"oneway":true') + call('a.b.C'), noMethod('a.b.C')],
  [
    'a call with upgrade and another one',
    ping(',"upgrade":true') + call('a.b.C'),
    replies({}, ...noMethod('a.b.C').replies),
  ],
  ['damage after a call', `${ping()}{\0`, { replies: [{}], isClosed: true }],
];

export const rawCalls: readonly RawCall[] = [
  ...[ofParameters, ofMethods, ofFlags, ofImport, ofIntegers, ofJson, ofStrings, ofOrder],
].flatMap((cases) =>
  cases.map(([name, bytes, systemd, ferry]) => ({
    name,
    bytes,
    systemd,
    ...(ferry && { ferry: { answer: ferry[0], because: ferry[1] } }),
  })),
);

/** A method whose interface says that it requires `upgrade`, as `varlinkctl serve` of systemd 262 makes one. */
export const upgradeMethod = 'org.example.serve.Upper';
const upgradeOf = (rest: string) => call(upgradeMethod, rest);
const expectedUpgrade = replies(error(`${varlink}.ExpectedUpgrade`));

const ofUpgrades: readonly Case[] = [
  ['no upgrade where it is required', upgradeOf(''), expectedUpgrade],
  ['upgrade that is false where it is required', upgradeOf(',"upgrade":false'), expectedUpgrade],
  ['no upgrade and an unknown parameter', upgradeOf(parameters('{"x":1}')), expectedUpgrade],
  ['upgrade and an unknown parameter', upgradeOf(`${parameters('{"x":1}')},"upgrade":true`), invalid('x')],
  ['oneway where upgrade is required', upgradeOf(',"oneway":true'), nothing],
  ['oneway with the upgrade that is required', upgradeOf(',"oneway":true,"upgrade":true'), closed],
  ['more with the upgrade that is required', upgradeOf(',"more":true,"upgrade":true'), closed],
  ['upgrade that is null where it is required', upgradeOf(',"upgrade":null'), closed],
];

export const upgradeCalls: readonly RawCall[] = ofUpgrades.map(([name, bytes, systemd]) => ({ name, bytes, systemd }));
