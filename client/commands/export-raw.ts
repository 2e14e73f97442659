import { ExportCommand } from '../transfer/export.js';

export default class ExportRaw extends ExportCommand {
  static override paths = [['export-raw']];
  protected override readonly imageFormat = 'raw';
}
