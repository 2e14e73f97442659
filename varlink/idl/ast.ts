/** What the comments say about a symbol, a field or an enum value. */
export interface Documented {
  /** The comment lines directly above it, joined by newlines, without `#` and the space after it; '' if there are none. */
  readonly documentation: string;
  /** Comment blocks further above, set apart by blank lines. They document nothing and are kept for the printer. */
  readonly detachedComments: readonly string[];
}

/** A Varlink interface, as described at https://varlink.org/Interface-Definition */
export interface InterfaceDefinition extends Documented {
  /** The reverse-domain name, such as io.systemd.Import */
  readonly name: string;
  /** Types, methods and errors in the order of the text. */
  readonly members: readonly Member[];
  /** Comment blocks after the last member. */
  readonly closingComments: readonly string[];
}

export type Member = TypeDefinition | MethodDefinition | ErrorDefinition;

/** `type NAME (…)`: a struct or an enum. */
export interface TypeDefinition extends Documented {
  readonly kind: 'type';
  readonly name: string;
  readonly type: StructType | EnumType;
}

/** `method NAME(…) -> (…)` */
export interface MethodDefinition extends Documented {
  readonly kind: 'method';
  readonly name: string;
  readonly input: StructType;
  readonly output: StructType;
  readonly flags: MethodFlags;
}

/** What comment lines above a method declare, in the notation of systemd: `[Requires 'more' flag]` on a line of its own. */
export interface MethodFlags {
  /** The method may only be called with `more`. */
  readonly requiresMore: boolean;
  /** The method may be called with `more`; also true if it must be. */
  readonly supportsMore: boolean;
  /** The method may only be called with `upgrade`. */
  readonly requiresUpgrade: boolean;
  /** The method may be called with `upgrade`; also true if it must be. */
  readonly supportsUpgrade: boolean;
}

/** `error NAME (…)` */
export interface ErrorDefinition extends Documented {
  readonly kind: 'error';
  readonly name: string;
  readonly parameters: StructType;
}

export type TypeExpression = ScalarType | NamedType | EnumType | StructType | ArrayType | MapType | NullableType;

/** `object` is any JSON object; `any`, an extension of systemd, is any JSON value. */
export interface ScalarType {
  readonly kind: 'bool' | 'int' | 'float' | 'string' | 'object' | 'any';
}

/** A reference to a `type` of the same interface. */
export interface NamedType {
  readonly kind: 'named';
  readonly name: string;
}

/** `(one, two)`: one of these strings. */
export interface EnumType {
  readonly kind: 'enum';
  readonly values: readonly EnumValue[];
  /** Comment blocks between the last value and the parenthesis. */
  readonly closingComments: readonly string[];
}

export interface EnumValue extends Documented {
  readonly name: string;
}

/** `(one: int, two: string)`; `()` is a struct without fields. */
export interface StructType {
  readonly kind: 'struct';
  readonly fields: readonly Field[];
  /** Comment blocks between the last field and the parenthesis. */
  readonly closingComments: readonly string[];
}

export interface Field extends Documented {
  readonly name: string;
  readonly type: TypeExpression;
}

/** `[]element` */
export interface ArrayType {
  readonly kind: 'array';
  readonly element: TypeExpression;
}

/** `[string]element` */
export interface MapType {
  readonly kind: 'map';
  readonly element: TypeExpression;
}

/** `?inner`: absent, null, or an inner; an inner is never nullable itself. */
export interface NullableType {
  readonly kind: 'nullable';
  readonly inner: Exclude<TypeExpression, NullableType>;
}
