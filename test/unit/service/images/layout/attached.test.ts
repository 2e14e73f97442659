import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Failure } from '../../../../../common/failure.js';
import { attachmentOf, portableCommand } from '../../../../../service/images/layout/attached.js';
import { ensureAvailable } from '../../../../../service/images/layout/existing.js';
import { imageHost } from '../../../../../service/images/layout/host.js';
import { removeImage, renameImage } from '../../../../../service/images/manage/manage.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { attachedAsService } from '../../../../support/texts/images.js';

/** A user with images and attached units. */
function scene(t: TestContext) {
  const directory = temporaryDirectory(t);
  const images = directory.file('state', 'portables');
  for (const path of [images, directory.file('run'), directory.file('other')]) mkdirSync(path, { recursive: true });
  const environment = {
    HOME: directory.file('home'),
    XDG_STATE_HOME: directory.file('state'),
    XDG_RUNTIME_DIR: directory.file('run'),
    XDG_CONFIG_HOME: directory.file('config'),
  };
  const host = imageHost('user', environment);
  return {
    directory,
    images,
    host,
    options: { imageClass: 'portable' as const, host, warn: () => undefined },
    image(name: string, place = images) {
      writeFileSync(`${place}/${name}`, 'a disk');
      return `${place}/${name}`;
    },
    attach: (unit: string, paths: string[], place = directory.file('config')) => attach(place, unit, paths),
  };
}

/** Leaves what portabled leaves. */
function attach(place: string, unit: string, paths: readonly string[]): string {
  const dropIn = `${place}/systemd/user.attached/${unit}.d/20-portable.conf`;
  mkdirSync(dirname(dropIn), { recursive: true });
  writeFileSync(`${place}/systemd/user.attached/${unit}`, '[Service]\nExecStart=/bin/true\n');
  const marker = paths.map((path) => path.replaceAll('\\', '\\x5c').replaceAll(':', '\\x3a')).join(':');
  writeFileSync(dropIn, `# Drop-in created for image '${marker}', do not edit.\n\n[Service]\nRootImage=${paths[0]}\n`);
  return dropIn;
}

const busy = (name: string, unit: string, dropIn: string, command: string) => ({
  kind: 'ImageBusy',
  message: `'${name}' ${attachedAsService(unit, dropIn)} '${command}'`,
});

test('an image that portablectl has attached is neither removed nor renamed', (t) => {
  const { image, attach, options } = scene(t);
  for (const name of ['disk', 'disk_1.2', 'with:colon']) {
    const path = image(`${name}.raw`);
    const unit = `${name.replace(/\W/g, '-')}@.service`;
    const expected = busy(name, unit, attach(unit, [path]), `portablectl --user detach ${name}`);
    assert.throws(() => removeImage(name, options), expected);
    assert.throws(() => renameImage(name, 'new', options), expected);
    assert.ok(existsSync(path));
  }
});

test('a path with a backslash is found in the drop-in as portabled writes it', (t) => {
  const { image, attach, options } = scene(t);
  attach('odd.service', [image('back\\slash.raw')]);
  assert.throws(() => removeImage('back\\slash', options), { kind: 'ImageBusy' });
});

test('an image is attached until the drop-in is gone, also where the unit was removed', (t) => {
  const { image, attach, options } = scene(t);
  const path = image('disk.raw');
  const dropIn = attach('disk.service', [path]);
  rmSync(dirname(dropIn).slice(0, -2));
  const expected = busy('disk', 'disk.service', dropIn, 'portablectl --user detach disk');
  assert.throws(() => removeImage('disk', options), expected);
  rmSync(dropIn);
  removeImage('disk', options);
  assert.equal(existsSync(path), false);
});

