import { ExportCommand } from '../transfer/export.js';

export default class ExportTar extends ExportCommand {
  static override paths = [['export-tar']];
  protected override readonly imageFormat = 'tar';
}
