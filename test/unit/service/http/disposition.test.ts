import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileNameIn } from '../../../../service/http/disposition.js';

const latin = (text: string) => Buffer.from(text).toString('latin1');

const rows: [header: string | undefined, name: string | undefined][] = [
  [undefined, undefined],
  ['', undefined],
  ['inline', undefined],
  ['attachment', undefined],
  ['attachment; filename=d.raw', 'd.raw'],
  ['attachment; filename="d.raw"', 'd.raw'],
  ['attachment;FileName = "d.raw" ; size=5', 'd.raw'],
  ['filename=d.raw', 'd.raw'],
  ['attachment; filename=d e.raw', 'd e.raw'],
  ['attachment; filename="d;e \\"f\\".raw"', 'd;e "f".raw'],
  ['attachment; filename=""', undefined],
  ['attachment; filename=', undefined],
  ['attachment; filename="d.raw', undefined],
  ["attachment; filename*=UTF-8''d%20e.raw", 'd e.raw'],
  ["attachment; filename=x.raw; filename*=utf-8'en'b%C3%BCcher.raw", 'bücher.raw'],
  ["attachment; filename*=ISO-8859-1''b%FCcher.raw; filename=x.raw", 'bücher.raw'],
  ["attachment; filename*=UTF-8''%ff; filename=x.raw", 'x.raw'],
  ["attachment; filename*=KOI8-R''%ff; filename=x.raw", 'x.raw'],
  ['attachment; filename*=d.raw', undefined],
  [`attachment; filename="${latin('bücher.raw')}"`, 'bücher.raw'],
  ['attachment; filename="b\u00fccher.raw"', 'bücher.raw'],
  ['attachment; filename=a.raw; filename=b.raw', 'a.raw'],
  ['attachment; filename="../../etc/passwd"', '../../etc/passwd'],
  ["attachment; filename*=UTF-8''..%2F..%2Fx", '../../x'],
  [`attachment; filename="${'x'.repeat(5000)}"`, undefined],
];
for (const [index, [header, name]] of rows.entries()) {
  test(`the file name in a Content-Disposition: ${header?.slice(0, 60)} (${index})`, () => {
    assert.equal(fileNameIn(header), name);
  });
}

test('a header that is made to take long does not', () => {
  for (const part of ['; filename', '; filename="', '\\"', ';', "; filename*=UTF-8''%", '; a=" ', ';\t'])
    fileNameIn(part.repeat(400));
});
