import { ImportCommand } from '../transfer/import.js';

export default class ImportFileSystem extends ImportCommand {
  static override paths = [['import-fs']];
  protected override readonly imageFormat = 'directory';
}
