import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, shell } from '../command.js';

/** What buildah and podman are called with: storage, settings and caches of their own in a directory, nothing of this machine's. */
export class Containers {
  readonly #home: string;

  /** `home` is a directory that is there. */
  constructor(home: string) {
    this.#home = home;
    for (const name of ['run', 'tmp']) mkdirSync(join(home, name));
    const storage = `[storage]\ndriver = "vfs"\nrunroot = "${home}/runroot"\ngraphroot = "${home}/graph"\n`;
    writeFileSync(join(home, 'storage.conf'), storage);
    writeFileSync(join(home, 'registries.conf'), '');
    writeFileSync(join(home, 'containers.conf'), '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "none"\n');
    writeFileSync(join(home, 'policy.json'), JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }));
  }

  /** Runs one of both to its end, and gives back what it has printed, less the end of the line. */
  run(program: 'buildah' | 'podman', ...parameters: readonly string[]): string {
    const home = this.#home;
    const environment = {
      HOME: home,
      XDG_RUNTIME_DIR: join(home, 'run'),
      TMPDIR: join(home, 'tmp'),
      CONTAINERS_CONF: join(home, 'containers.conf'),
      CONTAINERS_STORAGE_CONF: join(home, 'storage.conf'),
      CONTAINERS_REGISTRIES_CONF: join(home, 'registries.conf'),
      BUILDAH_ISOLATION: 'chroot',
    };
    // Root's caches have a fixed place.
    const alone = ['--mount', 'bash', '-euc', 'mount -t tmpfs none /var/lib; exec "$@"', 'bash'];
    return run('unshare', [...alone, program, ...parameters], { environment }).trimEnd();
  }

  /** Makes an image of another, or of nothing, by a change: a script of the shell in the root of its tree. */
  build(image: string, from: string, change: string, ...configuration: readonly string[]): void {
    const container = this.run('buildah', 'from', this.#policy, '--pull-never', from);
    shell(`cd "$1"; ${change}`, [this.run('buildah', 'mount', container)]);
    this.run('buildah', 'umount', container);
    if (configuration.length > 0) this.run('buildah', 'config', ...configuration, container);
    this.run('buildah', 'commit', '--quiet', this.#policy, '--rm', container, image);
  }

  /** Puts an image where `target` says (containers-transports(5)). */
  push(image: string, target: string, ...options: readonly string[]): void {
    this.run('buildah', 'push', '--quiet', this.#policy, '--tls-verify=false', ...options, image, target);
  }

  get #policy(): string {
    return `--signature-policy=${join(this.#home, 'policy.json')}`;
  }
}
