import { ImportCommand } from '../transfer/import.js';

export default class ImportRaw extends ImportCommand {
  static override paths = [['import-raw']];
  protected override readonly imageFormat = 'raw';
}
