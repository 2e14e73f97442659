import { existsSync } from 'node:fs';
import type { EarlyStart, ProcessContext } from '../cli/process-context.js';
import { checkDirectory, type ServiceAddress, systemAddress, userAddress } from './address.js';
import { startService } from './start.js';

const transferVerb = /^(?:pull|import|export)-/;
/** Options with which another service is meant, or none may be needed. */
const elsewhere = /^--(?:host|machine|address|dry-run)=/;

/** The service that reach() would start, where that is plain to see. */
function plainAddress(options: readonly string[], context: ProcessContext): ServiceAddress | undefined {
  if (options.some((option) => elsewhere.test(option))) return undefined;
  const scope = options.findLast((option) => option.startsWith('--scope='));
  if (scope === '--scope=user') return userAddress(context);
  return context.userId === 0 ? systemAddress(context) : undefined;
}

/**
 * Starts the service that a transfer will need, if none is there, while the rest of the client is loaded. Nothing is
 * lost if it turns out that the command line makes no sense: the service ends by itself. Whatever is wrong shows again,
 * and is told, when the service is reached.
 *
 * @param canonical the arguments as readRequest() gives them
 */
export function startEarly(canonical: readonly string[], context: ProcessContext): EarlyStart | undefined {
  const [verb = '', ...rest] = canonical;
  if (!transferVerb.test(verb)) return undefined;
  try {
    const address = plainAddress(rest.slice(0, rest.indexOf('--')), context);
    if (address === undefined || existsSync(address.path)) return undefined;
    checkDirectory(address, context.userId);
    const outcome = startService(address, context, { transferFollows: true });
    outcome.catch(() => {});
    return { path: address.path, outcome };
  } catch {
    return undefined;
  }
}
