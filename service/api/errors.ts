import { Failure } from '../../common/failure.js';
import { VarlinkError } from '../../varlink/error.js';

/** A failure as an error of one of our interfaces, which carry its message and its facts. */
export function toWire(failure: Failure, interfaceName: string): VarlinkError {
  return new VarlinkError(`${interfaceName}.${failure.kind}`, { message: failure.message, ...failure.facts });
}

/** Runs a handler; a Failure it throws becomes an error of the interface. */
export async function withFailures(interfaceName: string, handle: () => Promise<void>): Promise<void> {
  try {
    await handle();
  } catch (error) {
    throw error instanceof Failure ? toWire(error, interfaceName) : error;
  }
}
