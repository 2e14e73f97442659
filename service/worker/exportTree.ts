import { Failure } from '../failure.js';
import type { ByteSink } from '../stages/bytes.js';

export function exportTree(path: string, _source: number, _sink: ByteSink): void {
  throw new Failure('UnsupportedFormat', `${path} cannot be exported yet`, { needed: 'tar writer', allowed: 'none' });
}
