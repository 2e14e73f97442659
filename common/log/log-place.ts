import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';

interface Place {
  file: string;
  line: number;
}

const maps = new Map<string, SourceMap | undefined>();

/** Node maps stacks only when it was told so before it read the code; the map lies beside the code. */
function mapOf(path: string): SourceMap | undefined {
  if (maps.has(path)) return maps.get(path);
  let map: SourceMap | undefined;
  try {
    map = new SourceMap(JSON.parse(readFileSync(`${path}.map`, 'utf8')));
  } catch {
    // The code runs as it was written.
  }
  maps.set(path, map);
  return map;
}

/** Reads a line of a stack; what it names is a place in the source where there is a map. Undefined if it names none. */
function placeOf(line: string): Place | undefined {
  const match = /(?:\(|at )(?:async )?((?:file:\/\/)?\/[^()]+?):(\d+):(\d+)\)?$/.exec(line);
  if (match?.[1] === undefined) return undefined;
  const path = match[1].startsWith('file:') ? fileURLToPath(match[1]) : match[1];
  const [row, column] = [Number(match[2]), Number(match[3])];
  const entry = mapOf(path)?.findEntry(row - 1, column - 1);
  if (entry === undefined || !('originalSource' in entry)) return { file: path, line: row };
  return { file: entry.originalSource.replace(/^(?:\.\.?\/)+/, ''), line: entry.originalLine + 1 };
}

/** The place on the stack that called the log: the first one that is not in the log's own files. */
export function callerPlace(): Place {
  const lines = new Error().stack?.split('\n').slice(1) ?? [];
  const place = lines
    .map(placeOf)
    .find((candidate) => candidate !== undefined && !/(?:^|\/)common\/log\/[\w-]+\.[jt]s$/.test(candidate.file));
  return place ?? { file: 'unknown', line: 0 };
}
