/** A setting of a file in systemd's syntax. */
export interface Assignment {
  readonly name: string;
  /** Without white space around it, and with continued lines joined; empty where a list is to be cleared. */
  readonly value: string;
  /** The number of its first line, counted from 1. */
  readonly line: number;
}

/** What is wrong with a line of a file. */
export interface Fault {
  /** Counted from 1. */
  readonly line: number;
  /** The rest of a sentence that names the line first. */
  readonly reason: string;
  /** What stands there, where it is not a setting. */
  readonly text?: string;
}

export interface Section {
  /** Undefined for what comes before the first header. */
  readonly title: string | undefined;
  /** The line of its header, or the first one in it. */
  readonly line: number;
  readonly assignments: readonly Assignment[];
  readonly faults: readonly Fault[];
}

interface Line {
  readonly text: string;
  readonly number: number;
}

/**
 * Reads a file in systemd's syntax (systemd.syntax(7)): sections in the order of their headers, also several of one title. Lines that
 * make no sense are faults of the section that they are in.
 */
export function parseSettings(text: string): Section[] {
  const sections: OpenSection[] = [];
  for (const line of logicalLines(text)) {
    const title = titleOf(line.text);
    if (title !== undefined) sections.push(new OpenSection(title, line.number));
    else currentOf(sections, line).add(line);
  }
  return sections;
}

function currentOf(sections: OpenSection[], line: Line): OpenSection {
  const current = sections.at(-1);
  if (current !== undefined) return current;
  const first = new OpenSection(undefined, line.number);
  first.faults.push({ line: line.number, reason: 'is outside of a section: write [Trust] above it' });
  sections.push(first);
  return first;
}

class OpenSection implements Section {
  readonly title: string | undefined;
  readonly line: number;
  readonly assignments: Assignment[] = [];
  readonly faults: Fault[] = [];

  constructor(title: string | undefined, line: number) {
    this.title = title;
    this.line = line;
  }

  add({ text, number: line }: Line): void {
    const equals = text.indexOf('=');
    const name = text.slice(0, equals).trim();
    const value = text.slice(equals + 1).trim();
    if (equals < 0 || name === '')
      this.faults.push({ line, reason: "is not a setting of the form 'NAME=VALUE'", text });
    else if (text.includes('\ufffd')) this.faults.push({ line, reason: 'is not UTF-8', text });
    else this.assignments.push({ name, value, line });
  }
}

/** Undefined for what is not a header of a section. */
function titleOf(text: string): string | undefined {
  return /^\[([^[\]]*)\]$/.exec(text)?.[1];
}

/**
 * Lines without comments and without empty ones. A backslash at the end of a line continues it with the next line that is not a
 * comment, and stands for a space; one behind another backslash does not.
 */
function logicalLines(text: string): Line[] {
  const lines: Line[] = [];
  let open: Line | undefined;
  for (const [index, raw] of text
    .replace(/^\ufeff/, '')
    .split(/\r\n|[\n\r\0]/)
    .entries()) {
    if (/^\s*[#;]/.test(raw)) continue;
    const line: Line = { text: `${open?.text ?? ''}${raw}`, number: open?.number ?? index + 1 };
    open = isContinued(line.text) ? { ...line, text: `${line.text.slice(0, -1)} ` } : undefined;
    if (open === undefined) lines.push(line);
  }
  if (open !== undefined) lines.push(open);
  return lines.map(({ text: whole, number }) => ({ text: whole.trim(), number })).filter((line) => line.text !== '');
}

function isContinued(text: string): boolean {
  const backslashes = /\\*$/.exec(text)?.[0].length ?? 0;
  return backslashes % 2 === 1;
}
