import { readdirSync, readFileSync } from 'node:fs';
import type { AnyNode, Node } from 'acorn';
import { childrenOf, isNode, linesOf, parseCompiled } from '../../tools/parsed.js';
import { projectFile } from './project.js';

/** A text of the product that people read: a message, or a longer part of one. */
export interface Message {
  /** FILE:LINE. */
  readonly where: string;
  /** With `…` where a value comes in. */
  readonly text: string;
}

interface Text {
  readonly text: string;
  /** With the texts that it takes from somewhere else. */
  readonly whole: string;
  readonly node: Node;
}

/** Stands for what is not written out: a value, or what a pattern leaves open. */
const gap = '\0';
/** What stands in the source of a regular expression for no character of its own, and then what does after a backslash. */
const open = /\\[bdDsSwW]|\\p\{\w+\}|\[(?:\\.|[^\]\\])*\]|\((?:\?(?::|<?[=!]|<\w+>))?|[)|^$.*+?]|\{\d*,?\d*\}|\\(.)/g;
const patterns = ['like', 'lineLike'];
/** These are mistakes of the program itself, which show their stack: all but those that keep the service from starting. */
const mistakes = ['Error', 'TypeError', 'RangeError'];
const starting = /^service\/(?:daemon|main\b)/;
/** Values are shorter, in characters: what is farther away belongs to another message of a long screen. */
const valueMax = 300;

/** All texts of at least four words in a folder of sources, but for the mistakes of the program. */
export function messagesBelow(folder: string): Message[] {
  return sourcesBelow(folder).flatMap((source) => {
    const isLeftOut = starting.test(source) ? undefined : isMistake;
    const found = textsBelow(parseCompiled(source), { skip: isLeftOut }).filter(isMessage);
    return placed(source, found).map(({ where, text }) => ({ where, text: text.replaceAll(gap, '…') }));
  });
}

/** A text of a test. */
export interface Demand extends Message {
  readonly source: string;
  /** With what it takes from test/support/texts/. */
  readonly whole: string;
}

/** All texts of the tests, with the places they are at; not those of the test that asks. */
export function demandsOfTests(except: string): Demand[] {
  const sources = sourcesBelow('test').filter((source) => source !== except);
  const shared = sharedTexts();
  return sources.flatMap((source) => {
    const found = textsBelow(parseCompiled(source), { shared }).filter(({ whole }) => whole.includes(' '));
    return placed(source, found).map((demand) => ({ source, ...demand }));
  });
}

/** What is exported below test/support/texts/, by its name. */
function sharedTexts(): ReadonlyMap<string, string> {
  const declared = sourcesBelow('test/support/texts').flatMap((source) =>
    parseCompiled(source, false).body.flatMap((node) =>
      node.type === 'ExportNamedDeclaration' && node.declaration?.type === 'VariableDeclaration'
        ? node.declaration.declarations
        : [],
    ),
  );
  return new Map(
    declared.flatMap(({ id, init }) => {
      const text = init?.type === 'ArrowFunctionExpression' ? textOf(init.body) : init && textOf(init);
      return id.type === 'Identifier' && typeof text === 'string' ? [[id.name, text]] : [];
    }),
  );
}

/** Texts with their lines; what the compiler adds by itself has none. */
function placed(source: string, texts: readonly Text[]): (Message & { whole: string })[] {
  const lines = linesOf(source);
  return texts.flatMap(({ text, whole, node }) => {
    const line = lines.first(node);
    return line === undefined ? [] : [{ where: `${source}:${line}`, text: flat(text), whole: flat(whole) }];
  });
}

/**
 * The sources of tests in which each text stands in full, by that text. Where one text is part of another that stands there as
 * well, only the longer one counts: `the connection was closed` within `The download broke off: the connection was closed`.
 */
export function placesOf(texts: readonly string[], demands: readonly Demand[]): Map<string, Set<string>> {
  const places = new Map(texts.map((text) => [text, new Set<string>()]));
  const wider = new Map(texts.map((text) => [text, texts.filter((other) => isPartOf(text, other))]));
  for (const demand of demands) {
    const held = texts.filter((text) => holds(demand.text, piecesOf(text)));
    const whole = held.filter((text) => !held.some((other) => wider.get(text)?.includes(other)));
    for (const text of whole) places.get(text)?.add(demand.source);
  }
  return places;
}

function isPartOf(text: string, other: string): boolean {
  return other.length > text.length && holds(other, piecesOf(text));
}

/** The outcomes of the corpus and the screens: what is written anew by a command, and read before it is committed. */
export function recordedTexts(): string[] {
  const outcomes = readFileSync(projectFile('test/corpus/outcomes.txt'), 'utf8').split('\n');
  const screens = readdirSync(projectFile('test/snapshots')).map((name) =>
    readFileSync(projectFile('test/snapshots', name), 'utf8'),
  );
  return [...new Set([...outcomes, ...screens])].filter((text) => text.includes(' ')).map(flat);
}

/** Whether one of the texts has every word of a message, in their order, with whatever values between them. */
export function isDemanded({ text }: Message, demanded: readonly string[]): boolean {
  const pieces = piecesOf(text);
  return demanded.some((candidate) => holds(candidate, pieces));
}

