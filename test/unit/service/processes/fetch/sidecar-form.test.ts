import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sidecarFault } from '../../../../../service/processes/fetch/sidecar-form.js';
import { isMarkup, notVerityData } from '../../../../support/texts/transfers.js';

const digits = 'ab'.repeat(32);
const page = '<!doctype html><html>Sign in</html>\n';
const der = (length: number, ...head: number[]) => Buffer.concat([Buffer.of(...head), Buffer.alloc(length)]);
const latin = (text: string) => Buffer.from(text, 'latin1');

const accepted: [suffix: string, bytes: Buffer | string][] = [
  ['.nspawn', '[Exec]\nBoot=no\n'],
  ['.nspawn', '\ufeff[Exec]\nBoot=no\n'],
  ['.nspawn', '\ufeff# a comment\r\n\r\n[Exec]\r\nBoot=no\r\n'],
  ['.nspawn', '; made by <mkosi>\n [Network]\t\nPrivate=yes'],
  ['.nspawn', 'Stray=1\n[X-Our Tool]\n'],
  ['.roothash', digits],
  ['.roothash', `${digits}\n`],
  ['.roothash', `${digits.toUpperCase()}\r\n`],
  ...[40, 56, 96, 128].map((length): [string, string] => ['.roothash', 'c'.repeat(length)]),
  ['.roothash.p7s', der(3, 0x30, 3)],
  ['.roothash.p7s', der(0x80, 0x30, 0x81, 0x80)],
  ['.roothash.p7s', der(0x1234, 0x30, 0x82, 0x12, 0x34)],
  ['.roothash.p7s', der(0x1234, 0x30, 0x84, 0, 0, 0x12, 0x34)],
  ['.verity', 'verity\0\0'],
  ['.verity', `verity\0\0${'x'.repeat(100)}`],
];
for (const [suffix, bytes] of accepted) {
  test(`${JSON.stringify(bytes.toString('latin1').slice(0, 20))} may be a ${suffix} file`, () => {
    assert.equal(sidecarFault(suffix, Buffer.from(bytes as string)), undefined);
  });
}

const refused: [suffix: string, bytes: Buffer | string, fault: string][] = [
  ...['.nspawn', '.roothash', '.roothash.p7s', '.verity'].flatMap((suffix): [string, string, string][] => [
    [suffix, '', 'is empty'],
    [suffix, page, isMarkup],
    [suffix, `\ufeff\r\n ${page}`, isMarkup],
    [suffix, '<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>', isMarkup],
  ]),
  ['.nspawn', 'Not Found', 'has no sections'],
  ['.nspawn', 'Boot=no\n', 'has no sections'],
  ['.nspawn', '{"error":["[Exec]"]}', 'has no sections'],
  ['.nspawn', '[1, 2]\n', 'has no sections'],
  ['.nspawn', Buffer.from('\ufeff[Exec]\n', 'utf16le'), 'has no sections'],
  ['.nspawn', '[Exec]\n\0', 'has no sections'],
  ...[
    'nope',
    digits.slice(1),
    `${digits}0`,
    `${digits}  disk.raw`,
    `\ufeff${digits}`,
    `${digits}\n${digits}`,
    'ab',
  ].map((text): [string, string, string] => ['.roothash', text, 'is not the hexadecimal digits of a digest']),
  ['.roothash', Buffer.from(digits, 'utf16le'), 'is not the hexadecimal digits of a digest'],
  ['.roothash', latin(`\u00a0${digits}`), 'is not the hexadecimal digits of a digest'],
  ...[
    latin('-----BEGIN PKCS7-----\n'),
    der(0, 0x30),
    der(2, 0x30, 3),
    der(4, 0x30, 3),
    der(100, 0x30, 0x80),
    der(0x80, 0x30, 0x81),
    der(0x1233, 0x30, 0x82, 0x12, 0x34),
    der(9, 0x30, 0x85, 0, 0, 0, 0, 9),
    der(3, 0x31, 3),
    der(1, 0x30, 0x84, 0),
  ].map((bytes): [string, Buffer, string] => ['.roothash.p7s', bytes, 'is not a signature in DER']),
  ['.verity', 'verity', notVerityData],
  ['.verity', 'verity\0x', notVerityData],
  ['.verity', Buffer.alloc(4096), notVerityData],
];
for (const [index, [suffix, bytes, fault]] of refused.entries()) {
  test(`what is no ${suffix} file: ${fault} (${index})`, () => {
    assert.equal(sidecarFault(suffix, Buffer.from(bytes as string)), fault);
  });
}
