import type { JsonObject } from './idl/value.js';

/**
 * An error as it goes over the wire: a fully qualified name and parameters. Thrown by a server's handler it becomes the
 * error reply; a client's call throws what the server replied.
 */
export class VarlinkError extends Error {
  readonly parameters: JsonObject;

  /** @param name the qualified name, such as org.varlink.service.InvalidParameter */
  constructor(name: string, parameters: object = {}) {
    super(describe(name, parameters));
    this.name = name;
    this.parameters = parameters as JsonObject;
  }
}

/** Our own errors carry a text for people in `message`. */
function describe(name: string, parameters: object): string {
  return 'message' in parameters && typeof parameters.message === 'string' ? parameters.message : name;
}

/** The connection ended before the reply came, or cannot carry calls any more. */
export class ConnectionClosed extends Error {
  constructor(message = 'the connection was closed', options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConnectionClosed';
  }
}

/** The peer broke the protocol. The connection is closed. */
export class ProtocolError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ProtocolError';
  }
}

const serviceInterfaceName = 'org.varlink.service';

/** The errors every service may reply: https://varlink.org/Service */
export const serviceErrors = {
  interfaceNotFound: (name: string) =>
    new VarlinkError(`${serviceInterfaceName}.InterfaceNotFound`, { interface: name }),
  methodNotFound: (method: string) => new VarlinkError(`${serviceInterfaceName}.MethodNotFound`, { method }),
  methodNotImplemented: (method: string) =>
    new VarlinkError(`${serviceInterfaceName}.MethodNotImplemented`, { method }),
  invalidParameter: (parameter: string) => new VarlinkError(`${serviceInterfaceName}.InvalidParameter`, { parameter }),
  permissionDenied: () => new VarlinkError(`${serviceInterfaceName}.PermissionDenied`),
  expectedMore: () => new VarlinkError(`${serviceInterfaceName}.ExpectedMore`),
  expectedUpgrade: () => new VarlinkError(`${serviceInterfaceName}.ExpectedUpgrade`),
};
