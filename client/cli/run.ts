import { exitStatus } from '../../common/exit-statuses.js';
import type { Log } from '../../common/log/log.js';
import { openLog } from '../terminal/log.js';
import { readRequest } from './argv.js';
import { UserError } from './failure.js';
import type { ProcessContext } from './process-context.js';
import type { VerbDescription } from './verbs.js';

/**
 * Does what the command line says.
 *
 * @param argv the arguments, without interpreter and program
 * @returns the exit status, as common/exit-statuses.ts says
 */
export async function run(argv: readonly string[], context: ProcessContext): Promise<number> {
  const log = openLog(context);
  try {
    const status = await perform(argv, context, log);
    // The only status of a failure that importctl(1) has.
    return context.programName === 'importctl' && status !== exitStatus.success ? exitStatus.failure : status;
  } catch (error) {
    if (!(error instanceof UserError && error.isTold)) log.error(describe(error));
    const { reportFailure } = await import('../outcome/report-failure.js');
    return reportFailure(error, argv, context);
  }
}

/** A user's error is one line; anything else is a bug, and shows where it is. */
function describe(error: unknown): string {
  if (error instanceof UserError) return error.message;
  return `Internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

async function perform(argv: readonly string[], context: ProcessContext, log: Log): Promise<number> {
  const request = readRequest(argv, context.programName);
  switch (request.kind) {
    case 'version':
      context.stdout.write(await versionText());
      return 0;
    case 'introspection':
      context.stdout.write(await introspectionText(request.json, context));
      return 0;
    case 'values':
      context.stdout.write(request.values.map((value) => `${value}\n`).join(''));
      return 0;
    case 'help':
      return await showHelp(request.verb, request.pager, context);
    case 'command': {
      for (const warning of request.warnings) log.warning(warning);
      const { startEarly } = await import('../connect/early.js');
      const earlyStart = startEarly(request, context);
      const { runCommand } = await import('./framework.js');
      return await runCommand(request, { ...context, earlyStart }, log);
    }
  }
}

async function showHelp(verb: VerbDescription | undefined, pager: boolean, context: ProcessContext): Promise<number> {
  const [{ renderHelp, renderVerbHelp }, { page }] = await Promise.all([
    import('./description/help.js'),
    import('../terminal/page.js'),
  ]);
  const { programName, environment, stdout } = context;
  const colours = environment.terminal.coloursOf(stdout);
  const text = verb === undefined ? renderHelp(programName, colours) : renderVerbHelp(programName, verb, colours);
  await page(text, pager, context);
  return 0;
}

/** @throws UserError for a form that is not one of JSON's */
async function introspectionText(json: string, context: ProcessContext): Promise<string> {
  const [{ describeCommandLine }, { jsonText }, { parseJsonMode }] = await Promise.all([
    import('./description/introspection.js'),
    import('../outcome/document.js'),
    import('./values.js'),
  ]);
  const mode = parseJsonMode('--json', json, context);
  return jsonText(describeCommandLine(context.programName), mode === 'pretty' ? 'pretty' : 'short');
}

async function versionText(): Promise<string> {
  const { version } = await import('../../common/version.js');
  return `ferry ${version}\n`;
}
