import { Failure } from '../../../common/failure.js';
import { isJsonObject } from '../../../varlink/idl/value.js';
import { JsonError, type JsonObject, type JsonValue, parseJson } from '../../../varlink/json.js';
import { escapeText, firstOf } from '../../../varlink/text.js';

/** Values in one policy, at any depth. */
const valuesMax = 100_000;

/** An object in a policy. finish() refuses the fields that the reader did not take: it does not know them. */
export class PolicyObject {
  readonly #path: string;
  readonly #place: string;
  readonly #fields: JsonObject;
  readonly #left: Set<string>;

  private constructor(path: string, place: string, fields: JsonObject) {
    this.#path = path;
    this.#place = place;
    this.#fields = fields;
    this.#left = new Set(Object.keys(fields));
  }

  /** @throws Failure VerificationFailed when it is not an object of JSON, or has a key twice */
  static parse(path: string, bytes: Buffer): PolicyObject {
    try {
      const value = parseJson(bytes, { valuesMax });
      if (isJsonObject(value)) return new PolicyObject(path, '', value as JsonObject);
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      throw unusable(path, `it is not JSON (${escapeText(firstOf(error.message, 100))})`);
    }
    throw unusable(path, 'it does not hold a JSON object');
  }

  get names(): string[] {
    return Object.keys(this.#fields);
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#fields, name);
  }

  take(name: string): JsonValue | undefined {
    this.#left.delete(name);
    return this.has(name) ? this.#fields[name] : undefined;
  }

  /** @throws Failure VerificationFailed when it is not there, empty, or something else */
  mustText(name: string): string {
    const value = this.take(name);
    if (typeof value === 'string' && value !== '') return value;
    return this.fail(name, value === undefined ? 'is missing' : 'is not a text');
  }

  /** @throws Failure VerificationFailed when it is not a list of texts with one at least */
  mustTexts(name: string, max: number): string[] {
    const value = this.take(name);
    const isList = Array.isArray(value) && value.length > 0 && value.length <= max;
    if (isList && value.every((each) => typeof each === 'string' && each !== '')) return value as string[];
    return this.fail(name, `is not a list of 1 to ${max} texts`);
  }

  /** @throws Failure VerificationFailed when it is there, and is not an object */
  object(name: string): PolicyObject | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    if (isJsonObject(value)) return this.#inner(name, value as JsonObject);
    return this.fail(name, 'is not an object of JSON');
  }

  /** @throws Failure VerificationFailed when it is not a list of objects with one at least */
  mustObjects(name: string): PolicyObject[] {
    const value = this.take(name);
    if (!Array.isArray(value) || value.length === 0) return this.fail(name, 'is not a list with something in it');
    return value.map((each, index) => {
      if (isJsonObject(each)) return this.#inner(`${name}[${index}]`, each as JsonObject);
      return this.fail(`${name}[${index}]`, 'is not an object of JSON');
    });
  }

  /** @throws Failure VerificationFailed when there is a field that was not asked for */
  finish(): void {
    const [name] = this.#left;
    if (name !== undefined) this.fail(name, 'is not known');
  }

  /** @throws Failure VerificationFailed always */
  fail(name: string, reason: string): never {
    throw unusable(
      this.#path,
      `${escapeText(firstOf(`${this.#place}${name}`, 200))} ${escapeText(firstOf(reason, 300))}`,
    );
  }

  #inner(name: string, fields: JsonObject): PolicyObject {
    return new PolicyObject(this.#path, `${this.#place}${name}.`, fields);
  }
}

/** The failure for a policy that cannot be used: what it demands is unknown. */
export function unusable(path: string, reason: string): Failure {
  const message = `Cannot use the policy ${escapeText(path)}: ${reason}; correct it: until then nothing is pulled from registries`;
  return new Failure('VerificationFailed', message, { file: path });
}
