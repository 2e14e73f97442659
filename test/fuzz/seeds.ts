import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { projectFile } from '../support/project.js';

/*
 * Inputs that were kept, a file for each target: one input a line, deflated, in base64. What has once made the product
 * fail stays among them for good, as a comment before it says; the others take all branches that were ever taken.
 */

/** The inputs that were kept for a target. */
export function keptSeeds(target: string): Buffer[] {
  const path = pathOf(target);
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map(decode);
}

/** Replaces the inputs that were kept, but those below a comment. */
export function keepSeeds(target: string, inputs: readonly Buffer[]): void {
  const path = pathOf(target);
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  const known = lines.flatMap((line, index) => (line.startsWith('#') ? [line, lines[index + 1] ?? ''] : []));
  const others = inputs.map(encode).filter((line) => !known.includes(line));
  writeFileSync(path, `${[...known, ...others].join('\n')}\n`);
}

const pathOf = (target: string) => projectFile('test', 'fuzz', 'seeds', `${target}.txt`);
const encode = (input: Buffer) => `${deflateRawSync(input, { level: 9 }).toString('base64')}`;
const decode = (line: string) => inflateRawSync(Buffer.from(line, 'base64'));
