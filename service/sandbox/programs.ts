import { execFile } from 'node:child_process';
import { findProgram, systemPath } from '../../common/programs.js';

/** Finds a program of the system; undefined if it is not there. */
export function findSystemProgram(name: string): string | undefined {
  return findProgram(name, systemPath);
}

/** Runs a command; undefined if it succeeds, else its last line. */
export function complaintOf([program = '', ...parameters]: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, parameters, (error, _output, complaint) => {
      resolve(error === null ? undefined : complaint.trim().split('\n').at(-1) || error.message);
    });
  });
}

/** A part of a command that adds a layer; none where there is no such layer, and why not. */
export interface SandboxLayer {
  readonly command: readonly string[];
  readonly reason: string;
}

export function noLayer(reason: string): SandboxLayer {
  return { command: [], reason };
}

export function hasLayer({ command }: SandboxLayer): boolean {
  return command.length > 0;
}

export function notInstalled(name: string): string {
  return `${name} is not installed`;
}
