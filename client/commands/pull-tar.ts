import { PullCommand } from '../transfer/pull.js';

export default class PullTar extends PullCommand {
  static override paths = [['pull-tar']];
  protected override readonly imageFormat = 'tar';
}
