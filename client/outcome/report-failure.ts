import { exitStatus } from '../../common/exit-statuses.js';
import type { GivenOption } from '../cli/arguments.js';
import { parseArguments } from '../cli/argv.js';
import { UserError } from '../cli/failure.js';
import type { OutputStream, ProcessContext } from '../cli/process-context.js';
import { type JsonMode, parseJsonMode } from '../cli/values.js';
import { isStandardStream } from '../names.js';
import { failedDocument, jsonText, statusOf } from './document.js';

/**
 * Ends a command that failed: writes the failure as JSON where the command line asks for it.
 *
 * @returns the exit status; as importctl, whose only status of a failure is 1, that one
 */
export function reportFailure(thrown: unknown, argv: readonly string[], context: ProcessContext): number {
  if (context.programName === 'importctl') return exitStatus.failure;
  const { options, positionals } = readLeniently(argv);
  const mode = jsonModeOf(options, context);
  if (mode !== 'off' && !carriesBytes(positionals)) {
    writeIfPossible(context.stdout, jsonText(failedDocument(thrown), mode));
  }
  return exitStatus[statusOf(thrown)];
}

/** What failed first is told already: that its JSON cannot be written adds nothing. */
function writeIfPossible(stdout: OutputStream, text: string): void {
  try {
    stdout.write(text);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
}

/** Whether standard output is for an image, or for another program. */
function carriesBytes([verb, _, file]: readonly string[]): boolean {
  if (verb?.startsWith('export-') === true) return isStandardStream(file);
  return verb === 'bridge' || verb === 'complete';
}

interface Read {
  readonly options: readonly GivenOption[];
  readonly positionals: readonly string[];
}

/** Of a command line that is wrong: what can be understood of it, word by word. */
function readLeniently(argv: readonly string[]): Read {
  const whole = readOrNothing(argv);
  if (whole !== undefined) return whole;
  const words = argv.map((word, index) => readOrNothing([word]) ?? readOrNothing(argv.slice(index, index + 2)));
  return {
    options: words.flatMap((word) => word?.options ?? []),
    positionals: words.flatMap((word) => word?.positionals ?? []),
  };
}

function readOrNothing(argv: readonly string[]): Read | undefined {
  try {
    return parseArguments(argv);
  } catch {
    return undefined;
  }
}

function jsonModeOf(options: readonly GivenOption[], context: ProcessContext): JsonMode {
  const text = options.findLast(({ name }) => name === 'json')?.value ?? 'off';
  try {
    return parseJsonMode('--json=', text, context);
  } catch {
    return 'off';
  }
}
