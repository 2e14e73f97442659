import { Failure } from '../../../common/failure.js';
import { isJsonObject } from '../../../varlink/idl/value.js';
import { JsonError, type JsonObject, parseJson } from '../../../varlink/json.js';
import { escapeText, firstOf } from '../../../varlink/text.js';

/** Values in one document, at any depth: an index of all platforms with annotations has a few thousand. */
const valuesMax = 200_000;

/** A JSON document of a registry, field by field. Errors name the document and the field. */
export class Document {
  /** How messages call it, such as `the manifest of HOST/IMAGE`. */
  readonly subject: string;
  readonly #fields: JsonObject;
  readonly #path: string;

  constructor(subject: string, fields: JsonObject, path = '') {
    this.subject = subject;
    this.#fields = fields;
    this.#path = path;
  }

  /** @throws Failure Corrupt when it is not an object of JSON, or has a key twice */
  static parse(bytes: Buffer, subject: string): Document {
    try {
      const value = parseJson(bytes, { valuesMax });
      if (isJsonObject(value)) return new Document(subject, value as JsonObject);
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      return corrupt(subject, `it is not valid JSON (${escapeText(firstOf(error.message, 200))})`);
    }
    return corrupt(subject, 'it does not hold a JSON object');
  }

  has(name: string): boolean {
    return this.#fields[name] !== undefined && this.#fields[name] !== null;
  }

  /** @throws Failure Corrupt when it is there, and is something else */
  text(name: string): string | undefined {
    const value = this.#fields[name] ?? undefined;
    if (value === undefined || typeof value === 'string') return value;
    return this.fail(name, 'is not a string');
  }

  /** @throws Failure Corrupt when it is not there, or something else */
  mustText(name: string): string {
    return this.text(name) ?? this.fail(name, 'is missing');
  }

  /** @throws Failure Corrupt when it is not there, or something else than a count that can be exact */
  mustCount(name: string): number {
    const value = this.#fields[name];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    return this.fail(name, value === undefined ? 'is missing' : 'is not a count');
  }

  /** @throws Failure Corrupt when it is there, and is not an object */
  object(name: string): Document | undefined {
    const value = this.#fields[name] ?? undefined;
    if (value === undefined) return undefined;
    if (isJsonObject(value)) return new Document(this.subject, value as JsonObject, `${this.#path}${name}.`);
    return this.fail(name, 'has to be an object');
  }

  /** @throws Failure Corrupt when it is not there, or is not a list of objects */
  objects(name: string, max: number): Document[] {
    const value = this.#fields[name];
    if (!Array.isArray(value)) return this.fail(name, value === undefined ? 'is missing' : 'is not a list');
    if (value.length > max) return this.fail(name, `has ${value.length} items, and ${max} are allowed`);
    return value.map((item, index) => {
      if (!isJsonObject(item)) return this.fail(`${name}[${index}]`, 'has to be an object');
      return new Document(this.subject, item as JsonObject, `${this.#path}${name}[${index}].`);
    });
  }

  /** @throws Failure Corrupt when it is not there, or is not a list of strings */
  texts(name: string, max: number): string[] {
    const value = this.#fields[name];
    if (!Array.isArray(value)) return this.fail(name, value === undefined ? 'is missing' : 'is not a list');
    if (value.length > max) return this.fail(name, `has ${value.length} items, and ${max} are allowed`);
    return value.map((item, index) =>
      typeof item === 'string' ? item : this.fail(`${name}[${index}]`, 'is not a string'),
    );
  }

  /** @throws Failure Corrupt always */
  fail(name: string, reason: string): never {
    return corrupt(this.subject, `${this.#path}${name} ${reason}`);
  }
}

function corrupt(subject: string, reason: string): never {
  throw new Failure('Corrupt', `Cannot use ${subject}: ${reason}`, { what: subject, offset: undefined });
}
