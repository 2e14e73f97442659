import {
  type WorkerMessage as Message,
  workerDefinition,
} from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import type { EnumType, Field, InterfaceDefinition, MethodDefinition, StructType } from '../../../varlink/idl/ast.js';
import { validateParameters } from '../../../varlink/idl/validate.js';

/*
 * What the service and the processes of a transfer may say to one another, as interfaces/internal/io.ferry.Worker.varlink has it.
 */

/** What the definition says of a message. */
export interface Word {
  readonly type: Message['type'];
  readonly fields: readonly Field[];
  /** The processes that may say it to the service. */
  readonly speakers: readonly string[];
  /** The processes that the service may say it to. */
  readonly hearers: readonly string[];
  /** Whether a process says it once at most. */
  readonly once: boolean;
  /** Whether a process says nothing after it. */
  readonly last: boolean;
}

const words = new Map<string, Word>();
const types = new Map<string, StructType | EnumType>();
for (const member of workerDefinition.members) {
  if (member.kind === 'type') types.set(member.name, member.type);
  if (member.kind === 'method') words.set(typeOf(member.name), wordOf(member));
}

function typeOf(method: string): Message['type'] {
  return (method.charAt(0).toLowerCase() + method.slice(1)) as Message['type'];
}

function wordOf({ name, input, documentation }: MethodDefinition): Word {
  const last = /^\[Last\]$/m.test(documentation);
  const once = last || /^\[Once\]$/m.test(documentation);
  const hearers = /^\[Told to (.*)\]$/m.exec(documentation)?.[1]?.split(', ') ?? [];
  return { type: typeOf(name), fields: input.fields, speakers: speakersIn(documentation) ?? [], hearers, once, last };
}

/** Undefined where nothing is said about it. */
export function speakersIn(documentation: string): string[] | undefined {
  return /^\[Said by (.*)\]$/m.exec(documentation)?.[1]?.split(', ');
}

/** @throws TypeError when there is no such message */
export function wordFor(type: unknown): Word {
  const word = typeof type === 'string' ? words.get(type) : undefined;
  if (word === undefined) throw new TypeError(`a message of type ${JSON.stringify(type)}`);
  return word;
}

/** The definition of a type of the interface. */
export function typeNamed(name: string): StructType | EnumType | undefined {
  return types.get(name);
}

/** @throws TypeError where a value does not fit the declaration of its fields, which is one of `where` */
export function validate(where: InterfaceDefinition, fields: readonly Field[], value: object, subject: string): void {
  const problem = validateParameters(where, fields, value);
  if (problem !== undefined) throw new TypeError(`${subject} with ${problem.path || 'parameters'}: ${problem.reason}`);
}

/** What is null is absent: a field that may be null is undefined inside. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(fields.map(([name, item]) => [name, withoutNulls(item)]));
}

/** @throws TypeError where the parameters are not those of the message */
export function validateMessage({ type, fields }: Word, parameters: object): void {
  validate(workerDefinition, fields, parameters, `'${type}'`);
}
