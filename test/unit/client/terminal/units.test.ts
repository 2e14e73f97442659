import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSeconds } from '../../../../client/terminal/units.js';
import { formatBytes } from '../../../../common/sizes.js';
import { formatTimestamp, zoneNames } from '../../../../common/timestamp.js';

// As `systemd-creds list` of systemd 262 prints them.
const sizes: [bytes: number | bigint, text: string][] = [
  [0, '0B'],
  [512, '512B'],
  [1023, '1023B'],
  [1024, '1K'],
  [1070, '1K'],
  [1536, '1.5K'],
  [1048576, '1M'],
  [2936012, '2.7M'],
  [2936013, '2.8M'],
  [107374182400, '100G'],
  [2n ** 63n, '8E'],
  [2n ** 64n - 1n, '15.9E'],
  [12345.6, '12K'],
];

for (const [bytes, text] of sizes) test(`${bytes} bytes are ${text}`, () => assert.equal(formatBytes(bytes), text));

const spans: [seconds: number, text: string][] = [
  [0, '0s'],
  [0.4, '0s'],
  [45, '45s'],
  [60, '1min'],
  [123, '2min 3s'],
  [3600, '1h'],
  [3900, '1h 5min'],
  [90061, '1d 1h'],
  [-5, '0s'],
];

for (const [seconds, text] of spans) test(`${seconds} s are ${text}`, () => assert.equal(formatSeconds(seconds), text));

test('a moment is printed as systemd does', () => {
  const local = new Date(2026, 10, 23, 1, 2, 3);
  assert.equal(
    formatTimestamp(local.getTime() * 1000 + 999, () => 'UTC'),
    'Mon 2026-11-23 01:02:03 UTC',
  );
  assert.equal(
    formatTimestamp(BigInt(local.getTime()) * 1000n, () => 'CET'),
    'Mon 2026-11-23 01:02:03 CET',
  );
});

const zones: [rule: string, names: [string, number][]][] = [
  ['UTC0', [['UTC', 0]]],
  [
    'CET-1CEST,M3.5.0,M10.5.0/3',
    [
      ['CET', 60],
      ['CEST', 120],
    ],
  ],
  [
    'EST5EDT,M3.2.0,M11.1.0',
    [
      ['EST', -300],
      ['EDT', -240],
    ],
  ],
  ['<+0330>-3:30', [['+0330', 210]]],
  [
    '<-03>3<-02>,M3.5.0/-2,M10.5.0/-1',
    [
      ['-03', -180],
      ['-02', -120],
    ],
  ],
  [
    'IST-1GMT0,M10.5.0,M3.5.0/1',
    [
      ['IST', 60],
      ['GMT', 0],
    ],
  ],
  ['Europe/Berlin', []],
];

for (const [rule, names] of zones) test(`the rule ${rule} is read`, () => assert.deepEqual(zoneNames(rule), names));
