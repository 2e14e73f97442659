import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../support/command.js';
import { projectFile, projectRoot } from '../support/project.js';
import { clientProgram, serviceProgram } from '../support/service/ferry-host.js';
import { imageName } from './container.js';
import type { Work } from './rows.js';
import type { Source, Sources } from './sources.js';

/** What one run took. Bytes and seconds. */
export interface Measurement {
  status: number;
  wallSeconds: number;
  /** Of all processes, from the start of the client; not what starting the service took. */
  cpuSeconds: number;
  /** Peak of the proportional sizes (PSS) of all processes together; 0 when not sampled, as the following. */
  totalBytes: number;
  daemonBytes: number;
  clientBytes: number;
  output: string;
}

/** Beside Ferry stand systemd's own helpers; where these cannot do the work, what the row names. */
export type Side = 'ferry' | 'systemd';

/** What is to be done, and where. */
export interface Errand {
  readonly work: Work;
  /** Of the server, without a slash at its end. */
  readonly url: string;
  /** `HOST:PORT` of a registry that has the image; none where nothing of one is pulled. */
  readonly registry?: string;
  /** What the server serves. */
  readonly files: string;
  readonly sources: Sources;
  /** An empty directory for the run alone. */
  readonly directory: string;
  /** Whether Ferry, too, runs with the libraries of the peer's newer system. */
  readonly peerLibraries: boolean;
  /** Sampling costs time, more of it for larger processes. */
  readonly sampleMemory: boolean;
}

export const peerProgram = projectFile('test', 'peer', 'peer');

/** One of systemd's, in its root. */
const helper = (verb: string): string => `/usr/lib/systemd/systemd-${verb}`;

/** Where a run puts what it makes. */
export const madeDirectory = ({ directory }: Errand): string => join(directory, 'images');

/** Runs one side once. @throws Error when it fails. */
export function measure(side: Side, errand: Errand): Measurement {
  mkdirSync(madeDirectory(errand));
  const commands = side === 'ferry' ? ferryCommands(errand) : [[''], ...systemdCommands(errand)];
  const sampling = errand.sampleMemory ? ['--memory'] : [];
  const parameters = commands.flatMap((command, index) => (index === 0 ? command : ['--', ...command]));
  const clock = ['python3', projectFile('test', 'bench', 'measure.py'), ...sampling, ...parameters];
  // The clock runs in the root of the helpers too, so that nobody waits for that to be entered.
  const isInRoot = side === 'systemd' ? !isOnHost(errand) : errand.peerLibraries;
  const [program = '', ...rest] = isInRoot ? [peerProgram, 'exec', ...clock] : clock;
  const measured: Measurement = JSON.parse(run(program, rest, { cwd: projectRoot }));
  if (measured.status !== 0) throw new Error(`${side} failed on ${JSON.stringify(errand.work)}: ${measured.output}`);
  return measured;
}

/** The path of what an errand imports or exports. */
function sourceOf({ files, sources }: Errand, work: Extract<Work, { source: Source } | { file: string }>): string {
  return 'source' in work ? sources.path(work.source) : join(files, work.file);
}

/** Whether the other side's programs are those of this machine. */
function isOnHost({ work }: Errand): boolean {
  return work.kind === 'pull-oci' && work.layout === 'tree';
}

/** The socket and the service, then the client's calls, of which the last is measured. */
function ferryCommands(errand: Errand): string[][] {
  const socket = join(errand.directory, 'socket');
  const node = errand.peerLibraries ? 'node' : process.execPath;
  const client = [node, clientProgram, `--address=unix:${socket}`, '--quiet'];
  const calls = ferryCalls(errand).map((call) => [...client, ...call]);
  return [[socket, node, serviceProgram, `--listen=${socket}`], ...calls];
}

const checked = '--verify=checksum';

function ferryCalls(errand: Errand): string[][] {
  const { work, url } = errand;
  const root = `--image-root=${madeDirectory(errand)}`;
  switch (work.kind) {
    case 'pull':
      return [[root, checked, '--keep-download=no', `pull-${work.format}`, `${url}/${work.file}`, 'image']];
    case 'again':
      return ['first', 'second'].map((name) => [root, checked, `pull-${work.format}`, `${url}/${work.file}`, name]);
    case 'import':
      return [[root, `import-${work.format}`, sourceOf(errand, work), 'image']];
    case 'import-fs':
      return [[root, 'import-fs', sourceOf(errand, work), 'image']];
    case 'pull-oci':
      return [[root, `--layout=${work.layout}`, 'pull-oci', imageReference(errand), 'image']];
    case 'export': {
      const file = join(madeDirectory(errand), 'exported');
      const place = `--image-root=${join(sourceOf(errand, work), '..')}`;
      return [[place, `--format=${work.compression}`, `export-${work.format}`, work.source, file]];
    }
  }
}

function systemdCommands(errand: Errand): string[][] {
  const { work, url } = errand;
  const root = `--image-root=${madeDirectory(errand)}`;
  const pull = [helper('pull'), root, checked];
  switch (work.kind) {
    case 'pull':
      return [[...pull, '--keep-download=no', work.format, `${url}/${work.file}`, 'image']];
    case 'again':
      return ['first', 'second'].map((name) => [...pull, work.format, `${url}/${work.file}`, name]);
    case 'import':
      return [[helper('import'), root, work.format, sourceOf(errand, work), 'image']];
    case 'import-fs':
      return [[helper('import-fs'), root, 'run', sourceOf(errand, work), 'image']];
    case 'pull-oci':
      return work.layout === 'tree' ? copyAndUnpack(errand) : pullStack(errand);
    case 'export': {
      const file = join(madeDirectory(errand), 'exported');
      const command = [helper('export'), `--format=${work.compression}`, work.format, sourceOf(errand, work), file];
      return [work.synced ? ['sh', '-c', '"$@" && sync "$0"', file, ...command] : command];
    }
  }
}

const imageReference = ({ registry = '' }: Errand): string => `${registry}/${imageName}`;

/** The tree is on the disk at the end, as Ferry's is. */
function copyAndUnpack(errand: Errand): string[][] {
  const script = `
    cd "$1"
    skopeo copy --quiet --src-tls-verify=false "docker://$2" oci:layout:app
    umoci unpack --image layout:app bundle
    sync -f .`;
  return [['sh', '-ec', script, 'sh', madeDirectory(errand), imageReference(errand)]];
}

function pullStack(errand: Errand): string[][] {
  const place = '/etc/systemd/oci-registry';
  // systemd speaks http only with registries that an entry says so of.
  const entry = `
    mkdir -p ${place}
    mount -t tmpfs tmpfs ${place}
    echo '{"defaultProtocol":"http"}' >"${place}/registry.$1.oci-registry"`;
  const root = `--image-root=${madeDirectory(errand)}`;
  return [
    ['sh', '-ec', entry, 'sh', (errand.registry ?? '').replace(':', '%3a')],
    [helper('pull'), root, 'oci', imageReference(errand), 'image'],
  ];
}
