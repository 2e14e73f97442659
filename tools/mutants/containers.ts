import type { Mutant } from './mutant.js';

const layers = 'integration/prune/layers';
const apply = 'unit/service/images/layers/apply';
const place = 'unit/service/images/layers/place';
const together = 'integration/oci/together';
const busy = 'integration/oci/busy';

/** What container images are made of, and who needs it meanwhile. */
export const containers: readonly Mutant[] = [
  {
    what: 'a layer that is being removed becomes part of an image',
    search: "if (lockFile(layer.descriptor, 'shared') && isStillThere(",
    replacement: "if (lockFile(layer.descriptor, 'shared') || isStillThere(",
    test: apply,
  },
  {
    what: 'a layer that has been removed meanwhile becomes part of an image',
    search: '&& isStillThere(root, layerName(digest), layer.descriptor)) return layer;',
    replacement: ') return layer;',
    test: apply,
  },
  {
    what: 'a directory that another program has made counts as a layer',
    search: "record.carrier === (carrierOf(descriptor) ?? '')",
    replacement: "record.carrier !== ''",
    test: apply,
  },
  {
    what: 'a layer that somebody else has placed meanwhile is replaced',
    search: 'if (!isThere(request)) place(request, path);',
    replacement: 'place(request, path);',
    test: place,
  },
  {
    what: 'what a stack runs from is removed where its lock cannot be read',
    search: "return lockStateOf(stack, host) !== 'free';",
    replacement: "return lockStateOf(stack, host) === 'locked';",
    test: layers,
    only: 'what systemd had unpacked',
  },
  {
    what: 'layers are removed while somebody has a lease of them',
    search: "return lockFile(root.descriptor, 'exclusive') ? action() : undefined;",
    replacement: 'return action();',
    test: layers,
    only: 'a layer stays while somebody has a lease',
  },
  {
    what: 'a pull has no lease of the layers that it finds',
    search: 'using _layersStay = await lease(request.image.imageRoot, signal);\n',
    replacement: '',
    test: together,
    only: 'neither clean nor remove-image',
  },
  {
    what: 'an import has no lease of the layers that it finds',
    search: 'using _layersStay = await lease(image.imageRoot, running.signal);\n',
    replacement: '',
    test: together,
    only: 'clean takes no layers from an import',
  },
  {
    what: 'each layer has the whole rate for itself',
    search: 'if (limitRate !== undefined) return 1;\n',
    replacement: '',
    test: busy,
    only: 'a limit of the rate',
  },
  {
    what: 'the limit of the rate is not told to the process that downloads layers',
    search: 'limitRate: request.limitRate,\n    resume: request.resume,\n    netrc: undefined,',
    replacement: 'limitRate: undefined,\n    resume: request.resume,\n    netrc: undefined,',
    test: busy,
    only: 'layers do not come faster',
  },
  {
    what: 'what a manifest says of the sizes of its layers is not compared',
    search: 'checkLayerSizes(document, items);\n',
    replacement: '',
    test: 'unit/service/formats/oci/manifest',
  },
  {
    what: 'two pulls download a layer twice',
    search: 'if (other === undefined) return await this.#bring(place, transfer, bring);',
    replacement: 'if (other === undefined || other !== undefined) return await this.#bring(place, transfer, bring);',
    test: 'unit/service/transfers/oci/shared-layers',
  },
  {
    what: 'a whiteout of .. is one of the directory above',
    search: "if (hidden === '' || hidden === '.' || hidden === '..')",
    replacement: "if (hidden === '' || hidden === '.')",
    test: 'unit/service/formats/tar/unpack/layer',
  },
];
