/** What --columns= and --sort= of list-images may name, in the order of importctl(1). */
export const imageColumnNames = [
  'class',
  'name',
  'type',
  'path',
  'ro',
  'crtime',
  'mtime',
  'usage',
  'limit',
  'exclusive',
  'hidden',
  'source',
  'verification',
  'unused',
] as const;
export type ImageColumnName = (typeof imageColumnNames)[number];

/** What List() tells on request only, as it is requested. */
export type Detail = 'origin' | 'use';
