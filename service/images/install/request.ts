import type { ImageClass } from '../../../common/image-classes.js';
import type { ImageHost, Warn } from '../layout/host.js';
import type { InstalledSuffix } from '../layout/pristine-names.js';
import type { ImageRoot } from '../layout/root.js';
import type { NewProvenance } from '../provenance/provenance.js';
import type { Temporary } from './temporary.js';

/** Told after every step that a crash could follow; tests end the work there. */
export type InstallStep = (
  name: 'locked' | 'synchronized' | 'loosened' | 'renamed' | 'marked' | 'others' | 'sidecars' | 'removed',
) => void;

export interface InstallRequest {
  root: ImageRoot;
  /** The complete image. It is settled by the installation. */
  temporary: Temporary;
  name: string;
  imageClass: ImageClass;
  /** What the file name ends with, where that does not follow from the format: `.mstack`. */
  suffix?: string;
  host: ImageHost;
  /** Replace what has the name, whatever it is. */
  force: boolean;
  readOnly: boolean;
  /** Write everything to the disk before the image gets its name. */
  synchronize: boolean;
  /** What belongs to the image, complete as well. */
  sidecars: ReadonlyMap<InstalledSuffix, Temporary>;
  /** What is recorded with it of where it came from, and the key for that; undefined where nothing is. */
  provenance?: { readonly details: NewProvenance; readonly key: Buffer } | undefined;
  warn: Warn;
  step?: InstallStep;
}
