import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Applied } from './mutant.js';
import { Workshop } from './workshop.js';

/** Which kind of machine runs the stories of a folder. */
const kinds: readonly (readonly [folder: string, kind: string])[] = [
  ['machine/stories/', 'container'],
  ['machine/alone/', 'vm'],
  ['machine/newest/', 'newest'],
];

/**
 * Makes a product with each mistake, and runs the story that has to notice with each of them, in one start of each kind of machine.
 *
 * @returns the exit status: 0 if all were noticed, at the step that was named for them
 */
export async function tryInMachine(mutants: readonly Applied[]): Promise<number> {
  using workshop = new Workshop();
  const place = mkdtempSync(join(tmpdir(), 'ferry-machine-mutants-'));
  try {
    let status = 0;
    for (const [folder, kind] of kinds) {
      const its = mutants.filter(({ mutant }) => mutant.test.startsWith(folder));
      if (its.length === 0) continue;
      const directory = join(place, kind);
      for (const [index, applied] of its.entries()) await make(workshop, applied, join(directory, nameOf(index)));
      const run = spawnSync(join('test', 'machine', 'run.sh'), ['mutants', directory, kind], { stdio: 'inherit' });
      if (run.status !== 0) status = 1;
      rmSync(directory, { recursive: true });
    }
    return status;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** In order, as the machine sees them. */
function nameOf(index: number): string {
  return String(index).padStart(2, '0');
}

/** What run.sh takes: a source directory's parts that differ, the story, its step, and what goes wrong. */
async function make(workshop: Workshop, { mutant, file }: Applied, directory: string): Promise<void> {
  const { what, test, only = '' } = mutant;
  mkdirSync(directory, { recursive: true });
  await workshop.make(mutant, file, directory);
  for (const [name, text] of Object.entries({ what, story: test, step: only }))
    writeFileSync(join(directory, name), `${text}\n`);
}
