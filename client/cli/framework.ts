import { PassThrough } from 'node:stream';
import type { Log } from '../../common/log/log.js';
import type { CommandRequest } from './argv.js';
import type { CommandContext, VerbCommandClass } from './command.js';
import type { ProcessContext } from './process-context.js';
import type { VerbDescription } from './verbs.js';

type StandardStreamName = 'stdin' | 'stdout' | 'stderr';

/**
 * Keeps the standard streams from being opened by node until disposed. clipanion looks at all three when it is loaded,
 * at which node makes a pipe non-blocking, for everybody who has it: the service, to which it is pushed, among them.
 */
function shadowStandardStreams(): Disposable {
  const names: StandardStreamName[] = ['stdin', 'stdout', 'stderr'];
  const originals = names.map((name) => [name, Object.getOwnPropertyDescriptor(process, name)] as const);
  for (const name of names) {
    Object.defineProperty(process, name, { configurable: true, enumerable: true, value: undefined });
  }
  return {
    [Symbol.dispose]() {
      for (const [name, original] of originals) {
        if (original !== undefined) Object.defineProperty(process, name, original);
      }
    },
  };
}

/**
 * Runs a verb. Only clipanion and the code of this one verb are loaded.
 *
 * @returns the exit status
 */
export async function runCommand(
  { verb, options, positionals }: CommandRequest,
  processContext: ProcessContext,
  log: Log,
): Promise<number> {
  const { Cli, command } = await load(verb);
  const cli = Cli.from<CommandContext>([command], { binaryName: processContext.programName });
  const unused = new PassThrough();
  const streams = { stdin: unused, stdout: unused, stderr: unused };
  const context = {
    env: { ...processContext.variables },
    ...streams,
    colorDepth: 1,
    takes: verb.takes,
    options,
    processContext,
    log,
  };
  return (await cli.process([verb.name, '--', ...positionals], context).execute()) ?? 0;
}

async function load(
  verb: VerbDescription,
): Promise<{ Cli: typeof import('clipanion').Cli; command: VerbCommandClass }> {
  using _ = shadowStandardStreams();
  const { Cli } = await import('./clipanion.js');
  const command = await verb.load();
  command.paths = [[verb.name]];
  return { Cli, command };
}
