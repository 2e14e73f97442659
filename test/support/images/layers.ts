import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A digest that is told from others by one digit. */
export function digestOf(digit: string): string {
  return `sha256:${digit.repeat(64)}`;
}

/** Makes a layer in an image directory, with files, and directories where a name ends with a slash. */
export function writeLayer(root: string, digit: string, files: Readonly<Record<string, string>>): string {
  const path = join(root, `.oci-${digestOf(digit)}`);
  mkdirSync(path);
  for (const [name, text] of Object.entries(files)) {
    if (name.endsWith('/')) mkdirSync(join(path, name), { recursive: true });
    else writeFileSync(join(path, name), text);
  }
  writeFileSync(`${path}.layer`, '{}', { mode: 0o600 });
  return path;
}

/** Makes a stack of layers, as systemd's pull-oci does. */
export function writeStack(root: string, name: string, digits: readonly string[], { readOnly = false } = {}): string {
  const path = join(root, `${name}.mstack`);
  mkdirSync(path);
  for (const [index, digit] of digits.entries())
    symlinkSync(`../.oci-${digestOf(digit)}`, join(path, `layer@${index}`));
  if (!readOnly) mkdirSync(join(path, 'rw'));
  return path;
}
