import type { Failure } from '../../common/failure.js';
import { VarlinkError } from '../../varlink/error.js';

/** A failure as an error of one of our interfaces, which carry its message and its facts. */
export function toWire(failure: Failure, interfaceName: string): VarlinkError {
  return new VarlinkError(`${interfaceName}.${failure.kind}`, { message: failure.message, ...failure.facts });
}
