/*
 * The picture of the README: wall time beside systemd's, made of the table in docs/benchmarks.md.
 */

/** The works that are shown, by their rows in the table, on ext4: each verb, the usual formats. */
const works: Readonly<Record<string, string>> = {
  'pull-raw xz': 'pull a disk, xz',
  'pull-raw zst': 'pull a disk, zstd',
  'pull-raw plain': 'pull a disk, plain',
  'import-raw qcow2': 'import a disk, qcow2',
  'export-raw xz': 'export a disk, xz',
  'pull-tar xz, many blocks': 'pull a tree, xz',
  'pull-tar zst': 'pull a tree, zstd',
  'import-tar plain': 'import a tree, plain',
  'import-fs, 60,000 files': 'copy a directory',
  'export-tar zstd': 'export a tree, zstd',
};

/** Seconds of either side. */
interface Bars {
  readonly label: string;
  readonly ferry: number;
  readonly systemd: number;
}

/** Pixels. */
const size = { width: 760, top: 62, row: 38, bar: 13, left: 170, right: 60 };

const style = `
text{font:13px system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;fill:#24292f}
.title{font-weight:600}.number{font-size:12px;fill:#57606a}.label{text-anchor:end}
.back{fill:#fff;stroke:#d0d7de}.ferry{fill:#0969da}.systemd{fill:#afb8c1}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.number{fill:#8b949e}.back{fill:#0d1117;stroke:#30363d}.ferry{fill:#388bfd}.systemd{fill:#484f58}}`;

/** @param document docs/benchmarks.md. @throws Error when its table lacks one of the works */
export function chart(document: string): string {
  const all = Object.entries(works).map(([row, label]) => ({ label, ...secondsOf(document, row) }));
  const longest = Math.max(...all.flatMap(({ ferry, systemd }) => [ferry, systemd]));
  const scale = (size.width - size.left - size.right) / longest;
  const height = size.top + all.length * size.row + 10;
  const legend = (x: number, name: string, text: string) =>
    `<rect class="${name}" x="${x}" y="36" width="13" height="13" rx="2"/><text x="${x + 19}" y="47">${text}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${height}" width="${size.width}" height="${height}" role="img" aria-label="Run time of Ferry and systemd 262">
<style>${style}
</style>
<rect class="back" x=".5" y=".5" width="${size.width - 1}" height="${height - 1}" rx="8"/>
<text class="title" x="16" y="24">Run time in seconds on ext4, lower is better</text>
${legend(16, 'ferry', 'Ferry')}${legend(90, 'systemd', 'systemd 262')}
${all.map((bars, index) => pictured(bars, size.top + index * size.row, scale)).join('\n')}
</svg>
`;
}

function secondsOf(document: string, row: string): { ferry: number; systemd: number } {
  const line = document.split('\n').find((each) => each.startsWith(`| ${row} | ext4 |`)) ?? '';
  const [ferry, systemd] = /\| ext4 \| ([\d.]+) \/ ([\d.]+) \|/.exec(line)?.slice(1).map(Number) ?? [];
  if (ferry === undefined || systemd === undefined) throw new Error(`the table lacks '${row}' on ext4`);
  return { ferry, systemd };
}

function pictured({ label, ferry, systemd }: Bars, top: number, scale: number): string {
  const bar = (name: string, y: number, seconds: number) => {
    const width = (seconds * scale).toFixed(1);
    const end = size.left + seconds * scale + 6;
    return `<rect class="${name}" x="${size.left}" y="${y}" width="${width}" height="${size.bar}" rx="2"/><text class="number" x="${end.toFixed(1)}" y="${y + 11}">${seconds.toFixed(2)}</text>`;
  };
  const text = `<text class="label" x="${size.left - 12}" y="${top + size.bar + 5}">${label}</text>`;
  return text + bar('ferry', top, ferry) + bar('systemd', top + size.bar + 2, systemd);
}
