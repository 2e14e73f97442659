import { IdlError } from './error.js';

export type TokenKind = 'word' | 'punctuation' | 'end';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly line: number;
  readonly column: number;
  /** Whether it begins where the token before it ends. */
  readonly adjoins: boolean;
  /** The comments between the token before and this one. */
  readonly comments: readonly Comment[];
}

export interface Comment {
  readonly text: string;
  readonly line: number;
}

// The line ends and blanks of the specification's grammar, wider than those of JSON.
const lineEndPattern = /\r\n|[\n\r\u2028\u2029]/y;
const blanksPattern = /[ \t\u00a0\ufeff\u1680\u180e\u2000-\u200a\u202f\u205f\u3000]+/y;
const commentPattern = /#([^\n\r\u2028\u2029]*)/y;
const punctuationPattern = /->|\[string\]|\[\]|[(),:?]/y;
// More than any name may hold, so that a malformed name is reported as a whole.
const wordPattern = /[A-Za-z0-9_][A-Za-z0-9_.-]*/y;

/** Splits an interface definition into tokens. */
export class Lexer {
  readonly #text: string;
  #offset = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** @throws IdlError for a character that begins no token */
  next(): Token {
    const end = this.#offset;
    const comments = this.#skipToToken();
    const column = this.#offset - this.#lineStart + 1;
    const place = { line: this.#line, column, adjoins: end === this.#offset, comments };
    if (this.#offset === this.#text.length) return { kind: 'end', text: '', ...place };
    const punctuation = this.#take(punctuationPattern);
    if (punctuation) return { kind: 'punctuation', text: punctuation[0], ...place };
    const word = this.#take(wordPattern);
    if (word) return { kind: 'word', text: word[0], ...place };
    throw new IdlError(`unexpected ${quoteCharacter(this.#text, this.#offset)}`, place.line, place.column);
  }

  #skipToToken(): Comment[] {
    const comments: Comment[] = [];
    for (;;) {
      if (this.#take(blanksPattern)) continue;
      if (this.#take(lineEndPattern)) {
        this.#line++;
        this.#lineStart = this.#offset;
        continue;
      }
      const comment = this.#take(commentPattern);
      if (!comment) return comments;
      comments.push({ text: commentText(comment[1] ?? ''), line: this.#line });
    }
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#offset;
    const match = pattern.exec(this.#text);
    if (match) this.#offset = pattern.lastIndex;
    return match;
  }
}

/** Without the space after `#` and without trailing blanks; further indentation is the author's. */
function commentText(raw: string): string {
  return raw.replace(/^ /, '').trimEnd();
}

function quoteCharacter(text: string, offset: number): string {
  const code = text.codePointAt(offset) ?? 0;
  const printable = code > 0x20 && code < 0x7f;
  return printable
    ? `'${String.fromCodePoint(code)}'`
    : `character U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
