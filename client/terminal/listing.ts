import type { Session } from '../cli/session.js';
import { jsonText, outcomeDocument } from '../outcome/document.js';
import type { Json } from './json.js';
import { page } from './page.js';
import { type Cell, type Column, renderTable } from './table.js';

/** Things to be listed, in both of the forms that they may be asked for. */
export interface Listing {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  readonly json: readonly Json[];
  /** What they are, for the last line. */
  readonly noun: { readonly one: string; readonly many: string };
  /** What was done to them; `listed` if nothing. */
  readonly verb?: string;
}

/** Writes a listing to standard output as the options ask: a table through a pager, or JSON. */
export async function writeListing(session: Session, listing: Listing): Promise<void> {
  const { settings, context } = session;
  if (settings.json !== 'off') {
    context.stdout.write(jsonText(outcomeDocument(session.failures, listing.json), settings.json));
    return;
  }
  const { environment, stdout } = context;
  const look = {
    width: stdout.isTerminal && !settings.full ? stdout.columns : undefined,
    colours: environment.terminal.coloursOf(stdout),
    header: settings.legend,
    links: environment.terminal.linksOf(stdout),
    isUnpadded: !stdout.isTerminal,
    isAscii: !environment.terminal.isUtf8,
  };
  const table = listing.rows.length > 0 ? renderTable(listing.columns, listing.rows, look) : '';
  const text = table + (settings.legend ? legend(listing) : '');
  if (text !== '') await page(text, settings.pager, context);
}

function legend(listing: Listing): string {
  const count = listing.rows.length;
  const { one, many } = listing.noun;
  if (count === 0) return `No ${many}.\n`;
  return `\n${count} ${count === 1 ? one : many} ${listing.verb ?? 'listed'}.\n`;
}
