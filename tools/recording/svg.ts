import type { Frame } from './terminal.js';

/** A run of characters that look alike. */
interface Run {
  readonly column: number;
  readonly text: string;
  /** Names of the style sheet. */
  readonly classes: readonly string[];
}

/** One row of the terminal, and from when to when it has this text, in seconds. */
interface Span {
  readonly row: number;
  readonly line: string;
  readonly from: number;
  readonly until: number;
}

/** Pixels. */
const cell = { width: 8.4, height: 19 };
const margin = { side: 18, top: 46, bottom: 16 };
/** Seconds: the longest time in which nothing changes, and how long the end stays. */
const pause = 1.6;
const rest = 6;

const style = `
text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;white-space:pre;fill:#24292f}
.window{fill:#f6f8fa;stroke:#d0d7de}.button{fill:#d0d7de}
.bold{font-weight:700}.red{fill:#cf222e}.green{fill:#1a7f37}.yellow{fill:#9a6700}.blue{fill:#0969da}.cyan{fill:#1b7c83}.grey{fill:#8c959f}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.window{fill:#0d1117;stroke:#30363d}.button{fill:#30363d}
.red{fill:#ff7b72}.green{fill:#3fb950}.yellow{fill:#d29922}.blue{fill:#58a6ff}.cyan{fill:#39c5cf}.grey{fill:#6e7681}}
g.gone{visibility:hidden}`;

/**
 * A picture of a terminal that plays what it showed, again and again. Where pictures do not move, it shows the end.
 * @param label for those who do not see it
 */
export function animate(frames: readonly Frame[], columns: number, label: string): string {
  const times = shorten(frames.map(({ milliseconds }) => milliseconds / 1000));
  const duration = (times.at(-1) ?? 0) + rest;
  const spans = spansOf(frames, times, duration);
  const width = Math.ceil(columns * cell.width + 2 * margin.side);
  const rows = Math.max(...frames.map(({ lines }) => lines.length));
  const height = rows * cell.height + margin.top + margin.bottom;
  const buttons = [0, 1, 2].map((index) => `<circle class="button" cx="${24 + index * 20}" cy="22" r="6"/>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(label)}">
<style>${style}
@media(prefers-reduced-motion:no-preference){g{animation:${duration.toFixed(1)}s step-end infinite}
${spans.map((span, index) => keyframes(span, index, duration)).join('\n')}}
</style>
<rect class="window" x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="8"/>${buttons.join('')}
${spans.map((span, index) => picture(span, index, duration)).join('\n')}
</svg>
`;
}

/** The times of the frames, counted from the first one, without what nobody waits for. */
function shorten(times: readonly number[]): number[] {
  let now = 0;
  return times.map((time, index) => {
    now += Math.min(pause, time - (times[index - 1] ?? time));
    return now;
  });
}

function spansOf(frames: readonly Frame[], times: readonly number[], duration: number): Span[] {
  const spans: Span[] = [];
  const open = new Map<number, { line: string; from: number }>();
  const close = (row: number, until: number) => {
    const begun = open.get(row);
    if (begun !== undefined && begun.line !== '') spans.push({ row, ...begun, until });
  };
  frames.forEach(({ lines }, index) => {
    const from = times[index] ?? 0;
    for (let row = 0; row < Math.max(lines.length, open.size); row += 1) {
      const line = lines[row] ?? '';
      if (open.get(row)?.line === line) continue;
      close(row, from);
      open.set(row, { line, from });
    }
  });
  for (const row of open.keys()) close(row, duration);
  return spans;
}

function keyframes({ from, until }: Span, index: number, duration: number): string {
  const percent = (seconds: number) => `${Number(((100 * seconds) / duration).toFixed(2))}%`;
  const [on, off] = ['{visibility:visible}', '{visibility:hidden}'];
  const before = from === 0 ? '' : `0%${off}`;
  const after = until === duration ? '' : `${percent(until)}${off}`;
  return `#f${index}{animation-name:k${index}}@keyframes k${index}{${before}${percent(from)}${on}${after}}`;
}

function picture({ row, line, until }: Span, index: number, duration: number): string {
  const y = margin.top + row * cell.height + 14;
  const gone = until === duration ? '' : ' class="gone"';
  const texts = runsOf(line).map(({ column, text, classes }) => {
    const x = (margin.side + column * cell.width).toFixed(1);
    const kind = classes.length === 0 ? '' : ` class="${classes.join(' ')}"`;
    const length = text.length > 1 ? ` textLength="${(text.length * cell.width).toFixed(1)}"` : '';
    return `<text x="${x}" y="${y}"${length}${kind}>${escaped(text)}</text>`;
  });
  return `<g id="f${index}"${gone}>${texts.join('')}</g>`;
}

/** What is to be read of a line with escape sequences. Exported for its test. */
export function runsOf(line: string): Run[] {
  const runs: Run[] = [];
  let classes: readonly string[] = [];
  let column = 0;
  for (const [, codes, text = ''] of line.matchAll(/(?:\x1b\[([0-9;:]*)m)|([^\x1b]+)/g)) {
    if (codes !== undefined) classes = styled(classes, codes);
    const shown = text.trim();
    if (shown !== '') runs.push({ column: column + text.length - text.trimStart().length, text: shown, classes });
    column += text.length;
  }
  return runs;
}

const colours: Readonly<Record<string, string>> = {
  31: 'red',
  32: 'green',
  33: 'yellow',
  34: 'blue',
  36: 'cyan',
  90: 'grey',
};

function styled(classes: readonly string[], codes: string): readonly string[] {
  let styles = classes;
  for (const code of codes.replace(/38;5;/g, '38:5:').split(';')) {
    if (code === '0' || code === '') styles = [];
    else if (code === '1') styles = ['bold', ...styles];
    else if (code.startsWith('38:5:')) styles = coloured(styles, 'grey');
    else if (code === '39' || code in colours) styles = coloured(styles, colours[code]);
  }
  return styles;
}

function coloured(classes: readonly string[], colour: string | undefined): readonly string[] {
  const weight = classes.filter((name) => name === 'bold');
  return colour === undefined ? weight : [...weight, colour];
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
