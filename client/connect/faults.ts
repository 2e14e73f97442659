import { type ClientErrorName, clientStatuses, exitStatus } from '../../common/exit-statuses.js';
import { type Facts, UserError } from '../cli/failure.js';

/** No service can be reached, or the connection to it broke. */
export function unreachable(message: string, error: 'Unreachable' | 'ConnectionClosed' = 'Unreachable'): UserError {
  return new UserError(message, { error });
}

/** The container or user does not exist. */
export function notFound(message: string, facts: Facts): UserError {
  return new UserError(message, { error: 'NotFound', facts });
}

/** What a bridge can find on its way, so that its end says it here too. */
const errorsOfBridges: readonly ClientErrorName[] = ['NotFound', 'PermissionDenied', 'InsufficientSpace'];

/**
 * What failed elsewhere.
 *
 * @param status with which the `ferryctl bridge` there ended; null for a signal
 */
export function errorOfBridge(status: number | null): ClientErrorName {
  return errorsOfBridges.find((error) => exitStatus[clientStatuses[error]] === status) ?? 'Unreachable';
}
