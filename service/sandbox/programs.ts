import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';

/** Finds a program in the directories that system programs are kept in; null if it is not there. */
export function findProgram(name: string): string | null {
  for (const directory of ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin']) {
    try {
      accessSync(`${directory}/${name}`, constants.X_OK);
      return `${directory}/${name}`;
    } catch {
      // looked for in the next directory
    }
  }
  return null;
}

/** Runs a command; null if it succeeds, else its last line. */
export function complaintOf([program = '', ...parameters]: readonly string[]): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(program, parameters, (error, _output, complaint) => {
      resolve(error === null ? null : complaint.trim().split('\n').at(-1) || error.message);
    });
  });
}

/** A part of a command that adds a layer; none where there is no such layer, and why not. */
export interface SandboxLayer {
  readonly command: readonly string[];
  readonly reason: string;
}

export function noWall(reason: string): SandboxLayer {
  return { command: [], reason };
}

export function hasWall({ command }: SandboxLayer): boolean {
  return command.length > 0;
}

export function notInstalled(name: string): string {
  return `${name} is not installed`;
}
