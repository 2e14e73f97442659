import { ImportCommand } from '../transfer/import.js';

export default class ImportTar extends ImportCommand {
  static override paths = [['import-tar']];
  protected override readonly imageFormat = 'tar';
}
