import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageJson, imageRow } from '../../../../client/commands/list-images.js';
import { transferColumns, transferRow } from '../../../../client/commands/list-transfers.js';
import type { Image, Transfer } from '../../../../client/connect/contract.js';
import { imageColumns, rowLook } from '../../../../client/list/columns.js';
import { type Cell, type Column, renderTable } from '../../../../client/terminal/table.js';
import { transferJson } from '../../../../client/terminal/transfers.js';
import { displayWidth, ellipsize, inAscii, wrapText } from '../../../../client/terminal/width.js';
import type { ColourMode } from '../../../../common/colour.js';

process.env['TZ'] = 'UTC';

const transfers: Transfer[] = [
  {
    id: 1,
    type: 'pull_tar',
    class: 'machine',
    remote: 'https://cloud-images.ubuntu.com/jammy/current/jammy-server-cloudimg-amd64-root.tar.xz',
    local: 'jammy-server-cloudimg-amd64-root',
    progress: { phase: 'downloading', bytesDone: 45, bytesTotal: 100 },
  },
  { id: 12, type: 'import_fs', class: 'sysext', local: 'tools', progress: { phase: 'importing', bytesDone: 4096 } },
  { id: 13, type: 'pull_raw', class: 'confext', remote: 'http://h/x', progress: { phase: 'queued', bytesDone: 0 } },
];

const images: Image[] = [
  {
    class: 'machine',
    name: 'jammy',
    type: 'raw',
    path: '/var/lib/machines/jammy.raw',
    readOnly: false,
    creationTimestamp: 1795395723000000,
    modificationTimestamp: 1795395723000000,
    usage: 2936013,
    limit: 2147483648,
  },
  { class: 'machine', name: '.host', type: 'directory', path: '/', readOnly: true },
];

const utc = rowLook(true, () => 'UTC');

function transferTable(width: number | undefined, colours: ColourMode, header = true): string {
  return renderTable(transferColumns, transfers.map(transferRow), { width, colours, header, links: false });
}

function lines(...text: string[]): string {
  return text.map((line) => `${line}\n`).join('');
}

test('transfers at 140 columns', () => {
  assert.equal(
    transferTable(140, 'off'),
    lines(
      'ID PROGRESS TYPE      CLASS   LOCAL                            REMOTE',
      ' 1      45% pull-tar  machine jammy-server-cloudimg-amd64-root https://cloud-images.ubuntu.com/jammy/…ammy-server-cloudimg-amd64-root.tar.xz',
      '12        - import-fs sysext  tools                            -',
      '13   queued pull-raw  confext -                                http://h/x',
    ),
  );
});

test('transfers at 80 columns', () => {
  assert.equal(
    transferTable(80, 'off'),
    lines(
      'ID PROGRESS TYPE      CLASS   LOCAL',
      ' 1      45% pull-tar  machine jammy-server-cloudimg-amd64-root',
      '12        - import-fs sysext  tools',
      '13   queued pull-raw  confext -',
    ),
  );
});

test('elsewhere than on a terminal nothing is shortened', () => {
  assert.match(
    transferTable(undefined, 'off'),
    /jammy-server-cloudimg-amd64-root https:\/\/cloud-images.*amd64-root\.tar\.xz$/m,
  );
});

test('without a legend there are no headings, and they take no room', () => {
  assert.equal(transferTable(80, 'off', false).split('\n')[0]?.startsWith(' 1    45% '), true);
});

test('a column that nothing is in is left out where it may be', () => {
  const columns = [{ heading: 'NAME' }, { heading: 'LIMIT', isOptional: true }];
  const look = { width: 80, colours: 'off', header: true, links: false } as const;
  const limited = [
    [{ text: 'a' }, { text: undefined }],
    [{ text: 'b' }, { text: '8M' }],
  ];
  assert.equal(renderTable(columns, limited, look), lines('NAME LIMIT', 'a    -', 'b    8M'));
  assert.equal(renderTable(columns, limited.slice(0, 1), look), lines('NAME', 'a'));
});

