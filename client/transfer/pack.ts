import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { findProgram } from '../../common/programs.js';
import { escapeText } from '../../varlink/text.js';
import { reasonOf, UserError } from '../cli/failure.js';
import type { ProcessContext } from '../cli/process-context.js';
import type { Chunks } from './bytes.js';
import type { ImportSource } from './import-source.js';

/** Everything about a file that import-fs keeps on the same host; numbers, since the names are another host's. */
const parameters = [
  '--create',
  '--file=-',
  '--format=pax',
  '--numeric-owner',
  '--xattrs',
  '--xattrs-include=*',
  '--acls',
  '--directory=/proc/self/fd/3',
  '.',
];
const wordsKept = 4096;

/**
 * Packs a directory on its way to another host or container: descriptors of directories do not go there. The work is
 * done by tar(1).
 *
 * @param sparse whether holes are packed as such
 * @throws UserError if tar is missing, or has not packed all there is
 */
export async function* packDirectory(
  { descriptor, what }: ImportSource,
  { variables, environment }: ProcessContext,
  { sparse = true } = {},
): Chunks {
  const tar = findProgram('tar', environment.searchPath);
  if (tar === undefined)
    throw new UserError(`Cannot pack ${what}: the program tar is not installed.`, { error: 'Failed' });
  const child = start(sparse ? [tar, '--sparse'] : [tar], descriptor, variables, what);
  const ended = once(child, 'exit').catch((error) => {
    throw cannotStart(what, error);
  });
  ended.catch(() => {});
  const { stdout, stderr } = child;
  // A process that does not start may lack its pipes; an event tells the reason.
  const words = stderr === null ? '' : collectEnd(stderr);
  try {
    if (stdout !== null) yield* stdout as AsyncIterable<Buffer>;
    const [status] = await ended;
    // 1 says that a file changed while it was read: nobody knows what is in it then.
    if (status !== 0)
      throw new UserError(`Cannot pack ${what}: ${escapeText(await words)}`, { error: 'FileSystemError' });
  } finally {
    child.kill();
  }
}

function start(
  [tar = '', ...options]: string[],
  descriptor: number,
  variables: ProcessContext['variables'],
  what: string,
): ChildProcess {
  try {
    return spawn(tar, [...options, ...parameters], {
      stdio: ['ignore', 'pipe', 'pipe', descriptor],
      env: { ...variables, LC_ALL: 'C' },
    });
  } catch (error) {
    throw cannotStart(what, error);
  }
}

function cannotStart(what: string, error: unknown): UserError {
  return new UserError(`Cannot pack ${what}: tar cannot be started: ${reasonOf(error)}.`, { error: 'Failed' });
}

/** The last line that is worth showing. */
async function collectEnd(stream: Readable): Promise<string> {
  let end = Buffer.alloc(0);
  // Of bytes: a character may come in two pieces.
  for await (const chunk of stream) end = Buffer.concat([end, Buffer.from(chunk)]).subarray(-wordsKept);
  const lines = end
    .toString()
    .split('\n')
    .filter((line) => line !== '' && !line.includes('Exiting with failure status'));
  return lines.at(-1)?.replace(/^\S*tar: /, '') ?? 'tar failed.';
}
