/** A part of a manual page. Text has the inline markup of Markdown: `literal`, **strong**, *placeholder*. */
export type Block =
  | { readonly kind: 'section'; readonly title: string }
  /** One or more names and, in what follows up to the next item or section, what they mean. */
  | { readonly kind: 'item'; readonly terms: readonly string[]; readonly level: 1 | 2 }
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'bullet'; readonly text: string }
  | { readonly kind: 'code'; readonly lines: readonly string[] };

/** A manual page. */
export interface Page {
  readonly name: string;
  /** As in man(1): 1 for commands, 7 for interfaces, 8 for services. */
  readonly section: number;
  /** What stands behind the name in a list of pages. */
  readonly summary: string;
  readonly blocks: readonly Block[];
}

export function section(title: string): Block {
  return { kind: 'section', title };
}

export function item(terms: readonly string[], level: 1 | 2 = 1): Block {
  return { kind: 'item', terms, level };
}

export function paragraph(text: string): Block {
  return { kind: 'paragraph', text };
}
