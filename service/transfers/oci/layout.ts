import { execFile } from 'node:child_process';
import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { OciLayout } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { FileSystemMagic } from '../../../linux/space.js';
import { findSystemProgram } from '../../sandbox/programs.js';

/** The first systemd that starts images of stacked layers: systemd-nspawn(1). */
const firstSystemd = 260;

/** File systems that hold layers of overlayfs and what is written above them. */
const stackable: readonly number[] = [
  FileSystemMagic.btrfs,
  FileSystemMagic.ext4,
  FileSystemMagic.xfs,
  FileSystemMagic.tmpfs,
  FileSystemMagic.bcachefs,
];

/** The version of the systemd of this host; 0 where there is none. */
async function systemdVersion(): Promise<number> {
  const program = findSystemProgram('systemctl');
  if (program === undefined) return 0;
  try {
    const { stdout } = await promisify(execFile)(program, ['--version'], { timeout: 10_000, env: { LC_ALL: 'C' } });
    return Number(/^systemd (\d+)/.exec(stdout)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function isStackable(imageRoot: string): boolean {
  let place = imageRoot;
  while (!existsSync(place)) place = dirname(place);
  return stackable.includes(statfsSync(place).type >>> 0);
}

/** How an image is kept where nobody says how: as layers, if this host can start that. */
export async function defaultLayout(imageRoot: string, version = systemdVersion): Promise<OciLayout> {
  return isStackable(imageRoot) && (await version()) >= firstSystemd ? 'mstack' : 'tree';
}
