import { UsageError } from '../cli/failure.js';

/** What `trust` can do. */
export const trustActions = ['list', 'show', 'add', 'check'] as const;
export type TrustAction = (typeof trustActions)[number];

/** What follows each action, and the options that it takes. */
const usage: Readonly<
  Record<TrustAction, { readonly parameters: readonly string[]; readonly options: readonly string[] }>
> = {
  list: { parameters: [], options: [] },
  show: { parameters: ['URL'], options: [] },
  add: { parameters: ['URL', 'KEY'], options: ['name', 'yes', 'verify', 'force'] },
  check: { parameters: [], options: [] },
};

/** The options that some of the actions take. */
const actionOptions = new Set(Object.values(usage).flatMap(({ options }) => options));

/**
 * The action that a word names, if what follows fits it.
 *
 * @param options names of the options that were given
 * @throws UserError
 */
export function readAction(word: string, parameters: readonly string[], options: readonly string[]): TrustAction {
  const action = trustActions.find((each) => each === word);
  if (action === undefined)
    throw new UsageError(`Unknown action 'trust ${word}': expected ${trustActions.slice(0, -1).join(', ')} or check`);
  const { parameters: wanted, options: taken } = usage[action];
  if (parameters.length !== wanted.length) {
    const problem = parameters.length < wanted.length ? 'Too few' : 'Too many';
    throw new UsageError(
      `${problem} arguments for trust ${action}: expected '${['trust', action, ...wanted].join(' ')}'.`,
    );
  }
  const unfit = options.find((name) => actionOptions.has(name) && !taken.includes(name));
  if (unfit !== undefined) throw new UsageError(`Cannot use --${unfit} with trust ${action}: only trust add takes it`);
  return action;
}
