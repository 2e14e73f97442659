import { imageRootPath } from '../../common/image-classes.js';
import type { BootParameters } from './command-line.js';
import type { PullExpression } from './expressions.js';

/** The text of the service that does one pull, like those of systemd-import-generator(8). */
export function unitText(
  pull: PullExpression,
  { successAction, failureAction }: Pick<BootParameters, 'successAction' | 'failureAction'>,
): string {
  const needsNetwork = pull.format === 'oci' || !pull.remote.startsWith('file:');
  const lines = [
    '# Made by ferry-import-generator.',
    '[Unit]',
    `Description=Download of ${pull.remote.replaceAll('%', '%%')}`,
    'Documentation=man:ferry-import-generator(8)',
    'SourcePath=/proc/cmdline',
    'DefaultDependencies=no',
    'Requires=ferry.socket',
    'After=imports-pre.target ferry.socket',
    'Conflicts=shutdown.target',
    'Before=imports.target shutdown.target',
    ...absence(pull),
    ...(pull.class === 'sysext' || pull.class === 'confext' ? [`Before=systemd-${pull.class}.service`] : []),
    ...(needsNetwork ? ['Wants=network-online.target', 'After=network-online.target'] : []),
    ...(successAction === undefined ? [] : [`SuccessAction=${successAction}`]),
    ...(failureAction === undefined ? [] : [`FailureAction=${failureAction}`]),
    '',
    '[Service]',
    'Type=oneshot',
    `ExecStart=:/usr/bin/ferryctl ${commandOf(pull).map(quoted).join(' ')}`,
  ];
  return `${lines.join('\n')}\n`;
}

function directoryOf({ class: imageClass, runtime }: Pick<PullExpression, 'class' | 'runtime'>): string {
  const path = imageRootPath(imageClass, 'system');
  return runtime ? path.replace('/var/lib', '/run') : path;
}

/** An image that an earlier boot has pulled stays as it is: a pull of it would fail at each boot but the first. */
function absence(pull: PullExpression): string[] {
  const { name } = pull;
  if (name === undefined) return [];
  const path = `${directoryOf(pull)}/${name}`.replaceAll('%', '%%');
  return ['', '.raw', '.mstack'].map((suffix) => `ConditionPathExists=!${path}${suffix}`);
}

function commandOf({ format, class: imageClass, name, remote, verify, readOnly, runtime }: PullExpression): string[] {
  return [
    '--system',
    `pull-${format}`,
    `--class=${imageClass}`,
    ...(runtime ? [`--image-root=${directoryOf({ class: imageClass, runtime })}`] : []),
    ...(verify === undefined ? [] : [`--verify=${verify}`]),
    ...(readOnly ? ['--read-only'] : []),
    // What is pulled anew at each boot is not kept twice.
    ...(format === 'oci' ? [] : ['--keep-download=no']),
    '--',
    remote,
    ...(name === undefined ? [] : [name]),
  ];
}

/** A word of a command line in a unit: systemd.service(5), systemd.syntax(7). Variables are not looked for, as `:` says. */
function quoted(word: string): string {
  const text = word.replaceAll('%', '%%');
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
