import { formatBytes } from '../../common/sizes.js';
import { escapeText } from '../../varlink/text.js';
import type { Session } from '../cli/session.js';
import type { ServiceConnection } from '../connect/connect.js';
import type { OciPlan, PullOciParameters } from '../connect/contract.js';
import { attempt } from '../connect/describe.js';
import { fieldLook, renderFields, type ShownField } from '../terminal/fields.js';
import { freeSpace, tellObstacles } from '../transfer/plan.js';
import { writeJson } from '../transfer/report.js';

/** Layers that are shown: the rest are counted. */
const shownMax = 20;

/**
 * Shows what a pull of a container image would do, and what stands in its way. Nothing is written.
 *
 * @returns the exit status: that with which the pull would fail
 */
export async function showOciPlan(
  session: Session,
  connection: ServiceConnection,
  parameters: PullOciParameters,
): Promise<number> {
  const plan = await attempt('look at the image', () => connection.transfer.planOci(parameters));
  if (session.settings.json !== 'off') writeJson(session, plan);
  else session.context.stdout.write(renderFields(ociPlanFields(plan), fieldLook(session)));
  return tellObstacles(session, plan);
}

/** What of a plan is shown to people. */
function ociPlanFields(plan: OciPlan): ShownField[] {
  const { location, layers, replaces } = plan;
  const more = layers.length - shownMax;
  return [
    { name: 'Reference', text: escapeText(plan.reference) },
    { name: 'Found at', text: escapeText(`${location.registry}/${location.repository}`) },
    { name: 'Manifest', text: plan.manifestDigest },
    { name: 'Index', text: plan.indexDigest ?? undefined },
    { name: 'Verified', text: verified(plan) },
    { name: 'Download', text: downloaded(plan) },
    ...layers.slice(0, shownMax).map((layer) => ({ name: 'Layer', text: layerText(layer) })),
    { name: 'Layer', text: more > 0 ? `and ${more} more` : undefined },
    { name: 'Image', text: `${escapeText(plan.path)}, ${plan.layout === 'tree' ? 'one tree' : 'a stack of layers'}` },
    { name: 'Replaces', text: replaces.length > 0 ? escapeText(replaces.join(', ')) : undefined },
    freeSpace(plan),
  ];
}

function verified({ verifiedBy, signedBy, demandedBy }: OciPlan): string {
  if (verifiedBy !== 'signature')
    return verifiedBy === 'digest' ? 'by the given digest' : 'by the digests in its manifest; no signature is demanded';
  const keys = `by signature of ${signedBy.length === 1 ? 'key' : 'keys'} ${signedBy.join(', ')}`;
  return `${keys}; demanded by ${demandedBy.map((each) => escapeText(each)).join(', ')}`;
}

function downloaded({ layers, bytes }: OciPlan): string {
  const missing = layers.filter(({ present }) => !present).length;
  if (missing === 0) return 'none, all layers are here';
  return `${formatBytes(bytes)} in ${missing} of ${layers.length} ${layers.length === 1 ? 'layer' : 'layers'}`;
}

function layerText({ digest, bytes, compression, present }: OciPlan['layers'][number]): string {
  return `${digest}, ${formatBytes(bytes)}, ${present ? 'here' : compression}`;
}
