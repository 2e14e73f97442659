import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readClientEnvironment } from '../../../../client/cli/environment.js';
import {
  choosePager,
  type PagerFacts,
  type PagerPlan,
  sessionOwnerOf,
  splitWords,
} from '../../../../client/terminal/pager.js';

const facts: PagerFacts = {
  environment: readClientEnvironment({ TERM: 'xterm' }),
  wanted: true,
  outputIsTerminal: true,
  effectiveUserId: 1000,
  sessionOwner: 1000,
};

function plan(env: Record<string, string>, others: Partial<PagerFacts> = {}): PagerPlan | undefined {
  return choosePager({ ...facts, ...others, environment: readClientEnvironment({ TERM: 'xterm', ...env }) });
}

const none: [name: string, PagerPlan | undefined][] = [
  ['--no-pager', plan({}, { wanted: false })],
  ['no terminal', plan({}, { outputIsTerminal: false })],
  ['a dumb terminal', plan({ TERM: 'dumb' })],
  ['an empty $SYSTEMD_PAGER', plan({ SYSTEMD_PAGER: '' })],
  ['$SYSTEMD_PAGER=cat', plan({ SYSTEMD_PAGER: 'cat' })],
  ['an empty $PAGER', plan({ PAGER: '' })],
  ['$PAGER=cat', plan({ PAGER: 'cat' })],
  ['$SYSTEMD_PAGER=cat before $PAGER', plan({ SYSTEMD_PAGER: 'cat', PAGER: 'less', SYSTEMD_PAGERSECURE: '0' })],
];

for (const [name, found] of none) test(`${name} means no pager`, () => assert.equal(found, undefined));

const candidates: [name: string, PagerPlan | undefined, programs: string[][], secure: string][] = [
  ['by default the well-known ones are tried', plan({}), [['pager'], ['less'], ['more']], '0'],
  ['$PAGER is ignored without $SYSTEMD_PAGERSECURE', plan({ PAGER: 'most' }), [['pager'], ['less'], ['more']], '0'],
  ['$SYSTEMD_PAGER too', plan({ SYSTEMD_PAGER: 'most' }), [['pager'], ['less'], ['more']], '0'],
  [
    '$PAGER is honoured when trusted',
    plan({ PAGER: 'most -s', SYSTEMD_PAGERSECURE: '0' }),
    [['most', '-s'], ['pager'], ['less'], ['more']],
    '0',
  ],
  [
    '$SYSTEMD_PAGER comes first',
    plan({ PAGER: 'a', SYSTEMD_PAGER: 'b', SYSTEMD_PAGERSECURE: 'no' }),
    [['b'], ['pager'], ['less'], ['more']],
    '0',
  ],
  ['secure mode asked for', plan({ PAGER: 'a', SYSTEMD_PAGERSECURE: '1' }), [['a'], ['less']], '1'],
  [
    'a bad $SYSTEMD_PAGERSECURE counts as unset',
    plan({ PAGER: 'a', SYSTEMD_PAGERSECURE: 'x' }),
    [['pager'], ['less'], ['more']],
    '0',
  ],
  ['sudo means secure mode', plan({ SUDO_UID: '1000' }), [['less']], '1'],
  ["another user's session means secure mode", plan({}, { effectiveUserId: 0 }), [['less']], '1'],
  ['no session means secure mode', plan({}, { sessionOwner: undefined }), [['less']], '1'],
  [
    'sudo with the variable kept',
    plan({ SUDO_UID: '1000', SYSTEMD_PAGERSECURE: '0' }),
    [['pager'], ['less'], ['more']],
    '0',
  ],
];

for (const [name, found, programs, secure] of candidates) {
  test(name, () => {
    assert.deepEqual(found?.candidates, programs);
    assert.equal(found?.environment['LESSSECURE'], secure);
  });
}

test('less gets the options of systemd, not those of $LESS', () => {
  assert.equal(plan({ LESS: 'x' })?.environment['LESS'], 'FRSXMK');
  assert.equal(plan({ SYSTEMD_LESS: 'FRX' })?.environment['LESS'], 'FRX');
});

test('without K in $SYSTEMD_LESS Ctrl-C is left to the pager', () => {
  assert.equal(plan({})?.ignoreInterrupt, false);
  assert.equal(plan({ SYSTEMD_LESS: 'FRSXM' })?.ignoreInterrupt, true);
});

test('the character set of less follows the locale', () => {
  assert.equal(plan({ LANG: 'de_DE.UTF-8' })?.environment['LESSCHARSET'], 'utf-8');
  assert.equal(plan({ LANG: 'C.utf8' })?.environment['LESSCHARSET'], 'utf-8');
  assert.equal(plan({ LANG: 'C' })?.environment['LESSCHARSET'], undefined);
  assert.equal(plan({ LC_ALL: 'C', LANG: 'C.UTF-8' })?.environment['LESSCHARSET'], undefined);
  assert.equal(plan({ SYSTEMD_LESSCHARSET: 'latin1' })?.environment['LESSCHARSET'], 'latin1');
});

test('a pager command is split as by a shell, without one', () => {
  assert.deepEqual(splitWords(`less -R '--prompt=a b' "c \\"d" e\\ f`), ['less', '-R', '--prompt=a b', 'c "d', 'e f']);
  assert.deepEqual(splitWords('  '), []);
});

test('the owner of a session is read off the control group', () => {
  assert.equal(sessionOwnerOf('0::/user.slice/user-1000.slice/session-2.scope\n'), 1000);
  assert.equal(sessionOwnerOf('0::/user.slice/user-0.slice/user@0.service/app.slice\n'), 0);
  assert.equal(sessionOwnerOf('0::/system.slice/cron.service\n'), undefined);
});
