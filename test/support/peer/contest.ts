import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { attempt, run } from '../command.js';
import { type CompareOptions, compareTrees } from '../images/compare-trees.js';
import { type FilesystemType, filesystemNeeds, forEachType, mountedFilesystem } from '../images/filesystems.js';
import { needs } from '../needs.js';
import { needsNginx } from '../servers/nginx.js';
import { type FerryHost, ferryHost, needsProduct } from '../service/ferry-host.js';
import { removeTree } from '../temporary.js';
import { needsPeer, peer } from './peer.js';

/** Ferry and systemd's helpers, each with an image root of its own on one filesystem. */
export class Contest {
  readonly type: FilesystemType;
  /** Where both find sources. */
  readonly place: string;
  /** Image roots, equally long: the names of long originals depend on that. */
  readonly ours: string;
  readonly theirs: string;
  readonly host: FerryHost;

  private constructor(type: FilesystemType, path: string, ours: string, host: FerryHost) {
    this.type = type;
    this.place = join(path, 'place');
    this.ours = ours;
    this.theirs = join(path, 'theirs');
    this.host = host;
  }

  /** Undefined, with the test skipped, where something is missing. */
  static async open(t: TestContext, type: FilesystemType): Promise<Contest | undefined> {
    const tools = { programs: ['tar', 'setfacl', 'setfattr', 'lsattr', 'xz', 'zstd', 'bzip2', 'qemu-img'] };
    if (!needsProduct(t) || !needsNginx(t) || !needsPeer(t) || !needs(t, tools) || !needs(t, filesystemNeeds(type)))
      return;
    const { path } = mountedFilesystem(t, type);
    const ours = join(path, 'ferry1');
    for (const name of ['place', 'ferry1', 'theirs']) mkdirSync(join(path, name));
    return new Contest(type, path, ours, await ferryHost(t, { imageRoot: ours }));
  }

  file(...names: string[]): string {
    return join(this.place, ...names);
  }

  /** Lets both do the same; demands success of both. */
  async both(
    verb: 'pull' | 'import' | 'import-fs',
    form: string,
    parameters: string[],
    options: string[] = [],
  ): Promise<void> {
    const ferryVerb = verb === 'import-fs' ? verb : `${verb}-${form}`;
    const ferry = await this.host.ferryctl([ferryVerb, ...options, ...parameters]);
    assert.equal(ferry.status, 0, ferry.stderr);
    const theirs = peer(verb, `--image-root=${this.theirs}`, ...options, form, ...parameters);
    assert.equal(theirs.status, 0, theirs.stderr);
  }

  /** Differences between the two image roots: systemd's is what is expected. Proofs are Ferry's alone. */
  differences(options: CompareOptions = {}): string[] {
    const ignorePath = (path: string) => path.endsWith('.proofs');
    const found = compareTrees(this.theirs, this.ours, { ignoreRoot: true, ignorePath, ...options });
    return [...found, ...this.#marks()];
  }

  /** Differences in what cannot be seen in metadata: read-only marks, and what is a subvolume. */
  #marks(): string[] {
    return readdirSync(this.theirs).flatMap((name) => {
      const [theirs, ours] = [markOf(join(this.theirs, name)), markOf(join(this.ours, name))];
      return theirs === ours ? [] : [`${name}: marked '${ours}' instead of '${theirs}'`];
    });
  }

  /** Empties both image roots. */
  clear(): void {
    for (const root of [this.ours, this.theirs]) {
      for (const name of readdirSync(root)) removeTree(join(root, name));
    }
  }
}

/** `subvolume`, `read-only subvolume`, `immutable`, or nothing. */
function markOf(path: string): string {
  if (!existsSync(path)) return 'missing';
  const property = attempt('btrfs', ['property', 'get', '-ts', path, 'ro']);
  const isSubvolume = attempt('btrfs', ['subvolume', 'show', path]).status === 0;
  const subvolume = isSubvolume ? (property.stdout.includes('ro=true') ? 'read-only subvolume' : 'subvolume') : '';
  return /^\S*i/.test(run('lsattr', ['-d', path])) ? `${subvolume} immutable`.trim() : subvolume;
}

/** A contest on each filesystem. */
export async function onEachContest(
  t: TestContext,
  act: (t: TestContext, contest: Contest) => Promise<void>,
  types: readonly FilesystemType[] = ['ext4', 'btrfs'],
): Promise<void> {
  await forEachType(t, types, async (t, type) => {
    const contest = await Contest.open(t, type);
    if (contest !== undefined) await act(t, contest);
  });
}
