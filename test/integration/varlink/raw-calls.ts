/** Calls as bytes, with what systemd-importd 262 answers to them, measured. */

export interface Reply {
  readonly error?: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** The replies, and whether the connection is closed after them. */
export interface Answer {
  readonly replies: readonly Reply[];
  readonly isClosed: boolean;
}

export interface RawCall {
  readonly name: string;
  readonly bytes: string | Buffer;
  readonly systemd: Answer;
  /** Ferry's answer where it is meant to differ, and why. */
  readonly ferry?: { readonly answer: Answer; readonly because: string };
}

const importInterface = 'io.systemd.Import';
const service = 'io.systemd.service';
const varlink = 'org.varlink.service';

const replies = (...all: readonly Reply[]): Answer => ({ replies: all, isClosed: false });
const ok = replies({});
const nothing = replies();
const closed: Answer = { replies: [], isClosed: true };
const error = (name: string, parameters?: Reply['parameters']): Reply => ({
  error: name,
  ...(parameters && { parameters }),
});
const invalid = (parameter: string) => replies(error(`${varlink}.InvalidParameter`, { parameter }));
const noMethod = (method: string) => replies(error(`${varlink}.MethodNotFound`, { method }));
const noInterface = (name: string) => replies(error(`${varlink}.InterfaceNotFound`, { interface: name }));
const expectedMore = replies(error(`${varlink}.ExpectedMore`));
const noTransfers = replies(error(`${importInterface}.NoTransfers`));

/** A call of a method; `rest` are further members of the message. */
const call = (method: string, rest = '') => `{"method":"${method}"${rest}}\0`;
const ping = (rest = '') => call(`${service}.Ping`, rest);
const parameters = (text: string) => `,"parameters":${text}`;
const setLevel = (text: string) => call(`${service}.SetLogLevel`, parameters(`{"level":${text}}`));
const list = (text: string, flags = ',"more":true') =>
  call(`${importInterface}.ListTransfers`, parameters(text) + flags);
const pull = (text: string, flags = '') => call(`${importInterface}.Pull`, parameters(text) + flags);
const describe = (text: string) => call(`${varlink}.GetInterfaceDescription`, parameters(text));

type Case = readonly [name: string, bytes: string | Buffer, systemd: Answer, ferry?: readonly [Answer, string]];

const nested = (depth: number, open = '[', close = ']', inside = '') =>
  ping(parameters(`{"x":${open.repeat(depth)}${inside}${close.repeat(depth)}}`));

const ofParameters: readonly Case[] = [
  ['no parameters', ping(), ok],
  ['null parameters', ping(parameters('null')), ok],
  ['empty parameters', ping(parameters('{}')), ok],
  ['parameters that are an array', ping(parameters('[]')), closed],
  ['parameters that are a string', ping(parameters('"x"')), closed],
  ['parameters that are a number', ping(parameters('1')), closed],
  ['parameters that are false', ping(parameters('false')), closed],
  ['parameters twice', ping(parameters('{}') + parameters('{}')), closed],
  ['an unknown parameter', ping(parameters('{"extra":1}')), invalid('extra')],
  ['an unknown parameter that is null', ping(parameters('{"extra":null}')), invalid('extra')],
  ['a parameter without a name', ping(parameters('{"":1}')), invalid('')],
  ['a parameter __proto__', ping(parameters('{"__proto__":1}')), invalid('__proto__')],
  ['a parameter constructor', ping(parameters('{"constructor":1}')), invalid('constructor')],
  ['an unknown parameter twice', ping(parameters('{"x":6,"x":1}')), invalid('x')],
  ['a key twice in an unknown parameter', ping(parameters('{"x":{"a":6,"a":1}}')), invalid('x')],
  ['GetInfo with a parameter', call(`${varlink}.GetInfo`, parameters('{"x":1}')), invalid('x')],
  ['a missing parameter', describe('{}'), invalid('interface')],
  ['null where there must be a value', describe('{"interface":null}'), invalid('interface')],
  ['a number for a string', describe('{"interface":1}'), invalid('interface')],
  ['an array for a string', describe('{"interface":["a"]}'), invalid('interface')],
  ['an object for a string', describe('{"interface":{}}'), invalid('interface')],
  ['a bool for a string', describe('{"interface":true}'), invalid('interface')],
  ['1e400 for a string', describe('{"interface":1e400}'), invalid('interface')],
  ['two unknown parameters', describe('{"interface":"a.b","x":1,"y":2}'), invalid('x')],
  ['a missing parameter before an unknown one', describe('{"x":1}'), invalid('interface')],
  ['an unknown interface', describe('{"interface":"a.b"}'), noInterface('a.b')],
  ['an empty interface', describe('{"interface":""}'), noInterface('')],
  ['an interface without a dot', describe('{"interface":"a"}'), noInterface('a')],
  [
    'an interface of a megabyte',
    describe(`{"interface":"${'a'.repeat(1024 ** 2)}"}`),
    noInterface('a'.repeat(1024 ** 2)),
  ],
];

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

const levels: readonly (readonly [texts: readonly string[], answer: Answer])[] = [
  [['0', '6', '-0', '-0.0', '7.0', '7e0', '70e-1', '0.7e1', '1e-400', '6.0000000000000000000001'], ok],
  [['"6"', '"06"', '"0006"', '"+6"', '"-0"', '" 6"', '"\\t6"', '"\\n\\r\\f\\u000b6"'], ok],
  [['"0x6"', '"0X6"', '"0b110"', '"0o6"'], ok],
  [['-1', '8', '7.5', '1e3', 'true', 'false', '[]', '[6]', '{}', '1e308', '1e16', '1e19', '1e20'], invalid('level')],
  [
    ['""', '"x"', '"-6"', '"--6"', '"+ 6"', '"6 "', '"6\\n"', '"6.0"', '"6e0"', '"0x"', '"1_0"', '"99"'],
    invalid('level'),
  ],
  [['"010"', '"٦"', '"９"', '"info"'], invalid('level')],
  [['2147483647', '2147483648', '-2147483649', '4294967295', '4294967296'], invalid('level')],
  [['9007199254740993', '36028797018963968', '9223372036854775807', '9223372036854775808'], invalid('level')],
  [['18446744073709551615', '18446744073709551616', '-9223372036854775809'], invalid('level')],
  [['"18446744073709551615"', '"18446744073709551616"', '"-9223372036854775809"'], invalid('level')],
  [['06', '+6', '.6', '6.', '0x6', '6e', '-', 'NaN', 'Infinity', '-Infinity', '"6\\u0000"'], closed],
];

const notANumber = 'what no number can hold is not taken for null';

const ofIntegers: readonly Case[] = [
  ...levels.flatMap(([texts, answer]) => texts.map((text): Case => [`${text} for an int`, setLevel(text), answer])),
  ['1e400 for an int', setLevel('1e400'), ok, [invalid('level'), notANumber]],
  ['-1e400 for an int', setLevel('-1e400'), ok, [invalid('level'), notANumber]],
  ['null for an int', setLevel('null'), ok, [invalid('level'), 'a level that is null is as missing as an absent one']],
  ['a missing int', call(`${service}.SetLogLevel`, parameters('{}')), invalid('level')],
  ['an int twice', call(`${service}.SetLogLevel`, parameters('{"level":6,"level":6}')), invalid('level')],
  [
    'an int twice, once with escapes',
    call(`${service}.SetLogLevel`, parameters('{"level":6,"l\\u0065vel":6}')),
    invalid('level'),
  ],
  ['an int with escapes in its name', call(`${service}.SetLogLevel`, parameters('{"l\\u0065vel":6}')), ok],
  [
    'an int that was set from a string',
    `${setLevel('"0x5"')}${call(`${service}.GetLogLevel`)}`,
    replies({}, { parameters: { level: 5 } }),
  ],
];

const ofJson: readonly Case[] = [
  ['white space', ` \n\t\r{ "method" : "${service}.Ping" } \n\0`, ok],
  ['a form feed', `\f{"method":"${service}.Ping"}\0`, closed],
  ['a byte order mark', `\ufeff{"method":"${service}.Ping"}\0`, closed],
  ['a comma before the end', `{"method":"${service}.Ping",}\0`, closed],
  ['text after the object', `{"method":"${service}.Ping"}x\0`, closed],
  ['two objects', `{"method":"${service}.Ping"}{"method":"${service}.Ping"}\0`, closed],
  ['two lines', `{"method":"${service}.Ping"}\n`.repeat(2).concat('\0'), closed],
  ['single quotes', `{'method':'${service}.Ping'}\0`, closed],
  ['a key without quotes', `{method:"${service}.Ping"}\0`, closed],
  ['a key without a colon', `{"method" "${service}.Ping"}\0`, closed],
  ['a comment', `/* x */{"method":"${service}.Ping"}\0`, closed],
  ['a line with a comment', `// x\n{"method":"${service}.Ping"}\0`, closed],
  ['True', ping(',"more":True'), closed],
  ['an array', '[]\0', closed],
  ['a string', '"x"\0', closed],
  ['a number', '1\0', closed],
  ['null', 'null\0', closed],
  ['an empty message', '\0', closed],
  ['a blank', ' \0', closed],
  ['text', 'hello\0', closed],
  ['half an object', `{"method":"${service}.Ping"\0`, closed],
  ['2046 levels of arrays', nested(2046), invalid('x')],
  ['2047 levels of arrays', nested(2047), closed],
  ['100000 levels of arrays', nested(100_000), closed],
  ['2040 levels of objects', nested(2040, '{"a":', '}', '1'), invalid('x')],
  ['10000 values', ping(parameters(`{"x":[${'1,'.repeat(9999)}1]}`)), invalid('x')],
  [
    '100000 values',
    ping(parameters(`{"x":[${'1,'.repeat(99_999)}1]}`)),
    invalid('x'),
    [closed, 'the values of a call are bounded, so that nobody waits long for its parsing'],
  ],
];

/** Strings that come back in the error. */
const echoed: readonly (readonly [written: string, text: string])[] = [
  ['\\"', '"'],
  ['\\\\', '\\'],
  ['\\/', '/'],
  ['\\b\\f\\n\\r\\t', '\b\f\n\r\t'],
  ['\\u0001', '\u0001'],
  ['\\u001f', '\u001f'],
  ['\\u007f', '\u007f'],
  ['\u0080', '\u0080'],
  ['\\u0085', '\u0085'],
  ['\u009f', '\u009f'],
  ['\u00a0', '\u00a0'],
  ['\u2028', '\u2028'],
  ['\u202e', '\u202e'],
  ['\ue000', '\ue000'],
  ['\ufeff', '\ufeff'],
  ['\ufffd', '\ufffd'],
  ['😀', '😀'],
  ['\\ud83d\\ude00', '😀'],
  ['\\uD83D\\uDE00', '😀'],
  ['e\\u0301', 'e\u0301'],
];

const refusedStrings: readonly (readonly [name: string, written: string])[] = [
  ['a line end', '\n'],
  ['a tab', '\t'],
  ['U+001F', '\u001f'],
  ['DEL', '\u007f'],
  ['NUL, escaped', '\\u0000'],
  ['U+FFFE', '\ufffe'],
  ['U+FFFE, escaped', '\\ufffe'],
  ['U+FFFF', '\uffff'],
  ['U+FFFF, escaped', '\\uffff'],
  ['U+FDD0', '\ufdd0'],
  ['U+FDD0, escaped', '\\ufdd0'],
  ['U+FDEF', '\ufdef'],
  ['U+1FFFE', '\u{1fffe}'],
  ['U+1FFFE, escaped', '\\ud83f\\udffe'],
  ['U+10FFFF', '\u{10ffff}'],
  ['a high surrogate', '\\ud83d'],
  ['a high surrogate before text', '\\ud83dx'],
  ['a low surrogate', '\\ude00'],
  ['two high surrogates', '\\ud83d\\ud83d'],
  ['a pair in the wrong order', '\\ude00\\ud83d'],
  ['\\x41', '\\x41'],
  ['\\v', '\\v'],
  ['\\u12', '\\u12'],
  ['\\U00000041', '\\U00000041'],
  ['an escaped quote at the end', '\\'],
];

const badBytes: readonly (readonly [name: string, bytes: readonly number[]])[] = [
  ['FF', [0xff]],
  ['an overlong slash', [0xc0, 0xaf]],
  ['an overlong NUL', [0xc0, 0x80]],
  ['half a surrogate pair', [0xed, 0xa0, 0xbd]],
  ['what is beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ['a cut character', [0xe2, 0x82]],
  ['a character of five bytes', [0xf8, 0x88, 0x80, 0x80, 0x80]],
  ['a continuation byte', [0x80]],
];

const ofStrings: readonly Case[] = [
  ...echoed.map(
    ([written, text]): Case => [
      `the string ${JSON.stringify(written)}`,
      describe(`{"interface":"${written}"}`),
      noInterface(text),
    ],
  ),
  ...refusedStrings.map(
    ([name, written]): Case => [`a string with ${name}`, describe(`{"interface":"a${written}"}`), closed],
  ),
  ...badBytes.map(
    ([name, bytes]): Case => [
      `a string with ${name}`,
      Buffer.concat([Buffer.from(describe('{"interface":"').slice(0, -2)), Buffer.from(bytes), Buffer.from('"}}\0')]),
      closed,
    ],
  ),
  ['a key with U+FDD0', ping(parameters('{"\ufdd0":1}')), closed],
  ['a key with DEL', ping(parameters('{"\u007f":1}')), closed],
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
