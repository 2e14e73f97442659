import { readFileSync } from 'node:fs';

/**
 * A completion: the part of it that does not change, `template.SHELL`, with what comes from the tables of the client in the
 * place of each `@NAME@`.
 *
 * @throws Error if the two do not have the same names
 */
export function fillTemplate(shell: string, parts: Readonly<Record<string, string>>): string {
  const path = `tools/completions/template.${shell}`;
  const unused = new Set(Object.keys(parts));
  const text = readFileSync(path, 'utf8').replaceAll(/@([A-Z_]+)@/g, (_, name: string) => {
    unused.delete(name);
    const part = parts[name];
    if (part === undefined) throw new Error(`${path}: there is nothing for ${name}`);
    return part;
  });
  if (unused.size > 0) throw new Error(`${path}: ${[...unused].join(', ')} is missing`);
  return text;
}
