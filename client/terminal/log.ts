import { join } from 'node:path';
import { Log, readLogSettings } from '../../common/log/log.js';
import type { ProcessContext } from '../cli/process-context.js';
import { inAscii } from './width.js';

/** Opens the client's log: its own messages, and those of the service's transfers. */
export function openLog(context: ProcessContext): Log {
  const { variables, stderr, programName, runtimeDirectory, environment } = context;
  const isAscii = stderr.isTerminal && !environment.terminal.isUtf8;
  return new Log(readLogSettings(variables, stderr), {
    identifier: programName,
    places: { journal: join(runtimeDirectory, 'systemd/journal/socket'), kernelLog: '/dev/kmsg' },
    now: () => context.now(),
    writeConsole: (line) => stderr.write(isAscii ? inAscii(line) : line),
  });
}
