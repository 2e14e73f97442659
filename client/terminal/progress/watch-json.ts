import type { Session } from '../../cli/session.js';
import type { Transfer } from '../../connect/contract.js';
import { prettyJson, shortJson } from '../json.js';
import { transferJson } from '../transfers.js';
import type { Ended, TransferView } from './view.js';

/** A JSON document for each transfer whenever something about it has changed, and a last one when it has ended. */
export class JsonView implements TransferView {
  readonly #session: Session;
  readonly #known = new Map<Transfer['id'], string>();

  constructor(session: Session) {
    this.#session = session;
  }

  show(transfers: readonly Transfer[], ended: readonly Ended[]): boolean {
    const { settings, context } = this.#session;
    const write = settings.json === 'pretty' ? prettyJson : shortJson;
    const documents = [...ended.map(endedJson), ...transfers.map(transferJson)]
      .map((json) => ({ id: json.id, text: write(json) }))
      .filter(({ id, text }) => this.#known.get(id) !== text);
    for (const { id, text } of documents) this.#known.set(id, text);
    return documents.length === 0 || context.stdout.write(documents.map(({ text }) => `${text}\n`).join(''));
  }

  [Symbol.dispose](): void {}
}

function endedJson({ transfer, phase, result, error }: Ended) {
  return { ...transferJson(transfer), phase: phase ?? null, result, error };
}
