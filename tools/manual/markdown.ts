import { type Block, item, type Page, paragraph, section } from './page.js';

/**
 * Reads the source of a manual page: Markdown with the line `# NAME(SECTION): SUMMARY` first, `##` for sections, `###` and
 * `####` for items (of variables, options and paths several, separated by commas), paragraphs, `-` lists and indented or fenced code.
 *
 * @throws Error if the first line has another form
 */
export function parsePage(source: string): Page {
  const [first = '', ...lines] = source.split('\n');
  const [, name, number, summary] = /^# (\S+)\((\d)\): (.+)$/.exec(first) ?? [];
  if (name === undefined || summary === undefined) throw new Error(`'${first}' is no title of a manual page`);
  return { name, section: Number(number), summary, blocks: parseBlocks(lines) };
}

function parseBlocks(lines: readonly string[]): Block[] {
  const blocks: Block[] = [];
  let text: string[] = [];
  let code: string[] | undefined;
  const flush = () => {
    if (text.length > 0) blocks.push(textBlock(text));
    text = [];
  };
  for (const line of lines) {
    if (line.startsWith('```')) {
      flush();
      if (code !== undefined) blocks.push({ kind: 'code', lines: code });
      code = code === undefined ? [] : undefined;
    } else if (code !== undefined) code.push(line);
    else if (/^(?:#|- |$)/.test(line)) {
      flush();
      if (line.startsWith('#')) blocks.push(heading(line));
      else if (line !== '') text.push(line);
    } else text.push(line.trim());
  }
  flush();
  return blocks;
}

function heading(line: string): Block {
  const [, hashes = '', title = ''] = /^(#+) (.*)$/.exec(line) ?? [];
  if (hashes.length === 2) return section(title);
  // Several variables, options or paths; a sentence is one title.
  const terms = /^[$/-]/.test(title) ? title.split(', ') : [title];
  return item(terms, hashes.length === 3 ? 1 : 2);
}

function textBlock(lines: readonly string[]): Block {
  const text = lines.join(' ');
  return text.startsWith('- ') ? { kind: 'bullet', text: text.slice(2) } : paragraph(text);
}
