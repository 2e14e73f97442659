import { Failure } from '../../../common/failure.js';
import { describeKeys, type KeyDescription } from '../../verify/describe-keys.js';
import { readTrustedKeys } from '../../verify/trusted-keys.js';
import { messageMax } from '../ipc/bounds.js';
import { speakable, tell } from '../ipc/channel.js';
import type { DescribedKey, Download, UnusableKeyring } from '../ipc/messages.js';

type Keyring = Download['keyrings'][number];

/** Keys of one message: so many fit into its line, whatever their user IDs. */
const keysMax = 50;
/** Of a user ID or comment, in UTF-16 code units. */
const userMax = 300;
/** Of one key; signing subkeys are few. */
const subkeysMax = 20;

/**
 * Tells of the keys in some keyrings, one keyring after the other.
 *
 * @returns the keyrings without a key that can be read
 */
export async function tellKeys(keyrings: readonly Keyring[]): Promise<UnusableKeyring[]> {
  const unusable: UnusableKeyring[] = [];
  for (const { path, base64 } of keyrings) {
    try {
      const keys = await keysOf({ path, base64 });
      for (let start = 0; start < keys.length; start += keysMax)
        tell({ type: 'keys', keys: keys.slice(start, start + keysMax) });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      unusable.push({ keyring: path, message: speakable(error.message, messageMax) });
    }
  }
  return unusable;
}

/**
 * The keys in a keyring, for people.
 *
 * @throws Failure VerificationFailed when it holds none that can be read
 */
export async function keysOf({ path, base64 }: Keyring): Promise<DescribedKey[]> {
  const keys = await readTrustedKeys([{ path, bytes: Buffer.from(base64, 'base64') }]);
  const described = await describeKeys(keys, new Date());
  return described.map((key) => asMessage(key, path));
}

function asMessage(key: KeyDescription, keyring: string): DescribedKey {
  const { scheme, fingerprint, subkeys, user, usableUntil } = key;
  const problem = problemOf(key);
  return {
    scheme,
    fingerprint,
    subkeys: subkeys.slice(0, subkeysMax).map((subkey) => subkey.fingerprint),
    user: speakable(user, userMax),
    usableUntil: usableUntil?.getTime(),
    // It completes "key X, which …" where signatures are judged, and "it …" here.
    problem: problem && speakable(problem.replace(/^which /, ''), userMax),
    keyring,
  };
}

/** Why no signature counts that is made with a key or one of its subkeys, completing "It …". Some primary keys never sign. */
function problemOf({ subkeys, ...primary }: KeyDescription): string | undefined {
  const parts = [primary, ...subkeys];
  if (parts.some(({ problem }) => problem === undefined)) return undefined;
  const whole = parts.find(({ problem }) => /^which (expired|was revoked)/.test(problem ?? '')) ?? primary;
  return whole.problem?.replace(/^which /, '');
}
