import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { run, shell } from '../support/command.js';
import { projectFile } from '../support/project.js';
import { type DockerRegistry, dockerRegistry } from '../support/registry/docker-registry.js';
import { ferryHost } from '../support/service/ferry-host.js';
import { removeTree, temporaryDirectory } from '../support/temporary.js';
import { peerProgram } from './sides.js';

// Measures how long a container image takes to become a tree, beside skopeo with umoci, and beside systemd-pull: see docs/benchmarks.md.

const rounds = 5;

/** An image of a small Debian, with three more layers of its files, in a registry. */
function publish(registry: DockerRegistry, work: string): string {
  const files = run(projectFile('test', 'support', 'images', 'fixtures.sh'), ['archives']).trim();
  const script = `
    umoci init --layout oci
    umoci new --image oci:app
    umoci unpack --image oci:app bundle
    tar -C bundle/rootfs -xf "$1/debian.tar" --exclude='./dev/*'
    umoci repack --refresh-bundle --image oci:app bundle
    mkdir bundle/rootfs/opt/copies
    for part in usr/lib usr/share etc; do
      cp -a "bundle/rootfs/$part" bundle/rootfs/opt/copies/
      umoci repack --refresh-bundle --image oci:app bundle
    done
    skopeo copy --quiet --dest-tls-verify=false oci:oci:app "docker://$2/app:v1"
    rm -rf bundle oci`;
  shell(script, [files, registry.host], { cwd: work });
  return `${registry.host}/app:v1`;
}

async function seconds(action: () => unknown): Promise<number> {
  const start = performance.now();
  await action();
  return (performance.now() - start) / 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

await using host = await ferryHost(undefined);
await using registry = await dockerRegistry();
await using directory = temporaryDirectory();
const reference = publish(registry, directory.path);

async function pull(place: string): Promise<void> {
  const { status, stderr } = await host.ferryctl([
    `--image-root=${place}`,
    'pull-oci',
    '--layout=tree',
    reference,
    'app',
  ]);
  if (status !== 0) throw new Error(stderr);
}

function copyAndUnpack(place: string): void {
  const script = `
    skopeo copy --quiet --src-tls-verify=false "docker://$1" oci:layout:app
    umoci unpack --image layout:app bundle
    sync -f .`;
  shell(script, [reference], { cwd: place });
}

function pullAsSystemd(place: string): void {
  const escaped = registry.host.replace(':', '%3a');
  const script = `
    set -e
    mkdir -p /etc/systemd/oci-registry
    mount -t tmpfs tmpfs /etc/systemd/oci-registry
    echo '{"defaultProtocol":"http"}' >"/etc/systemd/oci-registry/registry.$1.oci-registry"
    exec /usr/lib/systemd/systemd-pull --image-root="$2" oci "$3" app`;
  run(peerProgram, ['exec', 'sh', '-c', script, 'sh', escaped, place, reference]);
}

const sides: Readonly<Record<string, (place: string) => unknown>> = {
  ferry: pull,
  'skopeo and umoci': copyAndUnpack,
  'systemd-pull': pullAsSystemd,
};
const times = new Map(Object.keys(sides).map((name) => [name, [] as number[]]));
// The first round only warms up.
for (let round = 0; round <= rounds; round++)
  for (const [name, side] of Object.entries(sides)) {
    const place = join(directory.path, 'place');
    mkdirSync(place);
    const taken = await seconds(() => side(place));
    if (round > 0) times.get(name)?.push(taken);
    removeTree(place);
    // What one side has left to be written must not burden the other.
    run('sync', []);
  }

const ofFerry = times.get('ferry') ?? [];
console.log(`${reference}: medians of ${rounds} rounds, and of Ferry's ratio to each in a round`);
for (const [name, values] of times) {
  const ratios = ofFerry.map((value, round) => value / (values[round] ?? Number.NaN));
  console.log(`${name.padEnd(20)} ${median(values).toFixed(2).padStart(6)} s  ${median(ratios).toFixed(2)}`);
}
