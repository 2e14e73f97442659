import { existsSync } from 'node:fs';
import type { CommandRequest } from '../cli/argv.js';
import type { EarlyStart, ProcessContext } from '../cli/process-context.js';
import { addressOf, checkDirectory, defaultScope, type ServiceAddress } from './address.js';
import { startService } from './start.js';

const transferVerb = /^(?:pull|import|export)-/;
/** Options with which another service is meant, or none may be needed. */
const elsewhere = ['host', 'machine', 'address', 'dry-run'];

/** The service that reach() would start, where that is plain to see. */
function plainAddress(options: CommandRequest['options'], context: ProcessContext): ServiceAddress | undefined {
  if (options.some(({ name }) => elsewhere.includes(name))) return undefined;
  const scope = options.findLast(({ name }) => name === 'scope')?.value;
  const meant = scope === 'user' || scope === 'system' ? scope : defaultScope(context);
  // Only root starts that of the system.
  return meant === 'user' || context.userId === 0 ? addressOf(meant, context) : undefined;
}

/**
 * Starts the service that a transfer will need, if none is there, while the rest of the client is loaded. Nothing is
 * lost if it turns out that the command line makes no sense: the service ends by itself. Whatever is wrong shows again,
 * and is told, when the service is reached.
 */
export function startEarly(
  { verb, options }: Pick<CommandRequest, 'verb' | 'options'>,
  context: ProcessContext,
): EarlyStart | undefined {
  if (!transferVerb.test(verb.name)) return undefined;
  try {
    const address = plainAddress(options, context);
    if (address === undefined || existsSync(address.path)) return undefined;
    checkDirectory(address, context.userId);
    const outcome = startService(address, context, { verb: verb.name });
    outcome.catch(() => {});
    return { path: address.path, outcome };
  } catch {
    return undefined;
  }
}
