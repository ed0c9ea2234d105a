import { z } from 'zod';
import { isFault } from '../../core/errors.ts';
import { findingsOf, some } from '../../core/findings.ts';
import { whoApplied } from '../../core/flux/cover-path.ts';
import { formatObjectName } from '../../core/names.ts';
import type { Call } from '../../core/ports/call.ts';
import type { Flux, FluxSight, Kustomization } from '../../core/ports/flux.ts';
import type { Finding, Inspector } from '../../core/ports/inspect.ts';
import { ownAnnotations } from '../api.ts';
import { listAll } from '../list-all.ts';
import { listOf } from '../lists.ts';
import type { Send } from '../send.ts';

export interface FluxInspection {
  readonly flux: Flux;
  readonly send: Send;
  /** The bot's own. */
  readonly namespace: string;
}

const findings = findingsOf('Flux');
type Seen = FluxSight & { readonly state: 'seen' };

/** Looks at Flux: whether it applies the bot itself and all else, and leaves alone what the bot writes. */
export function createFluxInspector(inspection: FluxInspection): Inspector {
  return {
    area: 'Flux',
    async inspect(call) {
      try {
        const sight = await inspection.flux.look(call);
        if (sight.state === 'not-installed') {
          return [findings.good('Flux is not installed', 'the API server knows no kustomizations')];
        }
        if (sight.kustomizations.length === 0) {
          return [findings.good('Flux applies nothing here', 'there is no Kustomization')];
        }
        const reverting = await inspectReverting(inspection.send, call);
        return [...judgeOwn(sight, inspection.namespace), ...judgeOthers(sight), ...reverting];
      } catch (error) {
        if (!isFault(error) || call.signal.aborted) throw error;
        return [findings.of('unknown', error)];
      }
    },
  };
}

/** The one that applies the bot, and the source that it takes it from. */
function judgeOwn(sight: Seen, namespace: string): readonly Finding[] {
  const bot = { namespace, name: 'chatelaine', group: 'apps', kind: 'Deployment' };
  const own = whoApplied(sight, bot);
  if (own === undefined) {
    const evidence = `no inventory has Deployment ${namespace}/chatelaine in it`;
    return [findings.unknown('which Kustomization applies the bot itself', evidence)];
  }
  const what = `Kustomization ${formatObjectName(own)}, which applies the bot,`;
  const source = sight.sources.find(
    ({ namespace: of, name }) => of === own.source.namespace && name === own.source.name,
  );
  const troubles = [
    ...(own.suspended ? [suspended([formatObjectName(own)], `${what} is suspended`)] : []),
    ...(own.ready.status === 'True' ? [] : [notReady(`${what} is not Ready`, own)]),
    ...(source === undefined || source.ready.status === 'True'
      ? []
      : [notReady(`the source of ${what.slice(0, -1)} is not Ready`, source)]),
  ];
  return troubles.length > 0
    ? troubles
    : [findings.good(`${what} is Ready`, own.applied ?? own.ready.reason)];
}

type Standing = Pick<Kustomization, 'namespace' | 'name' | 'ready'>;

function notReady(what: string, { ready, namespace, name }: Standing): Finding {
  const says = ready.message === '' ? 'it says nothing yet' : ready.message;
  return findings.doubt(what, `${namespace}/${name}: ${says}`, [
    { code: 'flux get all -A --status-selector ready=false' },
  ]);
}

function suspended(names: readonly string[], what: string): Finding {
  return findings.doubt(what, some(names), [
    'What is merged there is not applied until ',
    { code: 'flux resume kustomization NAME -n NAMESPACE' },
  ]);
}

function judgeOthers({ kustomizations, sources }: Seen): readonly Finding[] {
  const named = (chosen: readonly Standing[]): readonly string[] => chosen.map(formatObjectName);
  const asleep = [...kustomizations, ...sources].filter((each) => each.suspended);
  const failing = [...kustomizations, ...sources].filter(({ ready }) => ready.status === 'False');
  const open = kustomizations.filter(
    ({ decryption, inventory }) =>
      decryption === undefined && inventory.some(({ kind, group }) => kind === 'Secret' && group === ''),
  );
  const found = [
    ...(asleep.length === 0 ? [] : [suspended(named(asleep), 'objects of Flux are suspended')]),
    ...(failing.length === 0
      ? []
      : [
          findings.doubt(
            'objects of Flux fail: what is merged may not be applied',
            some(failing.map((each) => `${formatObjectName(each)} (${each.ready.reason})`)),
            [{ code: 'flux get all -A --status-selector ready=false' }],
          ),
        ]),
    ...(open.length === 0
      ? []
      : [
          findings.doubt(
            'Kustomizations apply Secrets and have no decryption: their values may be in Git in clear',
            some(named(open)),
            'Encrypt those files with SOPS, and set spec.decryption with provider sops and the Secret of the age key.',
          ),
        ]),
  ];
  if (found.length > 0) return found;
  const decrypting = kustomizations.filter(({ decryption }) => decryption !== undefined);
  const evidence = `${kustomizations.length} Kustomizations, ${decrypting.length} with decryption; ${sources.length} GitRepositories`;
  return [findings.good('Flux applies what is in Git', evidence)];
}

const Managed = z.object({
  metadata: z.object({
    namespace: z.string(),
    name: z.string(),
    managedFields: listOf(
      z.object({
        manager: z.string(),
        fieldsV1: z
          .object({
            'f:metadata': z
              .object({ 'f:annotations': z.record(z.string(), z.unknown()).optional() })
              .optional(),
          })
          .optional(),
      }),
    ),
  }),
});

/** Flux puts back what is in Git: an annotation of the bot's that is written there would be fought over. */
async function inspectReverting(send: Send, call: Call): Promise<readonly Finding[]> {
  const read = (object: unknown): string | undefined => {
    const { metadata } = Managed.safeParse(object).data ?? {};
    const fought = metadata?.managedFields.some(
      ({ manager, fieldsV1 }) =>
        manager === 'kustomize-controller' &&
        fieldsV1?.['f:metadata']?.['f:annotations']?.[`f:${ownAnnotations.sync}`] !== undefined,
    );
    return fought === true ? `${metadata?.namespace}/${metadata?.name}` : undefined;
  };
  const { items } = await listAll(send, 'ExternalSecret', read, call);
  if (items.length === 0) return [];
  return [
    findings.doubt(
      `Flux sets ${ownAnnotations.sync} on ExternalSecrets, and takes the bot's back`,
      some(items),
      `Remove the annotation ${ownAnnotations.sync} from those files in Git.`,
    ),
  ];
}
