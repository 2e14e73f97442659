import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { isTemporaryName } from '../../../service/images/install/holder.js';
import { run } from '../../support/command.js';
import type { FilesystemType } from '../../support/images/filesystems.js';
import { clientProgram } from '../../support/service/ferry-host.js';
import { waitWhile } from '../../support/wait.js';
import type { SeenCall } from './injection.js';
import { digestOf, type Scene, setScene } from './works.js';

export type Process = 'placement' | 'decode' | 'ferryctl';

/** A command of ferryctl that replaces the file TARGET by an exported image. */
export interface Export {
  readonly what: string;
  readonly image: 'disk' | 'tree';
  readonly verb: 'export-raw' | 'export-tar' | 'export-oci';
  readonly options: readonly string[];
  /** Those whose calls on the file system can go wrong. */
  readonly processes: readonly Process[];
}

function exported(image: Export['image'], way: 'here' | 'ssh', compression: 'gzip' | 'zstd' | null): Export {
  const options = compression === null ? [] : [`--format=${compression}`];
  return {
    what: `export of a ${image}${way === 'here' ? '' : ' through ssh'}${compression === null ? '' : `, ${compression}`}`,
    image,
    verb: image === 'disk' ? 'export-raw' : 'export-tar',
    options: way === 'here' ? options : [...options, '--host=there'],
    processes: ['ferryctl', 'placement', ...(compression === null ? [] : (['decode'] as const))],
  };
}

/** The layer goes straight to its file here, and through a temporary file to elsewhere. */
function exportedAsOci(way: 'here' | 'ssh'): Export {
  const wish = exported('tree', way, 'gzip');
  return { ...wish, what: `${wish.what}, as an OCI image`, verb: 'export-oci' };
}

export const exportsOfAllKinds = {
  ociTree: exportedAsOci('here'),
  remoteOciTree: exportedAsOci('ssh'),
  disk: exported('disk', 'here', null),
  packedDisk: exported('disk', 'here', 'zstd'),
  remoteDisk: exported('disk', 'ssh', null),
  tree: exported('tree', 'here', null),
  packedTree: exported('tree', 'here', 'gzip'),
};

/** What became of an export that met a fault. */
export interface ExportOutcome {
  /** What ferryctl said, with ROOT, TARGET, and N for numbers; null: it succeeded. */
  readonly message: string | null;
  readonly target: 'old' | 'new' | 'neither';
  /** Names beside the target. */
  readonly beside: readonly string[];
  /** Temporary names in the directory of the image. */
  readonly left: readonly string[];
  readonly imageIsWhole: boolean;
  readonly log: string;
}

/** Repeats an export with faults. */
export class ExportSweep {
  readonly scene: Scene;
  readonly #export: Export;
  readonly #images: string;
  #new = '';
  /** What each process does on the file system of image and target, call by call. */
  readonly calls = new Map<Process, readonly SeenCall[]>();

  private constructor(scene: Scene, wish: Export) {
    this.scene = scene;
    this.#export = wish;
    this.#images = digestOf(scene.root);
  }

  /** Does the export once without a fault. */
  static async begin(t: TestContext, type: FilesystemType, wish: Export): Promise<ExportSweep> {
    const scene = await setScene(t, type);
    run('cp', ['-a', scene.file('new.raw'), join(scene.root, 'disk.raw')]);
    if (type === 'btrfs') run('btrfs', ['-q', 'subvolume', 'snapshot', scene.file('new'), join(scene.root, 'tree')]);
    else run('cp', ['-a', scene.file('new'), join(scene.root, 'tree')]);
    mkdirSync(scene.file('exports'));
    const ssh = scene.file('ssh');
    writeFileSync(ssh, `#!/bin/sh\n[ "$1" = -G ] || exec socat STDIO UNIX-CONNECT:${scene.stage.host.socket}\n`);
    chmodSync(ssh, 0o755);
    const sweep = new ExportSweep(scene, wish);
    await sweep.#watch();
    return sweep;
  }

  async #watch(): Promise<void> {
    const { injector, file, stage } = this.scene;
    for (const name of this.#export.processes) injector.watch(name);
    const { message } = await this.#run();
    if (message !== null) throw new Error(message);
    this.#new = digestOf(file('exports', 'target'));
    for (const name of this.#export.processes) {
      const log = name === 'decode' ? stage.host.log().split('\n') : undefined;
      const calls = injector.seen(name, log).filter(({ line }) => line.includes(file()));
      this.calls.set(name, calls);
      injector.leaveAlone(name);
    }
  }

  /** Does the export with one fault: `error=ENOSPC` or `signal=SIGKILL` at a call of a process. */
  async meet(name: Process, call: SeenCall, what: string): Promise<ExportOutcome> {
    this.scene.injector.inject(name, call, what);
    const outcome = await this.#run();
    this.scene.injector.leaveAlone(name);
    return outcome;
  }

  /** Does the export once more, without a fault and over what earlier ones left. */
  async again(): Promise<ExportOutcome> {
    return await this.#run();
  }

  async #run(): Promise<ExportOutcome> {
    const { stage, root, file } = this.scene;
    const target = file('exports', 'target');
    rmSync(target, { force: true });
    writeFileSync(target, 'old');
    const before = stage.host.log().length;
    const message = await this.#ferryctl(target);
    await waitWhile(async () => (await stage.transfers.list({})).transfers.length > 0);
    const content = readFileSync(target);
    const isNew = digestOf(target) === this.#new;
    return {
      message:
        message
          ?.replaceAll(target, 'TARGET')
          .replaceAll(root, 'ROOT')
          .replace(/\d+(?= bytes)/g, 'N') ?? null,
      target: content.equals(Buffer.from('old')) ? 'old' : isNew ? 'new' : 'neither',
      beside: readdirSync(file('exports')).filter((name) => name !== 'target'),
      left: readdirSync(root).filter(isTemporaryName),
      imageIsWhole: digestOf(root) === this.#images,
      log: stage.host.log().slice(before),
    };
  }

  async #ferryctl(target: string): Promise<string | null> {
    const { stage, injector, root, file } = this.scene;
    const { image, verb, options } = this.#export;
    const address = options.includes('--host=there') ? [] : [`--address=unix:${stage.host.socket}`];
    const parameters = [...address, `--image-root=${root}`, ...options, '--quiet', verb, image, target];
    const child = spawn(injector.program, [clientProgram, ...parameters], {
      env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', SYSTEMD_SSH: file('ssh') },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [said, [status, signal]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    // Node syncs its own streams at its end, and complains in a second line when that fails too.
    const [message = ''] = said.split('\n');
    return status === 0 ? null : (signal ?? message);
  }
}
