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
] as const;
export type ImageColumnName = (typeof imageColumnNames)[number];
