import type { InterfaceDefinition, Member, MethodDefinition } from '../idl/ast.js';
import { ownStructs } from './orders.js';

/** The types of the library that modules may need, and their files in its folder. */
const libraryNames = {
  CallOptions: 'client/client',
  UpgradedCall: 'client/client',
  VarlinkClient: 'client/client',
  Integer: 'idl/value',
  InterfaceDefinition: 'idl/ast',
  JsonValue: 'idl/value',
  ServerCall: 'server/call',
};

export type LibraryType = keyof typeof libraryNames;

/** Types of TypeScript that modules refer to and so must not define. */
const globalNames = ['Array', 'AsyncIterable', 'Promise', 'Record'];

/** How a module has what an interface defines. */
export type ModuleForm =
  /** Methods are calls with a reply, between strangers: a field that may be null may be absent, integers have 64 bits. */
  | 'calls'
  /** Methods are messages between parts of one program: a field that may be null is undefined then, integers are exact numbers. */
  | 'messages';

/** The names that generated modules give to what an interface defines. */
export class InterfaceNames {
  readonly form: ModuleForm;
  /** The last label of the interface name in capitals, such as `Transfer`: the prefix of what belongs to the whole. */
  readonly prefix: string;
  readonly #types = new Map<string, string>();
  readonly #enums: ReadonlySet<string>;
  readonly #own: ReturnType<typeof ownStructs>;

  /** Types keep their names unless these are taken; then `Type` is appended. */
  constructor(definition: InterfaceDefinition, form: ModuleForm) {
    const { name, members } = definition;
    this.form = form;
    this.prefix = prefixOf(name);
    const taken = new Set([...globalNames, ...Object.keys(libraryNames)]);
    for (const suffix of ['Client', 'Handlers', 'Errors', 'Message']) taken.add(this.prefix + suffix);
    for (const member of members) for (const derived of derivedNames(member)) taken.add(derived);
    const types = members.flatMap((member) => (member.kind === 'type' ? [member.name] : []));
    this.#enums = new Set(members.flatMap((member) => (isEnum(member) ? [member.name] : [])));
    this.#own = ownStructs(definition);
    const renamed = types.filter((type) => taken.has(type));
    for (const type of types) taken.add(type);
    for (const type of renamed) this.#types.set(type, unusedName(taken, type, 'Type'));
  }

  /** The name of a type of the interface. */
  type(name: string): string {
    return this.#types.get(name) ?? name;
  }

  /** The module that has a type of the interface. */
  partOf(name: string): 'enums' | 'structs' | 'order-structs' | 'answer-structs' {
    if (this.#enums.has(name)) return 'enums';
    if (this.#own.ofOrders.has(name)) return 'order-structs';
    return this.#own.ofAnswers.has(name) ? 'answer-structs' : 'structs';
  }

  /** The name of a value that belongs to the whole, such as `transferInterface`. */
  value(suffix: string): string {
    return lowerFirst(this.prefix) + suffix;
  }
}

/** The modules of an interface, in the order in which they build on one another. */
export const partNames = [
  'enums',
  'structs',
  'order-structs',
  'answer-structs',
  'parameters',
  'replies',
  'orders',
  'messages',
  'union',
  'errors',
  'handlers',
  'client',
  'definition',
] as const;
export type PartName = (typeof partNames)[number];

/** The names as one of the modules uses them, which keeps in mind what it has to import. */
export class PartNames {
  readonly #all: InterfaceNames;
  readonly #part: PartName;
  readonly #imports = new Map<string, Set<string>>();

  constructor(all: InterfaceNames, part: PartName) {
    this.#all = all;
    this.#part = part;
  }

  get form(): ModuleForm {
    return this.#all.form;
  }

  get prefix(): string {
    return this.#all.prefix;
  }

  value(suffix: string): string {
    return this.#all.value(suffix);
  }

  /** The name of a type of the interface. */
  type(name: string): string {
    return this.from(this.#all.partOf(name), this.#all.type(name));
  }

  /** Whether this module is the one that declares a type of the interface. */
  declares(name: string): boolean {
    return this.#all.partOf(name) === this.#part;
  }

  /** The name of a type that one of the modules declares. */
  from(part: PartName, name: string): string {
    if (part !== this.#part) this.#import(`./${partFile(part)}`, name);
    return name;
  }

  /** The name of a type of the library. */
  imported(type: LibraryType): LibraryType {
    this.#import(libraryNames[type], type);
    return type;
  }

  /** The import statements for all names that were asked for. */
  importStatements(library: string): string {
    const statements = [...this.#imports].map(([file, types]) => {
      const path = file.startsWith('./') ? file : `${library}/${file}`;
      return `import type { ${[...types].sort().join(', ')} } from '${path}.js';\n`;
    });
    return statements.sort().join('');
  }

  #import(file: string, name: string): void {
    this.#imports.set(file, (this.#imports.get(file) ?? new Set()).add(name));
  }
}

/** The file of a module, without its suffix. */
export function partFile(part: PartName): string {
  return `${part}.generated`;
}

/** What the client's functions for the methods are called; they share a class. */
export interface ClientNames {
  readonly call: string;
  readonly more: string;
  readonly upgrade: string;
}

export function clientNames(methods: readonly MethodDefinition[]): Map<MethodDefinition, ClientNames> {
  const taken = new Set(['constructor']);
  const calls = methods.map((method) => unusedName(taken, lowerFirst(method.name)));
  return new Map(
    methods.map((method, index) => {
      const call = calls[index] ?? '';
      return [method, { call, more: unusedName(taken, `${call}More`), upgrade: unusedName(taken, `${call}Upgrade`) }];
    }),
  );
}

function isEnum(member: Member): boolean {
  return member.kind === 'type' && member.type.kind === 'enum';
}

function derivedNames({ kind, name }: Member): string[] {
  if (kind === 'method') return [`${name}Parameters`, `${name}Reply`, `${name}Message`];
  return kind === 'error' ? [`${name}Error`] : [];
}

function unusedName(taken: Set<string>, wanted: string, suffix = 'Method'): string {
  let name = wanted;
  while (taken.has(name)) name += suffix;
  taken.add(name);
  return name;
}

/** io.ferry.Transfer becomes Transfer, com.example.disk-tools DiskTools, com.example.2d _2d. */
function prefixOf(interfaceName: string): string {
  const words = interfaceName.slice(interfaceName.lastIndexOf('.') + 1).split('-');
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return /^\d/.test(joined) ? `_${joined}` : joined;
}

export function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
