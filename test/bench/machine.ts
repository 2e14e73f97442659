import { cpus, release, totalmem } from 'node:os';
import { run } from '../support/command.js';
import { libraries } from './limits.js';
import { peerProgram, type Side } from './sides.js';

/** What the figures depend on beside the code. */
export interface Machine {
  readonly processor: string;
  readonly processors: number;
  readonly memoryMiB: number;
  readonly kernel: string;
  readonly node: string;
  readonly systemd: string;
  readonly commit: string;
  readonly libraries: Readonly<Record<Side, readonly string[]>>;
}

export function machine(peerLibraries: boolean): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model ?? 'unknown',
    processors: processors.length,
    memoryMiB: Math.round(totalmem() / (1 << 20)),
    kernel: release(),
    node: process.version,
    systemd: run(peerProgram, ['version']).trim(),
    commit: run('git', ['describe', '--always', '--dirty']).trim(),
    libraries: libraries(peerLibraries),
  };
}

/** One line each, for people. */
export function machineLines(about: Machine): string[] {
  const { ferry, systemd } = about.libraries;
  return [
    `${about.processors} × ${about.processor}, ${about.memoryMiB} MiB, Linux ${about.kernel}, ${about.systemd}, node ${about.node}, Ferry ${about.commit}`,
    `Libraries of Ferry: ${ferry.join(', ')}`,
    `Libraries of systemd: ${systemd.join(', ')}`,
  ];
}
