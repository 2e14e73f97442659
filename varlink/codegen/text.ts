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

/** The flags of a method are in its signature. */
function withoutFlags(documentation: string): string {
  const lines = documentation.split('\n').filter((line) => !/^\s*\[(?:Requires|Supports) '\w+' flag\]\s*$/.test(line));
  return lines.join('\n').trim();
}

/** A template literal that evaluates to the text. */
export function templateLiteral(text: string): string {
  return `\`${text.replaceAll(/[\\`]|\$(?=\{)/g, '\\$&').replaceAll('\r', '\\r')}\``;
}

/** A string literal in single quotes, for names. */
export function quoted(name: string): string {
  return `'${name}'`;
}
