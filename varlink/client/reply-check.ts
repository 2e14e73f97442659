import { ProtocolError } from '../error.js';
import type { Field, InterfaceDefinition, StructType, TypeExpression } from '../idl/ast.js';
import { convertNumbers } from '../idl/convert.js';
import { fieldTypesOf, typesOf } from '../idl/named-types.js';
import { parseInterface } from '../idl/parse.js';
import { validateParameters } from '../idl/validate.js';
import { isJsonObject } from '../idl/value.js';
import type { JsonObject } from '../json.js';
import type { Reply } from '../wire/message.js';

/**
 * Checks what a service replies against interface definitions, for services that may be anybody's. A newer service may send
 * more: fields that the definition does not have are left out, enum values that it does not have are passed on.
 */
export class ReplyCheck {
  readonly #texts: readonly string[];
  #definitions: Map<string, InterfaceDefinition> | undefined;

  /** `texts`: of the definitions. They are parsed when the first reply comes. */
  constructor(texts: readonly string[]) {
    this.#texts = texts;
  }

  /**
   * What of a reply, or of an error, its definition has; all of it where no definition is known.
   *
   * @throws ProtocolError if it is not what the definition says
   */
  parametersOf(method: string, { error, parameters }: Reply): JsonObject {
    const [definition, fields] = error === undefined ? this.#find('method', method) : this.#find('error', error);
    if (definition === undefined) return parameters;
    const known = new Known(definition).fields(fields, parameters);
    if (isJsonObject(known)) convertNumbers(definition, fields, known);
    const problem = validateParameters(definition, fields, known, { openEnums: true });
    if (problem === undefined) return known as JsonObject;
    throw new ProtocolError(`a reply of ${error ?? method} with ${problem.path || 'parameters'}: ${problem.reason}`);
  }

  #find(
    kind: 'method' | 'error',
    qualified: string,
  ): [InterfaceDefinition, readonly Field[]] | [undefined, readonly Field[]] {
    const dot = qualified.lastIndexOf('.');
    this.#definitions ??= new Map(this.#texts.map(parseInterface).map((definition) => [definition.name, definition]));
    const definition = this.#definitions.get(qualified.slice(0, dot));
    const member = definition?.members.find((each) => each.kind === kind && each.name === qualified.slice(dot + 1));
    if (definition === undefined || member === undefined || member.kind === 'type') return [undefined, []];
    return [definition, (member.kind === 'method' ? member.output : member.parameters).fields];
  }
}

/** Takes away, in place, what a definition does not have. What is of another type stays as it is, for validation to find. */
class Known {
  readonly #definition: InterfaceDefinition;

  constructor(definition: InterfaceDefinition) {
    this.#definition = definition;
  }

  fields(fields: readonly Field[], value: unknown): unknown {
    if (!isJsonObject(value)) return value;
    const types = fieldTypesOf(fields);
    for (const name of Object.keys(value)) {
      const type = types.get(name);
      if (type === undefined) delete value[name];
      else value[name] = this.#value(type, value[name]);
    }
    return value;
  }

  #value(type: TypeExpression, value: unknown): unknown {
    if (type.kind === 'nullable') return this.#value(type.inner, value);
    if (type.kind === 'array' && Array.isArray(value)) return value.map((item) => this.#value(type.element, item));
    const struct = type.kind === 'named' ? this.#struct(type.name) : type;
    return struct?.kind === 'struct' ? this.fields(struct.fields, value) : value;
  }

  #struct(name: string): StructType | undefined {
    const type = typesOf(this.#definition).get(name);
    return type?.kind === 'struct' ? type : undefined;
  }
}
