import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { VarlinkClient } from '../../../varlink/client/client.js';
import type { Outcome } from '../command.js';
import { type FilesystemType, filesystemNeeds, forEachType, mountedFilesystem } from '../images/filesystems.js';
import { needs } from '../needs.js';
import { removeTree } from '../temporary.js';
import { type FerryHost, ferryHost, type HostOptions, needsProduct } from './ferry-host.js';

/** The product, with an image root and sources on one filesystem of some type. */
export class Scene {
  readonly type: FilesystemType;
  /** A directory on the filesystem, for sources and exported files. */
  readonly place: string;
  readonly host: FerryHost;

  private constructor(type: FilesystemType, place: string, host: FerryHost) {
    this.type = type;
    this.place = place;
    this.host = host;
  }

  /** Undefined, with the test skipped, where something is missing. Ends with the test. */
  static async open(
    t: TestContext,
    type: FilesystemType,
    options: Omit<HostOptions, 'imageRoot'> = {},
  ): Promise<Scene | undefined> {
    if (!needsProduct(t) || !needs(t, filesystemNeeds(type))) return undefined;
    const filesystem = mountedFilesystem(t, type);
    const [imageRoot, place] = [join(filesystem.path, 'images'), join(filesystem.path, 'place')];
    for (const path of [imageRoot, place]) mkdirSync(path);
    return new Scene(type, place, await ferryHost(t, { imageRoot, ...options }));
  }

  file(...names: string[]): string {
    return join(this.place, ...names);
  }

  image(...names: string[]): string {
    return join(this.host.imageRoot, ...names);
  }

  /** Runs ferryctl and demands success. Gives back what it said. */
  async succeed(...parameters: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.host.ferryctl(parameters);
    assert.equal(status, 0, `${parameters.join(' ')}: ${stderr}`);
    return stdout + stderr;
  }

  /** Runs ferryctl and demands this exit status and no stack trace. Gives back what it said on standard error. */
  async fail(expected: number, ...parameters: string[]): Promise<string> {
    const { status, stderr } = await this.host.ferryctl(parameters);
    assertFailure(expected, { status, stderr }, parameters);
    return stderr;
  }

  /** Removes all images, whatever they are: what one case has left must not make the next one fail. */
  clearImages(): void {
    for (const name of this.host.images()) removeTree(this.image(name));
  }

  /** Removes all sources and exported files. */
  clearPlace(): void {
    for (const name of readdirSync(this.place)) removeTree(this.file(name));
  }

  connect(): Promise<VarlinkClient> {
    return VarlinkClient.connect(`unix:${this.host.socket}`);
  }
}

export function assertFailure(
  expected: number,
  { status, stderr }: Pick<Outcome, 'status' | 'stderr'>,
  parameters: string[],
): void {
  assert.equal(status, expected, `${parameters.join(' ')}: ${stderr}`);
  assert.doesNotMatch(stderr, /^\s+at |Internal error|made a mistake/m);
}

/** A scene for each filesystem: `onEachScene(t, ['ext4', 'btrfs'], async (t, scene) => …)`. */
export async function onEachScene(
  t: TestContext,
  types: readonly FilesystemType[],
  act: (t: TestContext, scene: Scene) => Promise<void>,
): Promise<void> {
  await forEachType(t, types, async (t, type) => {
    const scene = await Scene.open(t, type);
    if (scene !== undefined) await act(t, scene);
  });
}
