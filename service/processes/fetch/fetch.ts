import { runConfined } from '../confined.js';
import { isSpare, tell } from '../ipc/channel.js';
import { waitForOrder } from '../ipc/orders.js';

/** Entry point of the fetch process: network, hash and verification, without any rights. It decodes no byte of an image. */
void runConfined('fetch', process.env, async () => {
  if (isSpare()) await prepare();
  const order = waitForOrder('fetch');
  if (order === undefined) return;
  // Each kind needs another part of the program: what is not needed is not loaded.
  if (order.type === 'fetchPull') {
    const { fetchPull } = await import('./fetch-pull.js');
    tell({ type: 'fetched', outcome: await fetchPull(order.download) });
  } else if (order.type === 'describeKeys') {
    const { tellKeys } = await import('./tell-keys.js');
    tell({ type: 'described', unusable: await tellKeys(order.keyrings) });
  } else if (order.type === 'resolveOci') {
    const { resolveReference } = await import('./resolve-reference.js');
    tell({ type: 'resolved', image: await resolveReference(order.sought) });
  } else if (order.type === 'resolveArtefact') {
    const { resolveArtefactReference } = await import('./resolve-reference.js');
    tell({ type: 'foundArtefact', artefact: await resolveArtefactReference(order.sought) });
  } else if (order.type === 'pushOci') {
    const { pushOci } = await import('./push-oci.js');
    tell({ type: 'pushed', ...(await pushOci(order)) });
  } else if (order.type === 'collectOci') {
    const { collectOci } = await import('./collect-oci.js');
    tell({ type: 'collected', outcome: collectOci(order) });
  } else if (order.type === 'judge') {
    const { judgeProofs } = await import('./judge-proofs.js');
    tell({ type: 'judged', check: await judgeProofs(order) });
  } else {
    const { planDownload } = await import('./plan-download.js');
    tell({ type: 'planned', outcome: await planDownload(order.download) });
  }
});

/** What a download needs in any case, done while nobody waits for it. */
async function prepare(): Promise<void> {
  const [{ nodeInternals }] = await Promise.all([
    import('../../http/connection/internals.js'),
    import('./fetch-pull.js'),
  ]);
  await nodeInternals();
}
