import { transferInterface } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import type { FailureMessage } from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import type { EnumType, Field, InterfaceDefinition, StructType, TypeExpression } from '../../../varlink/idl/ast.js';
import { parseInterface } from '../../../varlink/idl/parse.js';
import { isJsonObject } from '../../../varlink/idl/value.js';
import { parseJson } from '../../../varlink/json.js';
import { cutText } from '../../../varlink/text.js';
import type { WorkerName } from '../../sandbox/needs.js';
import { integerFault, itemsMax, textFault } from './bounds.js';
import { speakersIn, typeNamed, validate, validateMessage, wordFor } from './definition.js';
import type { WorkerMessage } from './messages.js';

/*
 * What the processes of a transfer may say, as interfaces/internal/io.ferry.Worker.varlink has it. Some of them meet
 * strangers, so nothing they say is believed that is not checked here.
 */

export type MessageType = WorkerMessage['type'];
export type MessageOf<Type extends MessageType> = Extract<WorkerMessage, { type: Type }>;

/**
 * Reads one line that a process has said.
 *
 * @throws JsonError when it is not JSON, TypeError when a process of that name cannot have meant to say this
 */
export function readMessage(speaker: WorkerName, line: Buffer): WorkerMessage {
  const value = parseJson(line);
  if (!isJsonObject(value)) throw new TypeError('JSON that is not an object');
  const { type, ...parameters } = value;
  const word = wordFor(type);
  if (!word.speakers.includes(speaker)) throw new TypeError(`'${type}', which it cannot know`);
  validateMessage(word, parameters);
  const message = { type, ...new Reader(speaker).fields(word.fields, parameters, '') };
  if (type === 'failure') checkFacts(message as unknown as FailureMessage);
  return message as unknown as WorkerMessage;
}

/** Takes over what has the right form: with undefined for what is null or absent, and only within bounds. */
class Reader {
  readonly #speaker: string;

  constructor(speaker: string) {
    this.#speaker = speaker;
  }

  fields(fields: readonly Field[], object: Record<string, unknown>, path: string): Record<string, unknown> {
    return Object.fromEntries(
      fields.map(({ name, type }) => [name, this.#value(type, object[name], name, path + name)]),
    );
  }

  #value(type: TypeExpression, value: unknown, name: string, path: string): unknown {
    if (type.kind === 'nullable') return value == null ? undefined : this.#value(type.inner, value, name, path);
    if (type.kind === 'named') return this.#named(typeNamed(type.name), value, name, path);
    if (type.kind === 'array' && Array.isArray(value)) return this.#array(type.element, value, name, path);
    if (type.kind === 'struct' && isJsonObject(value)) return this.fields(type.fields, value, `${path}.`);
    const fault = type.kind === 'int' ? integerFault(name, value) : textFault(name, value);
    if (fault !== undefined) throw new TypeError(`${path}: ${fault}`);
    return value;
  }

  #named(type: StructType | EnumType | undefined, value: unknown, name: string, path: string): unknown {
    if (type?.kind === 'struct') return this.#value(type, value, name, path);
    const chosen = type?.values.find((each) => each.name === value);
    const speakers = speakersIn(chosen?.documentation ?? '');
    if (speakers === undefined || speakers.includes(this.#speaker)) return value;
    throw new TypeError(`${path} '${String(value)}', which it cannot know`);
  }

  #array(element: TypeExpression, items: unknown[], name: string, path: string): unknown[] {
    if (items.length > itemsMax) throw new TypeError(`${path}: more than ${itemsMax} items`);
    return items.map((item, index) => this.#value(element, item, name, `${path}[${index}]`));
  }
}

/** The errors of our interface with their parameters: read when the first process fails, and not at the start. */
let transferErrors: { definition: InterfaceDefinition; fields: Map<string, readonly Field[]> } | undefined;

function readErrors(): NonNullable<typeof transferErrors> {
  const definition = parseInterface(transferInterface.description);
  const fields = new Map(
    definition.members.flatMap((member) =>
      member.kind === 'error' ? [[member.name, member.parameters.fields] as const] : [],
    ),
  );
  return { definition, fields };
}

/** The facts of a failure are the parameters of an error of our interface: what does not fit it could not be answered with. */
function checkFacts({ kind, message, facts }: FailureMessage): void {
  transferErrors ??= readErrors();
  const fields = transferErrors.fields.get(kind);
  if (fields === undefined || Object.hasOwn(facts, 'message'))
    throw new TypeError(`a failure ${kind} with other facts`);
  validate(transferErrors.definition, fields, { ...facts, message }, `a failure ${kind}`);
  for (const [name, value] of Object.entries(facts)) {
    const fault = typeof value === 'string' ? textFault('fact', value) : integerFault(name, value);
    if (fault !== undefined) throw new TypeError(`a failure ${kind} with ${name}: ${fault}`);
  }
}

/** What an error says of a message that was refused, short enough for a line of its own. */
export function refusalText(error: unknown): string {
  return cutText(error instanceof Error ? error.message : String(error), 200);
}