test('what programs read has one space between columns', () => {
  const columns = [{ heading: 'ID', align: 'right' }, { heading: 'NAME', shorten: 'start' }, { heading: 'X' }] as const;
  const rows = [
    [{ text: '1' }, { text: 'a long name' }, { text: 'x' }],
    [{ text: '12' }, { text: 'b' }, { text: '' }],
  ];
  const look = { width: undefined, colours: 'off', header: true, links: false, isUnpadded: true } as const;
  assert.equal(renderTable(columns, rows, look), lines('ID NAME X', '1 a long name x', '12 b -'));
});

test('images, in colour', () => {
  const look = { width: 140, colours: '256', header: true, links: false } as const;
  const underlined = [
    'CLASS  ',
    'NAME ',
    'TYPE     ',
    'PATH                       ',
    'RO',
    'CRTIME                     ',
    'MTIME                      ',
    'USAGE',
    'LIMIT',
  ];
  assert.equal(
    renderTable(
      imageColumns,
      images.map((image) => imageRow(image, imageColumns, utc)),
      look,
    ),
    lines(
      underlined.map((heading) => `\x1b[4m${heading}\x1b[0m`).join('\x1b[4m \x1b[0m'),
      'machine jammy raw       /var/lib/machines/jammy.raw \x1b[0;1;32mrw\x1b[0m Mon 2026-11-23 01:02:03 UTC Mon 2026-11-23 01:02:03 UTC  2.8M    2G',
      'machine .host directory /                           ro -                           -                               -     -',
    ),
  );
});

test('times take less room rather than a second line', () => {
  const table = (width: number) =>
    renderTable(
      imageColumns,
      images.map((image) => imageRow(image, imageColumns, utc)),
      { width, colours: 'off', header: false, links: false },
    );
  assert.equal(
    table(110),
    lines(
      'machine jammy raw       /var/lib/machines/jammy.raw rw 2026-11-23 01:02 2026-11-23 01:02 2.8M 2G',
      'machine .host directory /                           ro -                -                   -  -',
    ),
  );
  assert.equal(
    table(80),
    lines(
      'machine jammy raw       rw 2026-11-23 01:02 2026-11-23 01:02 2.8M 2G',
      'machine .host directory ro -                -                   -  -',
    ),
  );
});

test('columns are left out by their ranks rather than squeezed, and names and types never', () => {
  const headings = (width: number | undefined) =>
    renderTable(
      imageColumns,
      images.map((image) => imageRow(image, imageColumns, utc)),
      { width, colours: 'off', header: true, links: false },
    )
      .split('\n')[0]
      ?.split(/ +/)
      .join(' ');
  assert.equal(headings(undefined), 'CLASS NAME TYPE PATH RO CRTIME MTIME USAGE LIMIT');
  assert.equal(headings(80), 'CLASS NAME TYPE RO CRTIME MTIME USAGE LIMIT');
  assert.equal(headings(55), 'CLASS NAME TYPE RO CRTIME MTIME USAGE');
  assert.equal(headings(50), 'CLASS NAME TYPE RO MTIME USAGE');
  assert.equal(headings(35), 'CLASS NAME TYPE RO USAGE');
  assert.equal(headings(30), 'CLASS NAME TYPE USAGE');
  assert.equal(headings(22), 'NAME TYPE USAGE');
  assert.equal(headings(16), 'NAME TYPE');
  assert.equal(headings(3), 'NAME TYPE');
});

test('a table of 200,000 rows is laid out', () => {
  const columns: Column[] = [{ heading: 'A' }, { heading: 'B' }];
  const rows: Cell[][] = Array.from({ length: 200_000 }, (_, index) => [{ text: String(index) }, { text: 'b' }]);
  const table = renderTable(columns, rows, { width: 80, colours: 'off', header: false, links: false });
  assert.equal(
    table.length,
    rows.reduce((sum, [cell]) => sum + Math.max(6, cell?.text?.length ?? 0) + 3, 0),
  );
});

