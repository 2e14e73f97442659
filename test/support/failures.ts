import assert from 'node:assert/strict';
import { Failure } from '../../common/failure.js';

/** The failure that something ends with. @throws AssertionError when it ends otherwise */
export function failureOf(action: () => unknown): Failure {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
    return error;
  }
  assert.fail('nothing was thrown');
}
