import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** A tree beside the image that nothing may touch. */
export function sentinel(path: string): void {
  mkdirSync(join(path, 'target'), { recursive: true });
  for (const name of ['victim', 'target/victim']) {
    // As a list of users, it would name one.
    writeFileSync(join(path, name), 'untouched:x:7:7::/:/bin/sh\n', { mode: 0o600 });
    utimesSync(join(path, name), 1_111_111_111, 1_111_111_111);
  }
  linkSync(join(path, 'victim'), join(path, 'second-name'));
  chmodSync(join(path, 'target'), 0o711);
  for (const name of ['target', '.']) utimesSync(join(path, name), 1_111_111_111, 1_111_111_111);
}

/** All there is to know of a tree, with change times: whatever is done to a file shows. */
export function snapshot(path: string): unknown[] {
  const paths = ['.', ...readdirSync(path, { recursive: true, encoding: 'utf8' }).sort()];
  return paths.map((name) => {
    const stat = lstatSync(join(path, name), { bigint: true });
    const { mode, uid, gid, nlink, size, mtimeNs, ctimeNs } = stat;
    const content = stat.isFile() ? readFileSync(join(path, name), 'latin1') : null;
    return { name, mode, uid, gid, nlink, size, mtimeNs, ctimeNs, content };
  });
}
