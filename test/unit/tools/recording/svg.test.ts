import assert from 'node:assert/strict';
import { test } from 'node:test';
import { animate, runsOf } from '../../../../tools/recording/svg.js';

test('a line with escape sequences becomes runs at their columns', () => {
  const line = 'at \x1b[1;32m━━\x1b[0;38:5:245m━\x1b[0m 40%   \x1b[1m\x1b[31mbad\x1b[39m still bold';
  assert.deepEqual(runsOf(line), [
    { column: 0, text: 'at', classes: [] },
    { column: 3, text: '━━', classes: ['bold', 'green'] },
    { column: 5, text: '━', classes: ['grey'] },
    { column: 7, text: '40%', classes: [] },
    { column: 13, text: 'bad', classes: ['bold', 'red'] },
    { column: 17, text: 'still bold', classes: ['bold'] },
  ]);
});

test('a line that stays is drawn once, pauses are shortened, and the end is what is seen where nothing moves', () => {
  const svg = animate(
    [
      { milliseconds: 500, lines: ['# a <&>'] },
      { milliseconds: 900, lines: ['# a <&>', '10%'] },
      { milliseconds: 99_000, lines: ['# a <&>', '90%'] },
    ],
    80,
    'a "pull"',
  );
  assert.deepEqual(
    svg.match(/<text .*?<\/text>/g)?.map((text) => text.replace(/<text [^>]*>/, '')),
    ['10%</text>', '# a &lt;&amp;></text>', '90%</text>'],
  );
  assert.deepEqual(svg.match(/<g id="f0" class="gone">|<g id="f[12]">/g)?.length, 3);
  // 0.4 s and 1.6 s, and 6 s of rest.
  assert.match(svg, /animation:8\.0s step-end infinite/);
  assert.match(svg, /@keyframes k0\{0%\{visibility:hidden\}5%\{visibility:visible\}25%\{visibility:hidden\}\}/);
  assert.match(svg, /aria-label="a &quot;pull&quot;"/);
});
