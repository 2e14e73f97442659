/** Puts text behind an indentation, line by line. */
export function indented(text: string, indent = '  '): string {
  return text.replaceAll(/^(?=.)/gm, indent);
}

/** A documentation comment, with its line end; nothing if there is nothing to say. */
export function docComment(documentation: string): string {
  const text = withoutFlags(documentation).replaceAll('*/', '*\\/');
  if (text === '') return '';
  if (!text.includes('\n')) return `/** ${text} */\n`;
  return `/**\n${text.replaceAll(/^/gm, ' * ').replaceAll(/ +$/gm, '')}\n */\n`;
}

/** Lines in brackets are for programs, such as the flags of a method, which are in its signature. */
function withoutFlags(documentation: string): string {
  const lines = documentation.split('\n').filter((line) => !/^\s*\[.*\]\s*$/.test(line));
  return lines.join('\n').trim();
}

/** A string literal in single quotes, for names. */
export function quoted(name: string): string {
  return `'${name}'`;
}
