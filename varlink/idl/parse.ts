import type {
  Documented,
  EnumType,
  EnumValue,
  ErrorDefinition,
  Field,
  InterfaceDefinition,
  Member,
  MethodDefinition,
  NullableType,
  ScalarType,
  StructType,
  TypeDefinition,
  TypeExpression,
} from './ast.js';
import { commentBlocks, documentedBy, methodFlags } from './documentation.js';
import { IdlError } from './error.js';
import { type Comment, Lexer, type Token } from './lexer.js';
import { isFieldName, isInterfaceName, isSymbolName } from './names.js';

export { IdlError } from './error.js';

/** Types nested deeper than this are refused, as by sd-varlink. */
const depthMax = 64;

/**
 * Parses an interface definition: the whole grammar of https://varlink.org/Interface-Definition, also what sd-varlink
 * refuses (see checkInterface), and systemd's `any`. Whether names are unique and types are defined is not looked at.
 *
 * @throws IdlError with the place of the first token that does not fit
 */
export function parseInterface(text: string): InterfaceDefinition {
  return new Parser(text).parseInterface();
}

const scalarKinds: ReadonlySet<string> = new Set<ScalarType['kind']>([
  'bool',
  'int',
  'float',
  'string',
  'object',
  'any',
]);

function isScalar(text: string): text is ScalarType['kind'] {
  return scalarKinds.has(text);
}

/** A recursive descent parser with one token of lookahead. */
class Parser {
  readonly #lexer: Lexer;
  #token: Token;
  /** Comments that were passed and belong to no symbol, field or value yet. */
  #comments: Comment[] = [];
  #depth = 0;

  constructor(text: string) {
    this.#lexer = new Lexer(text);
    this.#token = this.#lexer.next();
    this.#comments.push(...this.#token.comments);
  }

  parseInterface(): InterfaceDefinition {
    const documented = this.#documented();
    this.#expectKeyword('interface');
    const name = this.#name('an interface name', isInterfaceName);
    const members: Member[] = [];
    while (this.#token.kind !== 'end') members.push(this.#member());
    return { name, ...documented, members, closingComments: this.#closingComments() };
  }

  #member(): Member {
    switch (this.#token.text) {
      case 'type':
        return this.#type();
      case 'method':
        return this.#method();
      case 'error':
        return this.#error();
      default:
        return this.#fail("'type', 'method' or 'error'");
    }
  }

  #type(): TypeDefinition {
    const documented = this.#documented();
    this.#advance();
    const name = this.#name('a type name', isSymbolName);
    return { kind: 'type', name, ...documented, type: this.#structOrEnum() };
  }

  #method(): MethodDefinition {
    const documented = this.#documented();
    this.#advance();
    const name = this.#name('a method name', isSymbolName);
    const input = this.#struct();
    this.#expect('->');
    const output = this.#struct();
    return { kind: 'method', name, ...documented, input, output, flags: methodFlags(documented.documentation) };
  }

  #error(): ErrorDefinition {
    const documented = this.#documented();
    this.#advance();
    const name = this.#name('an error name', isSymbolName);
    return { kind: 'error', name, ...documented, parameters: this.#struct() };
  }

  #struct(): StructType {
    const start = this.#token;
    const type = this.#structOrEnum();
    if (type.kind === 'struct') return type;
    throw new IdlError('expected a struct, found an enum', start.line, start.column);
  }

  /** Both begin alike; what follows the first name tells them apart. */
  #structOrEnum(): StructType | EnumType {
    this.#descend();
    this.#expect('(');
    const type = this.#token.text === ')' ? this.#emptyStruct() : this.#fieldsOrValues();
    this.#depth--;
    return type;
  }

  #emptyStruct(): StructType {
    return { kind: 'struct', fields: [], closingComments: this.#close() };
  }

  #fieldsOrValues(): StructType | EnumType {
    const first = this.#value();
    if (this.#token.text === ':') {
      const fields = this.#list(this.#fieldType(first), () => this.#fieldType(this.#value()));
      return { kind: 'struct', fields, closingComments: this.#close() };
    }
    const values = this.#list(first, () => this.#value());
    return { kind: 'enum', values, closingComments: this.#close() };
  }

  #list<Item>(first: Item, next: () => Item): Item[] {
    const items = [first];
    while (this.#accept(',')) items.push(next());
    return items;
  }

  #close(): string[] {
    if (this.#token.text !== ')') this.#fail("',' or ')'");
    const comments = this.#closingComments();
    this.#advance();
    return comments;
  }

  #value(): EnumValue {
    const documented = this.#documented();
    return { name: this.#name('a field name', isFieldName), ...documented };
  }

  #fieldType(field: EnumValue): Field {
    this.#expect(':');
    return { ...field, type: this.#typeExpression() };
  }

  #typeExpression(): TypeExpression {
    return this.#accept('?') ? this.#nullable() : this.#nonNullType();
  }

  /** Nothing may stand between `?`, `[]` or `[string]` and what it applies to. */
  #expectAdjoining(): void {
    if (!this.#token.adjoins) this.#fail('a type without a space before it');
  }

  #nullable(): NullableType {
    this.#expectAdjoining();
    return { kind: 'nullable', inner: this.#nonNullType() };
  }

  #nonNullType(): NullableType['inner'] {
    if (this.#accept('[]')) return { kind: 'array', element: this.#element() };
    if (this.#accept('[string]')) return { kind: 'map', element: this.#element() };
    if (this.#token.text === '(') return this.#structOrEnum();
    const { kind, text } = this.#token;
    if (isScalar(text)) {
      this.#advance();
      return { kind: text };
    }
    if (kind !== 'word') this.#fail('a type');
    return { kind: 'named', name: this.#name('a type', isSymbolName) };
  }

  #element(): TypeExpression {
    this.#expectAdjoining();
    this.#descend();
    const element = this.#typeExpression();
    this.#depth--;
    return element;
  }

  #descend(): void {
    const { line, column } = this.#token;
    if (++this.#depth > depthMax) throw new IdlError(`types nested deeper than ${depthMax}`, line, column);
  }

  #name(expected: string, isName: (text: string) => boolean): string {
    const { kind, text } = this.#token;
    if (kind !== 'word' || !isName(text)) this.#fail(expected);
    this.#advance();
    return text;
  }

  #expectKeyword(keyword: string): void {
    if (this.#token.text !== keyword) this.#fail(`'${keyword}'`);
    this.#advance();
  }

  #expect(punctuation: string): void {
    if (!this.#accept(punctuation)) this.#fail(`'${punctuation}'`);
  }

  #accept(punctuation: string): boolean {
    if (this.#token.text !== punctuation) return false;
    this.#advance();
    return true;
  }

  #advance(): void {
    this.#token = this.#lexer.next();
    this.#comments.push(...this.#token.comments);
  }

  /** What the comments before the token at hand say about what begins with it. */
  #documented(): Documented {
    return documentedBy(this.#takeComments(), this.#token.line);
  }

  #closingComments(): string[] {
    return commentBlocks(this.#takeComments());
  }

  #takeComments(): Comment[] {
    const comments = this.#comments;
    this.#comments = [];
    return comments;
  }

  #fail(expected: string): never {
    const { kind, text, line, column } = this.#token;
    const found = kind === 'end' ? 'the end of the text' : `'${text}'`;
    throw new IdlError(`expected ${expected}, found ${found}`, line, column);
  }
}
