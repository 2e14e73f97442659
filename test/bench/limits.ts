import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run, shell } from '../support/command.js';
import { projectFile, projectRoot } from '../support/project.js';
import { peerProgram } from './sides.js';
import type { Coder } from './sources.js';

/** How many bytes of blocks all files of a directory take. */
export function allocatedBytes(directory: string): number {
  if (readdirSync(directory).length === 0) return 0;
  return Number(run('du', ['--summarize', '--block-size=1', directory]).split('\t')[0]);
}

/** Runs a coder by itself; seconds. What it makes goes nowhere, but for qcow2, whose converter writes a file that is synced. */
export function coderSeconds(coder: Coder, input: string, directory: string, peerLibraries: boolean): number {
  if (coder.command === 'qemu-img') {
    const script = 'qemu-img convert -q -f qcow2 -O raw "$1" "$2"; sync "$2"';
    return clocked(script, [input, join(directory, 'converted')]);
  }
  const program = coder.shared && peerLibraries ? `"${peerProgram}" exec ` : '';
  return clocked(`${program}${coder.command} <"$1" >/dev/null`, [input]);
}

/** Writes as many bytes of real data to one file and syncs it; seconds. */
export function diskSeconds(bytes: number, data: string, directory: string): number {
  const script =
    'cat "$1" "$1" "$1" | head -c "$2" | dd of="$3" bs=1M iflag=fullblock conv=fsync status=none || test $? = 141';
  return clocked(script, [data, String(bytes), join(directory, 'written')]);
}

function clocked(script: string, parameters: readonly string[]): number {
  const start = performance.now();
  shell(script, parameters, { cwd: projectRoot });
  return (performance.now() - start) / 1000;
}

/** What each side uses beside its own code, one name and version each. */
export function libraries(peerLibraries: boolean): Record<'ferry' | 'systemd', string[]> {
  const peer = run(peerProgram, ['root']).trim();
  const query = (root: string) =>
    shell('dpkg-query --admindir="$1"/var/lib/dpkg -W liblzma5 libzstd1 libbz2-1.0 zlib1g 2>/dev/null || true', [root])
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.replace('\t', ' '));
  const ferry = query(peerLibraries ? peer : '').filter((line) => !line.startsWith('zlib1g'));
  return { ferry: [...ferry, `node's zlib ${process.versions['zlib']}`], systemd: query(peer) };
}

/** Whether Ferry runs in the peer's root, with all libraries of that. */
export function canUsePeerLibraries(): boolean {
  const script =
    '"$1" exec node "$2" --version && "$1" exec node -e "require(process.argv[1]).load(\'liblzma.so.5\')" "$3"';
  try {
    shell(script, [peerProgram, 'dist/ferryd.js', projectFile('dist', 'node_modules', 'koffi')], { cwd: projectRoot });
    return true;
  } catch {
    return false;
  }
}
