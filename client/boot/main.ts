import { appendFileSync } from 'node:fs';
import { generate } from './generate.js';

/** What generators write to standard error during a boot is lost (systemd.generator(7)). */
function say(message: string): void {
  const line = `ferry-import-generator: ${message}\n`;
  if (process.env['SYSTEMD_SCOPE'] === undefined || !isLogged(line)) process.stderr.write(line);
}

/** Containers have no /dev/kmsg. */
function isLogged(line: string): boolean {
  try {
    appendFileSync('/dev/kmsg', `<4>${line}`, { flag: 'r+' });
    return true;
  } catch {
    return false;
  }
}

generate(process.argv[2] ?? '.', process.env, '', say);
