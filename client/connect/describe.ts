import type { ClientErrorName } from '../../common/exit-statuses.js';
import { ConnectionClosed, ProtocolError, VarlinkError } from '../../varlink/error.js';
import { JsonError } from '../../varlink/json.js';
import { UserError } from '../cli/failure.js';

/**
 * Turns what a call threw into one line for people.
 *
 * @param subject what failed, after `Failed to`
 * @returns undefined if it is a bug of ours
 */
export function describeFailure(subject: string, thrown: unknown): UserError | undefined {
  if (thrown instanceof UserError) return thrown;
  const reason = reasonOfCall(thrown);
  if (reason === undefined) return undefined;
  return new UserError(`Failed to ${subject}: ${reason}`, { ...errorOfCall(thrown), cause: thrown });
}

function reasonOfCall(thrown: unknown): string | undefined {
  if (thrown instanceof VarlinkError) return reasonOfError(thrown);
  if (thrown instanceof JsonError) return `a parameter contains ${thrown.message}; use another name.`;
  if (thrown instanceof ConnectionClosed) return 'the service closed the connection before it answered; see its log.';
  if (thrown instanceof ProtocolError) return `the service broke the protocol: ${thrown.message}.`;
  return undefined;
}

/** What a call can throw that is not the service's own error. */
function errorOfCall(thrown: unknown): { readonly error?: ClientErrorName } {
  if (thrown instanceof JsonError) return { error: 'InvalidName' };
  if (thrown instanceof ConnectionClosed) return { error: 'ConnectionClosed' };
  return thrown instanceof ProtocolError ? { error: 'ProtocolError' } : {};
}

function reasonOfError(error: VarlinkError): string {
  const message = error.parameters['message'];
  if (error.name.startsWith('io.ferry.') && typeof message === 'string' && message !== '') return sentence(message);
  const detail = (key: string) => String(error.parameters[key] ?? '?');
  switch (error.name) {
    case 'org.varlink.service.PermissionDenied':
      return 'permission denied; become root, or let polkit allow it.';
    case 'io.systemd.InteractiveAuthenticationRequired':
    case 'org.varlink.service.InteractiveAuthenticationRequired':
      return 'authentication is needed; become root, or run it without --no-ask-password.';
    case 'org.varlink.service.InvalidParameter':
      return `the service does not accept the parameter '${detail('parameter')}'.`;
    case 'org.varlink.service.MethodNotFound':
    case 'org.varlink.service.MethodNotImplemented':
      return `the service does not offer ${detail('method')}; it may be of another version.`;
    case 'org.varlink.service.InterfaceNotFound':
      return `the service does not offer ${detail('interface')}; it may be of another version.`;
    case 'io.systemd.System':
      return `the service met an unexpected ${detail('errnoName')}; see its log.`;
    default:
      return `the service answered ${error.name}.`;
  }
}

/** Messages of the service end as its log lines do, without a full stop. */
export function sentence(message: string): string {
  return /[.?!…]$/.test(message) ? message : `${message}.`;
}

/**
 * Awaits a call and gives its failure a subject.
 *
 * @throws UserError if describeFailure() can describe it, otherwise what the call throws
 */
export async function attempt<Value>(subject: string, call: () => Promise<Value>): Promise<Value> {
  try {
    return await call();
  } catch (error) {
    throw describeFailure(subject, error) ?? error;
  }
}

/**
 * As attempt(), for calls about something that was given by its name.
 *
 * @param suggest ` Did you mean X?`, or nothing: asked for where there is no such image or transfer
 * @throws UserError if describeFailure() can describe it, otherwise what the call throws
 */
export async function attemptNamed<Value>(
  subject: string,
  suggest: () => Promise<string>,
  call: () => Promise<Value>,
): Promise<Value> {
  try {
    return await call();
  } catch (error) {
    const described = describeFailure(subject, error);
    if (described === undefined) throw error;
    if (!namesNothing(described.cause)) throw described;
    throw new UserError(described.message + (await suggest().catch(() => '')), { cause: described.cause });
  }
}

function namesNothing(error: unknown): boolean {
  return error instanceof VarlinkError && /^io\.ferry\.\w+\.NoSuch(?:Image|Transfer)$/.test(error.name);
}
