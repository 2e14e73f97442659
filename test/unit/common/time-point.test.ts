import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTimePoint } from '../../../common/time-point.js';

const now = new Date(2026, 10, 30, 12, 30, 15);

const points: [text: string, time: Date | undefined][] = [
  ['2026-11-29', new Date(2026, 10, 29)],
  ['2026-11-29 08:05', new Date(2026, 10, 29, 8, 5)],
  ['2026-11-29T08:05:07', new Date(2026, 10, 29, 8, 5, 7)],
  ['2026-11-29 08:05:07 UTC', new Date(Date.UTC(2026, 10, 29, 8, 5, 7))],
  ['2026-11-29T08:05:07Z', new Date(Date.UTC(2026, 10, 29, 8, 5, 7))],
  ['08:05', new Date(2026, 10, 30, 8, 5)],
  ['now', now],
  ['today', new Date(2026, 10, 30)],
  ['yesterday', new Date(2026, 10, 29)],
  ['tomorrow', new Date(2026, 11, 1)],
  ['-2h', new Date(2026, 10, 30, 10, 30, 15)],
  ['2h ago', new Date(2026, 10, 30, 10, 30, 15)],
  ['+1min', new Date(2026, 10, 30, 12, 31, 15)],
  ['@1000', new Date(1_000_000)],
  ['', undefined],
  ['2h', undefined],
  ['-2h ago', undefined],
  ['-', undefined],
  ['soon', undefined],
  ['2026-02-31', undefined],
  ['2026-13-01', undefined],
  ['25:00', undefined],
  ['-100y', undefined],
];

for (const [text, time] of points) {
  test(`'${text}' is ${time?.toISOString() ?? 'no point in time'}`, () => {
    assert.equal(parseTimePoint(text, now), time && time.getTime() * 1000);
  });
}
