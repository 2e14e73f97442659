import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../support/command.js';
import { projectFile } from '../support/project.js';
import { clientProgram, serviceProgram } from '../support/service.js';
import type { Row } from './rows.js';

/** What one run took. Bytes and seconds. */
export interface Measurement {
  status: number;
  wallSeconds: number;
  cpuSeconds: number;
  /** Peak resident size of the largest process. */
  largestBytes: number;
  /** Peak of the proportional sizes of all processes together. */
  totalBytes: number;
  output: string;
}

export type Side = 'ferry' | 'systemd';

/** Where a run puts its image, and what it downloads. */
export interface Errand {
  readonly row: Row;
  /** Of the server, without a slash at its end. */
  readonly url: string;
  /** An empty directory for the run alone. */
  readonly directory: string;
  /** Whether Ferry, too, runs with the libraries of the peer's newer system. */
  readonly samePeerLibraries: boolean;
}

const peerProgram = projectFile('test', 'peer', 'peer');

/** Runs one side once. @throws Error when it fails. */
export function measure(side: Side, errand: Errand): Measurement {
  const images = join(errand.directory, 'images');
  mkdirSync(images);
  const parameters = side === 'ferry' ? ferryParameters(errand, images) : ['', '--', ...peerCommand(errand, images)];
  const measured: Measurement = JSON.parse(run('python3', [projectFile('test', 'bench', 'measure.py'), ...parameters]));
  if (measured.status !== 0) throw new Error(`${side} failed on ${errand.row.name}: ${measured.output}`);
  return measured;
}

function ferryParameters({ row, url, directory, samePeerLibraries }: Errand, images: string): string[] {
  const socket = join(directory, 'socket');
  const node = samePeerLibraries ? [peerProgram, 'exec', 'node'] : [process.execPath];
  const service = [...node, serviceProgram, `--listen=${socket}`];
  const options = [`--image-root=${images}`, '--verify=checksum', '--keep-download=no', '--quiet'];
  const client = [
    ...node,
    clientProgram,
    `--address=unix:${socket}`,
    ...options,
    `pull-${row.verb}`,
    `${url}/${row.file}`,
    'image',
  ];
  return [socket, ...service, '--', ...client];
}

function peerCommand({ row, url }: Errand, images: string): string[] {
  const options = [`--image-root=${images}`, '--verify=checksum', '--keep-download=no'];
  return [peerProgram, 'pull', ...options, row.verb, `${url}/${row.file}`, 'image'];
}
