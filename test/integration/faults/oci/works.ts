import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import type { OciLayout } from '../../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { layoutArchive } from '../../../support/registry/archives.js';
import { FakeRegistry } from '../../../support/registry/fake-registry.js';
import { type Image, makeImage, makeLayer } from '../../../support/registry/images.js';
import type { Scene, Work } from '../works.js';

/** An image of the new tree, and of a layer that changes it. */
function newImage({ file }: Scene): Image {
  const upper = makeLayer([{ path: 'etc/.wh.fifo' }, { path: 'etc/upper', content: 'upper', mode: 0o640 }]);
  return makeImage({ layers: [makeLayer(readFileSync(file('new.tar'))), upper], config: { Cmd: ['/bin/true'] } });
}

/** All layers come while it is met with faults, or none: then the placement process is the one that makes the image. */
function pulled(layout: OciLayout, layersStay: boolean): Work {
  return {
    what: `pull-oci --layout=${layout}${layersStay ? ', of layers that are here' : ''}`,
    verb: 'pull',
    fileName: layout === 'tree' ? 'x' : 'x.mstack',
    layersStay,
    run: async (scene) => {
      await using registry = await FakeRegistry.start();
      const reference = registry.push('x', newImage(scene), 'latest');
      const wish = { reference, name: 'x', class: 'machine', layout, force: true, imageRoot: scene.root } as const;
      return await scene.stage.transfers.pullOci(wish);
    },
  };
}

const imported: Work = {
  what: 'import-oci',
  verb: 'import',
  fileName: 'x',
  run: async (scene) => {
    const { stage, root, file } = scene;
    writeFileSync(file('new.oci'), layoutArchive([{ image: newImage(scene) }]));
    const descriptor = openSync(file('new.oci'), 'r');
    try {
      const wish = { format: 'oci', class: 'machine', name: 'x', layout: 'tree', force: true } as const;
      return await stage.transfers.import(
        { ...wish, imageRoot: root, fileDescriptor: 0 },
        { descriptors: [descriptor] },
      );
    } finally {
      closeSync(descriptor);
    }
  },
};

export const ociWorks = {
  pullTree: pulled('tree', false),
  assembleTree: pulled('tree', true),
  assembleStack: pulled('mstack', true),
  imported,
};
