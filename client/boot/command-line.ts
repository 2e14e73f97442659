/** What the kernel command line says for the generator. */
export interface BootParameters {
  readonly expressions: readonly string[];
  readonly successAction: string | undefined;
  readonly failureAction: string | undefined;
}

/**
 * Takes a kernel command line apart as systemd does (kernel-command-line(7)): words may have quotes anywhere, dashes and underscores of
 * keys are the same, and what begins with `rd.` is for the initrd alone, which heeds nothing else.
 */
export function readBootParameters(commandLine: string, inInitrd: boolean): BootParameters {
  const values = words(commandLine).flatMap((word) => {
    const [key = '', value] = word.split(/=(.*)/s);
    const isForInitrd = key.startsWith('rd.');
    if (value === undefined || isForInitrd !== inInitrd) return [];
    return [{ key: (isForInitrd ? key.slice('rd.'.length) : key).replaceAll('-', '_'), value }];
  });
  const ofKey = (wanted: string) => values.filter(({ key }) => key === wanted).map(({ value }) => value);
  return {
    expressions: ofKey('systemd.pull'),
    successAction: action(ofKey('systemd.pull.success_action')),
    failureAction: action(ofKey('systemd.pull.failure_action')),
  };
}

function words(text: string): string[] {
  const found = text.match(/(?:"[^"]*"?|'[^']*'?|[^\s"'])+/g) ?? [];
  return found.map((word) => word.replaceAll(/"([^"]*)"?|'([^']*)'?/g, (_, double, single) => double ?? single ?? ''));
}

/** The last that can be one of systemd.unit(5): others would only make the unit invalid. */
function action(values: readonly string[]): string | undefined {
  return values.findLast((value) => /^[a-z][a-z-]*$/.test(value));
}

/** The expressions of the credential: one a line, with comments. */
export function readCredential(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
