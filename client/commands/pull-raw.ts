import { PullCommand } from '../transfer/pull.js';

export default class PullRaw extends PullCommand {
  static override paths = [['pull-raw']];
  protected override readonly imageFormat = 'raw';
}
