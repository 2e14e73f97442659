import { link, type Style, styled } from '../../common/colour.js';
import { escapeText } from '../../varlink/text.js';
import type { Session } from '../cli/session.js';
import { displayWidth, wrapText } from './width.js';

/** What is said of one thing under a name; a field without text is left out. */
export interface ShownField {
  readonly name: string;
  readonly text: string | undefined;
  readonly style?: Style;
  /** The address to open on a click. */
  readonly target?: string | undefined;
}

export interface FieldLook {
  readonly colours: Parameters<typeof styled>[2];
  readonly links: boolean;
  /** Columns of the terminal; undefined: as wide as needed. */
  readonly width: number | undefined;
}

/** Columns that a text has however narrow the terminal is. */
const narrowest = 8;

/** Lays out what is known of one thing as systemd's tools do: `Name: text`, a line each, the names flush right. */
export function renderFields(fields: readonly ShownField[], look: FieldLook): string {
  const shown = fields.filter((field) => field.text !== undefined);
  const margin = Math.max(0, ...shown.map(({ name }) => displayWidth(name)));
  return shown.map((field) => `${renderField(field, margin, look)}\n`).join('');
}

function renderField({ name, text = '', style, target }: ShownField, margin: number, look: FieldLook): string {
  const room = look.width === undefined ? Number.POSITIVE_INFINITY : look.width - margin - 2;
  // Nothing is left out: digests and fingerprints are there to be compared.
  const lines = wrapText(escapeText(text), Math.max(room, narrowest)).map((line) => {
    const decorated = styled(line, style, look.colours);
    return look.links && target !== undefined ? link(target, decorated) : decorated;
  });
  return `${' '.repeat(margin - displayWidth(name))}${name}: ${lines.join(`\n${' '.repeat(margin + 2)}`)}`;
}

/** How fields are to be laid out on standard output. */
export function fieldLook({ context: { environment, stdout } }: Session): FieldLook {
  const { isTerminal, columns } = stdout;
  return {
    colours: environment.terminal.coloursOf(stdout),
    links: environment.terminal.linksOf(stdout),
    width: isTerminal ? columns : undefined,
  };
}
