import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { arch } from 'node:process';

const invalid = /^[^0-9A-Za-z~^.-]+/;

function sign(a: number, b: number): number {
  return Math.sign(a - b);
}

function compareNumbers(a: string, b: string): number {
  const [left, right] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  return sign(left.length, right.length) || (left < right ? -1 : Number(left > right));
}

function compareLetters(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  const [left, right] = [a.slice(0, shared), b.slice(0, shared)];
  return left === right ? sign(a.length, b.length) : left < right ? -1 : 1;
}

/** Compares the separators both texts begin with, if any: the one that has it is the older. */
function compareMark(a: string, b: string, mark: string): number {
  return sign(Number(!a.startsWith(mark)), Number(!b.startsWith(mark)));
}

/**
 * Which version is newer, by the version format specification of the UAPI group (UAPI.10): negative when `a` is older,
 * positive when it is newer.
 */
export function compareVersions(a: string, b: string): number {
  let [left, right] = [a, b];
  for (;;) {
    [left, right] = [left.replace(invalid, ''), right.replace(invalid, '')];
    for (const mark of ['~', '', '-', '^', '.']) {
      if (mark === '') {
        if (left === '' || right === '') return sign(left.length, right.length);
        continue;
      }
      const order = compareMark(left, right, mark);
      if (order !== 0) return order;
      if (left.startsWith(mark)) [left, right] = [left.slice(1), right.slice(1)];
    }
    const numeric = /^[0-9]/.test(left) || /^[0-9]/.test(right);
    const pattern = numeric ? /^[0-9]*/ : /^[A-Za-z]*/;
    const parts = [pattern.exec(left)?.[0] ?? '', pattern.exec(right)?.[0] ?? ''] as const;
    const order = numeric ? compareNumbers(...parts) : compareLetters(...parts);
    if (order !== 0) return order;
    [left, right] = [left.slice(parts[0].length), right.slice(parts[1].length)];
  }
}

/** Node's names of architectures, and systemd's (systemd.v(7) file names use the latter). */
const nativeNames: Record<string, string> = {
  x64: 'x86-64',
  ia32: 'x86',
  arm64: 'arm64',
  arm: 'arm',
  riscv64: 'riscv64',
  ppc64: 'ppc64-le',
  s390x: 's390x',
  loong64: 'loongarch64',
};
const architectures =
  /^(x86-64|x86|arm64|arm64-be|arm|arm-be|riscv32|riscv64|ppc|ppc-le|ppc64|ppc64-le|s390|s390x|loongarch64|ia64|alpha|mips|mips-le|mips64|mips64-le|parisc|parisc64|sparc|sparc64|sh|sh64|m68k|tilegx|cris|nios2|arc|arc-be)$/;

interface Candidate {
  fileName: string;
  version: string;
  native: boolean;
  /** Boot attempts left; Infinity where they are not counted. */
  triesLeft: number;
  triesDone: number;
}

function parseCandidate(fileName: string, name: string, suffix: string): Candidate | undefined {
  if (!fileName.startsWith(`${name}_`) || !fileName.endsWith(suffix)) return undefined;
  const middle = fileName.slice(name.length + 1, fileName.length - suffix.length);
  const tries = /\+(\d+)(?:-(\d+))?$/.exec(middle);
  const versioned = tries === null ? middle : middle.slice(0, tries.index);
  const cut = versioned.lastIndexOf('_');
  const named = cut > 0 && architectures.test(versioned.slice(cut + 1)) ? versioned.slice(cut + 1) : undefined;
  const version = named === undefined ? versioned : versioned.slice(0, cut);
  if (version === '' || !/^[0-9A-Za-z~^.+-]+$/.test(version)) return undefined;
  return {
    fileName,
    version,
    native: named !== undefined && named === nativeNames[arch],
    triesLeft: tries === null ? Number.POSITIVE_INFINITY : Number(tries[1]),
    triesDone: Number(tries?.[2] ?? 0),
  };
}

/** Infinity less Infinity is no number. */
function compareTries(a: number, b: number): number {
  return a === b ? 0 : sign(a < b ? 0 : 1, a < b ? 1 : 0);
}

function compareCandidates(a: Candidate, b: Candidate): number {
  return (
    sign(Number(a.triesLeft !== 0), Number(b.triesLeft !== 0)) ||
    compareVersions(a.version, b.version) ||
    sign(Number(a.native), Number(b.native)) ||
    compareTries(a.triesLeft, b.triesLeft) ||
    sign(b.triesDone, a.triesDone) ||
    (a.fileName < b.fileName ? -1 : 1)
  );
}

/**
 * The best entry of a versioned directory (systemd.v(7)): `NAME_VERSION[_ARCHITECTURE][+LEFT[-DONE]]SUFFIX`. Those with
 * attempts left come first, then the newest, then those for this machine. Undefined when there is none.
 *
 * @throws Error of node with `code` when the directory cannot be read
 */
export function pickVersion(directory: string, name: string, suffix: string): string | undefined {
  const isRaw = suffix.endsWith('.raw');
  const fits = (candidate: Candidate) => {
    const status = statSync(join(directory, candidate.fileName), { throwIfNoEntry: false });
    return isRaw ? status?.isFile() || status?.isBlockDevice() : status?.isDirectory();
  };
  const candidates = readdirSync(directory)
    .map((fileName) => parseCandidate(fileName, name, suffix))
    .filter((candidate) => candidate !== undefined);
  return candidates.filter(fits).sort(compareCandidates).at(-1)?.fileName;
}