test('what is attached for this boot only, and over another image, is told with the options to detach it', (t) => {
  const { image, attach, options, directory } = scene(t);
  const [root, extension] = [image('root.raw'), image('more.raw')];
  const [elsewhere, odd] = [image('else.raw', directory.file('other')), image("o'dd.raw", directory.file('other'))];
  const dropIn = attach('root.service', [root, extension, elsewhere], directory.file('run'));
  const command = `portablectl --user --runtime detach --extension=more --extension=${elsewhere} root`;
  assert.throws(() => removeImage('root', options), busy('root', 'root.service', dropIn, command));
  assert.throws(() => removeImage('more', options), busy('more', 'root.service', dropIn, command));
  const outside = { ...options, root: directory.file('other'), imageClass: 'machine' as const };
  assert.throws(() => removeImage('else', outside), busy('else', 'root.service', dropIn, command));
  const second = attach('odd.timer', [odd]);
  const quoted = `portablectl --user detach '${odd.replace("'", "'\\''")}'`;
  assert.throws(() => renameImage("o'dd", 'even', outside), busy("o'dd", 'odd.timer', second, quoted));
});

test('other versions of an attached image, and others of its name, can be removed', (t) => {
  const { image, attach, options, directory } = scene(t);
  attach('disk.service', [image('disk_2.raw'), '/nowhere/disk_1.raw']);
  const place = directory.file('other');
  for (const path of [image('disk_1.raw'), image('disk.raw')]) assert.ok(existsSync(path));
  image('disk_2.raw', place);
  removeImage('disk_1', options);
  removeImage('disk', options);
  removeImage('disk_2', { ...options, root: place });
  assert.throws(() => removeImage('disk_2', options), { kind: 'ImageBusy' });
});

test('an image is attached by whichever path leads to it', (t) => {
  const { image, attach, options, directory } = scene(t);
  const path = image('disk.raw', directory.file('other'));
  symlinkSync(path, directory.file('state', 'portables', 'disk.raw'));
  symlinkSync(directory.file('other'), directory.file('link'));
  attach('disk.service', [directory.file('link', 'disk.raw')]);
  for (const change of [options, { ...options, root: directory.file('other') }])
    assert.throws(() => removeImage('disk', change), { kind: 'ImageBusy' });
});

test('files that portabled has not written attach nothing', (t) => {
  const { image, directory, options } = scene(t);
  const path = image('disk.raw');
  const place = directory.file('config', 'systemd', 'user.attached');
  for (const [unit, line] of [
    ['a.service', `# made for '${path}'`],
    ['b.service', `# Drop-in created for image '${path}'`],
    ['c.service', ''],
    ['d.service', "# Drop-in created for image '', do not edit."],
    ['e.service', "# Drop-in created for image 'disk.raw', do not edit."],
  ] as const) {
    mkdirSync(`${place}/${unit}.d`, { recursive: true });
    writeFileSync(`${place}/${unit}`, '');
    writeFileSync(`${place}/${unit}.d/20-portable.conf`, `[Unit]\n${line}\n`);
    if (line !== '' && !line.includes(`'${path}', do`))
      writeFileSync(`${place}/${unit}.d/20-portable.conf`, `${line}\n`);
  }
  mkdirSync(`${place}/f.service.d/20-portable.conf`, { recursive: true });
  writeFileSync(`${place}/f.service`, '');
  writeFileSync(`${place}/g.service.d`, 'not a directory');
  writeFileSync(`${place}/g.service`, '');
  removeImage('disk', options);
  assert.equal(existsSync(path), false);
});

test('the service of the system looks where portablectl puts units of the system', () => {
  const host = { scope: 'system', environment: {} } as const;
  assert.equal(attachmentOf('/nowhere/disk.raw', host), undefined);
  const attachment = { dropIn: '', unit: '', paths: ['/var/lib/portables/a.raw', '/srv/b'], options: ['--runtime'] };
  assert.equal(portableCommand('detach', attachment, host), 'portablectl --runtime detach --extension=/srv/b a');
});

test('with --force an attached image makes room for one at its path only', (t) => {
  const { image, attach, host, images } = scene(t);
  const dropIn = attach('disk.service', [image('disk.raw')]);
  const announced = { imageRoot: images, name: 'disk', class: 'portable', force: true } as const;
  ensureAvailable({ ...announced, format: 'raw' }, host);
  const expected = busy('disk', 'disk.service', dropIn, 'portablectl --user detach disk');
  assert.throws(() => ensureAvailable({ ...announced, format: 'tar' }, host), expected);
  assert.throws(() => ensureAvailable({ ...announced, format: 'tar' }, host), Failure);
});
