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
  readonly node: Node;
}

/** Stands for what is not written out: a value, or what a pattern leaves open. */
const gap = '\0';
/** What stands in the source of a regular expression for no character of its own, and then what does after a backslash. */
const open = /\\[bdDsSwW]|\\p\{\w+\}|\[(?:\\.|[^\]\\])*\]|\((?:\?(?::|<?[=!]|<\w+>))?|[)|^$.*+?]|\{\d*,?\d*\}|\\(.)/g;
/** These are mistakes of the program itself, which show their stack: all but those that keep the service from starting. */
const mistakes = ['Error', 'TypeError', 'RangeError'];
const starting = /^service\/(?:daemon|main\b)/;
/** Values are shorter, in characters: what is farther away belongs to another message of a long screen. */
const valueMax = 300;

/** All texts of at least four words in a folder of sources, but for the mistakes of the program. */
export function messagesBelow(folder: string): Message[] {
  return sourcesBelow(folder).flatMap((source) => {
    const isLeftOut = starting.test(source) ? undefined : isMistake;
    const found = textsBelow(parseCompiled(source), isLeftOut).filter(isMessage);
    const lines = linesOf(source);
    return found.map(({ text, node }) => ({
      where: `${source}:${lines.first(node)}`,
      text: flat(text).replaceAll(gap, '…'),
    }));
  });
}

/** All texts of the tests, the outcomes of the corpus and the screens; not those of the test that asks. */
export function demandedTexts(except: string): string[] {
  const sources = sourcesBelow('test').filter((source) => source !== except);
  const outcomes = readFileSync(projectFile('test/corpus/outcomes.txt'), 'utf8').split('\n');
  const screens = readdirSync(projectFile('test/snapshots')).map((name) =>
    readFileSync(projectFile('test/snapshots', name), 'utf8'),
  );
  const texts = sources.flatMap((source) => textsBelow(parseCompiled(source, false)).map(({ text }) => text));
  return [...new Set([...texts, ...outcomes, ...screens])].filter((text) => text.includes(' ')).map(flat);
}

/** Whether one of the texts has every word of a message, in their order, with whatever values between them. */
export function isDemanded({ text }: Message, demanded: readonly string[]): boolean {
  const pieces = text.split('…').map((piece) => piece.replaceAll(/^\W+|\W+$/g, ''));
  return demanded.some((candidate) => holds(candidate, pieces));
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

/** The texts in a part of a program, and those in the expressions of texts. */
function textsBelow(node: Node, skip: (node: AnyNode) => boolean = () => false, found: Text[] = []): Text[] {
  if (isNode(node) && skip(node)) return found;
  const text = textOf(node);
  if (text !== null) found.push({ text, node });
  for (const child of text === null ? childrenOf(node) : valuesIn(node)) textsBelow(child, skip, found);
  return found;
}

/** What a literal, a template, a pattern or a sum of them says; null for what is none. */
function textOf(node: Node): string | null {
  if (!isNode(node)) return null;
  if (node.type === 'TemplateLiteral') return node.quasis.map(({ value }) => value.cooked ?? value.raw).join(gap);
  if (node.type === 'Literal' && 'regex' in node && node.regex) return ofPattern(node.regex.pattern);
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : null;
  if (isNew(node, ['RegExp'])) return ofPattern(node.arguments.map((argument) => textOf(argument) ?? gap).join(gap));
  if (node.type !== 'BinaryExpression' || node.operator !== '+') return null;
  const [left, right] = [textOf(node.left), textOf(node.right)];
  return left === null && right === null ? null : (left ?? gap) + (right ?? gap);
}

function ofPattern(pattern: string): string {
  return pattern.replaceAll(open, (_, literal?: string) => literal ?? gap);
}

/** The expressions in a text: what is text itself in a sum is part of it. */
function valuesIn(node: Node): AnyNode[] {
  return childrenOf(node).flatMap((child) =>
    isNode(node) && node.type !== 'TemplateLiteral' && textOf(child) !== null ? valuesIn(child) : [child],
  );
}

function isMistake(node: AnyNode): boolean {
  return isNew(node, mistakes);
}

function isNew(node: AnyNode, names: readonly string[]): node is Extract<AnyNode, { type: 'NewExpression' }> {
  return node.type === 'NewExpression' && node.callee.type === 'Identifier' && names.includes(node.callee.name);
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
