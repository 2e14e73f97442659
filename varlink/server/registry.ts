import { serviceErrors, VarlinkError } from '../error.js';
import type { InterfaceDefinition, MethodDefinition } from '../idl/ast.js';
import { convertNumbers } from '../idl/convert.js';
import { validateParameters } from '../idl/validate.js';
import type { JsonObject } from '../json.js';
import type { Call } from '../wire/message.js';
import type { Handler, ServerCall } from './call.js';
import { serviceInterface, serviceInterfaceText } from './service-interface.js';

/** An interface and who answers its calls. */
export interface InterfaceImplementation {
  readonly definition: InterfaceDefinition;
  /** The text of the definition, as GetInterfaceDescription gives it. */
  readonly description: string;
  /** An object with one {@link Handler} a method, named as the method. Methods without one are MethodNotImplemented. */
  readonly handlers: object;
  /**
   * The methods that take descriptors. If absent, those with a parameter whose name ends in `fileDescriptor` (in any
   * case), as systemd names them.
   */
  readonly takesDescriptors?: readonly string[];
}

/** What GetInfo tells. */
export interface ServiceInfo {
  readonly vendor: string;
  readonly product: string;
  readonly version: string;
  readonly url: string;
}

/** A method that can be called. */
export interface CallTarget {
  readonly takesDescriptors: boolean;
  readonly handle: Handler;
}

interface RegisteredMethod {
  readonly implementation: InterfaceImplementation;
  readonly method: MethodDefinition;
}

/** Finds the handler of a call. */
export class Registry {
  readonly #entries = new Map<string, RegisteredMethod>();
  readonly #descriptions = new Map<string, string>();

  constructor(info: ServiceInfo, implementations: readonly InterfaceImplementation[]) {
    for (const implementation of [...implementations, this.#service(info)]) this.#add(implementation);
  }

  /**
   * @throws VarlinkError, in the order in which sd-varlink looks: MethodNotFound, ExpectedMore, ExpectedUpgrade,
   * InvalidParameter; or MethodNotImplemented
   */
  find(call: Call): CallTarget {
    const entry = this.#entries.get(call.method);
    if (!entry) throw serviceErrors.methodNotFound(call.method);
    const { method, implementation } = entry;
    if (method.flags.requiresMore && !call.more) throw serviceErrors.expectedMore();
    if (method.flags.requiresUpgrade && !call.upgrade) throw serviceErrors.expectedUpgrade();
    convertNumbers(implementation.definition, method.input.fields, call.parameters);
    const problem = validateParameters(implementation.definition, method.input.fields, call.parameters);
    if (problem) throw serviceErrors.invalidParameter(problem.parameter);
    return { takesDescriptors: takesDescriptors(entry), handle: handlerOf(entry, call.method) };
  }

  #add(implementation: InterfaceImplementation): void {
    const { definition, description } = implementation;
    if (this.#descriptions.has(definition.name)) throw new Error(`interface ${definition.name} is given twice`);
    this.#descriptions.set(definition.name, description);
    for (const member of definition.members) {
      if (member.kind !== 'method') continue;
      this.#entries.set(`${definition.name}.${member.name}`, { implementation, method: member });
    }
  }

  #service(info: ServiceInfo): InterfaceImplementation {
    const { vendor, product, version, url } = info;
    const handlers = {
      GetInfo: async (call: ServerCall) =>
        call.reply({ vendor, product, version, url, interfaces: [...this.#descriptions.keys()] }),
      GetInterfaceDescription: async (call: ServerCall<{ interface: string }>) =>
        call.reply({ description: this.#description(call.parameters.interface) }),
    };
    return { definition: serviceInterface, description: serviceInterfaceText, handlers };
  }

  #description(name: string): string {
    const description = this.#descriptions.get(name);
    if (description === undefined) throw serviceErrors.interfaceNotFound(name);
    return description;
  }
}

function takesDescriptors({ implementation, method }: RegisteredMethod): boolean {
  if (implementation.takesDescriptors) return implementation.takesDescriptors.includes(method.name);
  return method.input.fields.some(({ name }) => /filedescriptors?$/i.test(name));
}

function handlerOf({ implementation, method }: RegisteredMethod, qualifiedName: string): Handler {
  const { handlers } = implementation;
  const handler: unknown = Reflect.get(handlers, method.name);
  if (typeof handler !== 'function') throw serviceErrors.methodNotImplemented(qualifiedName);
  return (call) => Reflect.apply(handler, handlers, [call]) as Promise<void>;
}

/** What is answered when a handler fails with anything but a VarlinkError: systemd's error for "Input/output error". */
export function internalError(): VarlinkError {
  const parameters: JsonObject = { origin: 'linux', errnoName: 'EIO', errno: 5 };
  return new VarlinkError('io.systemd.System', parameters);
}