test('links lead to the file or the URL', () => {
  const columns: Column[] = [{ heading: 'PATH' }];
  const rows: Cell[][] = [[{ text: '/a', target: 'file://h/a' }]];
  const table = renderTable(columns, rows, { width: 80, colours: 'off', header: false, links: true });
  assert.equal(table, '\x1b]8;;file://h/a\x07/a\x1b]8;;\x07\n');
});

test('control characters of names do not reach the terminal', () => {
  const evil = { ...images[0], name: 'a\x1b[2J\nb', path: '/x/\x9b2J' } as Image;
  const table = renderTable(imageColumns, [imageRow(evil, imageColumns, utc)], {
    width: undefined,
    colours: 'off',
    header: false,
    links: true,
  });
  assert.doesNotMatch(table.replaceAll('\x1b]8;;', '').replaceAll('\x07', ''), /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
});

test('the JSON of a transfer begins as that of importctl', () => {
  const [first, second] = transfers.map(transferJson).map((value) => JSON.stringify(value));
  const remote = transfers[0]?.remote;
  const begins = [
    `{"id":1,"progress":45,"type":"pull-tar","class":"machine","local":"jammy-server-cloudimg-amd64-root","remote":"${remote}",`,
    '{"id":12,"progress":null,"type":"import-fs","class":"sysext","local":"tools","remote":"",',
  ];
  assert.deepEqual([first?.startsWith(begins[0] ?? ''), second?.startsWith(begins[1] ?? '')], [true, true]);
});

test('the JSON of an image is that of importctl', () => {
  const [first, second] = images.map((image) => imageJson(image, imageColumns)).map((value) => JSON.stringify(value));
  assert.equal(
    first,
    '{"class":"machine","name":"jammy","type":"raw","path":"/var/lib/machines/jammy.raw","ro":false,"crtime":1795395723000000,"mtime":1795395723000000,"usage":2936013,"limit":2147483648}',
  );
  assert.equal(
    second,
    '{"class":"machine","name":".host","type":"directory","path":"/","ro":true,"crtime":0,"mtime":0,"usage":null,"limit":null}',
  );
});

const shortened: [text: string, columns: number, keep: 'start' | 'ends', result: string][] = [
  ['abcdef', 6, 'start', 'abcdef'],
  ['abcdef', 5, 'start', 'abcd…'],
  ['abcdef', 5, 'ends', 'ab…ef'],
  ['abcdef', 1, 'ends', '…'],
  ['abcdef', 0, 'start', ''],
  ['日本語', 5, 'start', '日本…'],
  ['日本語', 4, 'start', '日…'],
  ['e\u0301e\u0301e\u0301', 2, 'start', 'e\u0301…'],
];

for (const [text, columns, keep, result] of shortened) {
  test(`${text} in ${columns} columns is ${result}`, () => assert.equal(ellipsize(text, columns, keep), result));
}

test('a terminal without UTF-8 gets ASCII', () => {
  assert.equal(ellipsize('abcdefgh', 6, 'ends', false), 'ab...h');
  assert.equal(ellipsize('abcdefgh', 2, 'start', false), '');
  assert.equal(inAscii('ID… a → b'), 'ID... a -> b');
});

test('text is broken at spaces, and a long word where the line ends', () => {
  assert.deepEqual(wrapText('one two three', 7), ['one two', 'three']);
  assert.deepEqual(wrapText('a sha256:0123456789', 8), ['a', 'sha256:0', '12345678', '9']);
  assert.deepEqual(wrapText('日本語', 1), ['日', '本', '語']);
  assert.deepEqual(wrapText('', 8), ['']);
});

test('wide characters take two columns, marks none', () => {
  assert.equal(displayWidth('日本'), 4);
  assert.equal(displayWidth('e\u0301'), 1);
  assert.equal(displayWidth('ä'), 1);
});
