import assert from 'node:assert/strict';

/** Splits a value into words as extract_first_word() of systemd does with EXTRACT_UNQUOTE|EXTRACT_RETAIN_ESCAPE. */
function wordsOf(value: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (const character of value) {
    if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else word = `${word ?? ''}${character}`;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (/[ \t\n\r]/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = `${word ?? ''}${character}`;
  }
  assert.equal(quote, undefined, `unbalanced quotes in ${value}`);
  return word === undefined ? words : [...words, word];
}

/** What systemd-nspawn would know of a settings file: config_parse() of conf-parser.c, without continued lines, which must not occur. */
export interface ReadSettings {
  words: Readonly<Record<'Environment' | 'Parameters', string[]>>;
  values: Readonly<Record<string, string>>;
}

/** Reads a settings file as systemd does. */
export function readNspawnSettings(text: string): ReadSettings {
  const words = { Environment: [] as string[], Parameters: [] as string[] };
  const values: Record<string, string> = {};
  let section = '';
  for (const raw of text.split(/[\n\r\0]/)) {
    const line = raw.trim();
    if (line === '' || /^[#;]/.test(line)) continue;
    assert.ok(Buffer.byteLength(raw) < 1024 * 1024, 'the line is too long');
    const [backslashes = ''] = /\\*$/.exec(raw) ?? [];
    assert.equal(backslashes.length % 2, 0, `${line} is continued`);
    if (line.startsWith('[')) section = line;
    else if (section === '[Exec]') {
      const cut = line.indexOf('=');
      const [key, value] = [line.slice(0, cut), line.slice(cut + 1).trim()];
      if (key === 'Environment' || key === 'Parameters') words[key].push(...wordsOf(value));
      else values[key] = value;
    } else assert.fail(`${section} has ${line}`);
  }
  return { words, values };
}