/** What stands between the values of a text. */
function piecesOf(text: string): string[] {
  return text.split('…').map((piece) => piece.replaceAll(/^\W+|\W+$/g, ''));
}

function holds(text: string, pieces: readonly string[]): boolean {
  let from = 0;
  for (const piece of pieces) {
    const at = text.indexOf(piece, from);
    if (at < 0 || (from > 0 && at - from > valueMax)) return false;
    from = at + piece.length;
  }
  return true;
}

function sourcesBelow(folder: string): string[] {
  const names = readdirSync(projectFile(folder), { recursive: true, encoding: 'utf8' });
  const own = names.filter((name) => !name.includes('node_modules/'));
  const sources = own.filter((name) => /(?<!\.generated|\.d)\.ts$/.test(name));
  return sources.map((name) => `${folder}/${name}`).sort();
}

interface Reading {
  /** What is not looked into. */
  readonly skip?: ((node: AnyNode) => boolean) | undefined;
  /** Texts that stand somewhere else, by their name. */
  readonly shared?: ReadonlyMap<string, string>;
}

/** The texts in a part of a program, and those in the expressions of texts. */
function textsBelow(node: Node, reading: Reading = {}, found: Text[] = []): Text[] {
  if (isNode(node) && reading.skip?.(node)) return found;
  const text = textOf(node);
  if (text !== undefined) found.push({ text, whole: textOf(node, reading.shared) ?? text, node });
  for (const child of text === undefined ? partsOf(node) : valuesIn(node)) textsBelow(child, reading, found);
  return found;
}

/** What is below a node, but for the title of a test, which demands nothing. */
function partsOf(node: Node): AnyNode[] {
  const children = childrenOf(node);
  if (!isNode(node) || node.type !== 'CallExpression') return children;
  const { callee, arguments: given } = node;
  const name = callee.type === 'MemberExpression' ? callee.property : callee;
  const isTest = name.type === 'Identifier' && ['test', 'describe'].includes(name.name);
  return isTest && given.length > 1 ? children.filter((child) => child !== given[0]) : children;
}

/** What a literal, a template, a pattern or a sum of them says; undefined for what is none. */
function textOf(node: Node, shared?: ReadonlyMap<string, string>): string | undefined {
  if (!isNode(node)) return undefined;
  const joined = (pieces: readonly string[], values: readonly Node[]) =>
    pieces.map((piece, index) => piece + comingIn(values[index], shared, index < pieces.length - 1)).join('');
  if (isPattern(node)) {
    const { quasis, expressions } = node.quasi;
    return joined(
      quasis.map(({ value }) => ofPattern(value.raw)),
      expressions,
    );
  }
  if (node.type === 'TemplateLiteral')
    return joined(
      node.quasis.map(({ value }) => value.cooked ?? value.raw),
      node.expressions,
    );
  if (node.type === 'Literal' && 'regex' in node && node.regex) return ofPattern(node.regex.pattern);
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined;
  if (isNew(node, ['RegExp']))
    return ofPattern(node.arguments.map((argument) => textOf(argument, shared) ?? gap).join(gap));
  if (node.type !== 'BinaryExpression' || node.operator !== '+') return undefined;
  const [left, right] = [textOf(node.left, shared), textOf(node.right, shared)];
  return left === undefined && right === undefined ? undefined : (left ?? gap) + (right ?? gap);
}

/** What comes into a template: a text that is taken from somewhere else, or a gap. */
function comingIn(node: Node | undefined, shared: ReadonlyMap<string, string> | undefined, isThere: boolean): string {
  if (node === undefined || !isNode(node)) return isThere ? gap : '';
  const named = node.type === 'CallExpression' ? node.callee : node;
  return (named.type === 'Identifier' ? shared?.get(named.name) : undefined) ?? gap;
}

/** The expressions in a text: what is text itself in a sum is part of it. */
function valuesIn(node: Node): AnyNode[] {
  if (isNode(node) && isPattern(node)) return node.quasi.expressions;
  if (isNode(node) && node.type === 'TemplateLiteral') return node.expressions;
  return childrenOf(node).flatMap((child) => (textOf(child) === undefined ? [child] : valuesIn(child)));
}

function isMistake(node: AnyNode): boolean {
  return isNew(node, mistakes);
}

function isNew(node: AnyNode, names: readonly string[]): node is Extract<AnyNode, { type: 'NewExpression' }> {
  return node.type === 'NewExpression' && node.callee.type === 'Identifier' && names.includes(node.callee.name);
}

/** like`…` and lineLike`…` of like.ts. */
function isPattern(node: AnyNode): node is Extract<AnyNode, { type: 'TaggedTemplateExpression' }> {
  return node.type === 'TaggedTemplateExpression' && node.tag.type === 'Identifier' && patterns.includes(node.tag.name);
}

function ofPattern(pattern: string): string {
  return pattern.replaceAll(open, (_, literal?: string) => literal ?? gap);
}

/** Patterns are no messages, nor are declarations of functions of C. */
function isMessage({ text, node }: Text): boolean {
  if ('regex' in node || /^(?:unsigned )?\w+ \w+\(.*\)$/.test(text)) return false;
  const words = text.split(/[ \0]+/).filter((word) => /^\W*[A-Za-z][A-Za-z'-]+\W*$/.test(word));
  return words.length >= 4;
}

function flat(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
