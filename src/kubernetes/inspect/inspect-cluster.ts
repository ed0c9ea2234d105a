import { z } from 'zod';
import { isFault } from '../../core/errors.ts';
import type { Call } from '../../core/ports/call.ts';
import type { Finding, Inspector } from '../../core/ports/inspect.ts';
import type { GuardOptions } from '../guard.ts';
import type { SnapshotContext } from '../snapshot-source.ts';
import { findings } from './findings.ts';
import { inspectLeases } from './inspect-leases.ts';
import { inspectPolicy } from './inspect-policy.ts';
import { inspectExcess, inspectNeeds } from './inspect-rights.ts';
import { inspectSnapshots } from './inspect-snapshots.ts';

export interface ClusterInspection extends GuardOptions {
  /** The bot's own. */
  readonly namespace: string;
  /** Names in the cluster, as far as they are known; undefined where they can't be had. */
  readonly namespaces: (call: Call) => Promise<readonly string[] | undefined>;
  /** Absent where the configuration names no CronJob for them. */
  readonly snapshots?: SnapshotContext;
}

const Review = z.object({ status: z.object({ userInfo: z.object({ username: z.string() }) }) });
/** The account that manifests/chatelaine/annotations-only.yaml holds back. */
const guarded = 'system:serviceaccount:chatelaine:chatelaine';

/** Looks at the cluster with the bot's own account: who it is there, what it may, and what holds it back. */
export function createClusterInspector(inspection: ClusterInspection): Inspector {
  const { api, namespace } = inspection;
  return {
    area: 'Kubernetes',
    async inspect(call) {
      try {
        const version = await api.version(call);
        const reached = findings.good('the API server answers', version);
        return [reached, ...(await inspectAccount(inspection, call))];
      } catch (error) {
        if (!isFault(error) || call.signal.aborted) throw error;
        return [
          findings.of('fault', error),
          findings.unknown(
            `what the bot may in the cluster, and whether ${namespace} is there`,
            'the API server did not say',
          ),
        ];
      }
    },
  };
}

async function inspectAccount(inspection: ClusterInspection, call: Call): Promise<readonly Finding[]> {
  const { api, namespace, snapshots } = inspection;
  const places = {
    own: namespace,
    ...(snapshots === undefined ? {} : { snapshots: snapshots.cronJob.namespace }),
  };
  const answer = await api.review('SelfSubjectReview', {}, 'asking Kubernetes who the bot is', call);
  const username = Review.safeParse(answer).data?.status.userInfo.username ?? 'nobody';
  const namespaces = (await inspection.namespaces(call)) ?? [];
  const parts = await Promise.all([
    inspectNeeds(api, places, call),
    inspectExcess(api, places, namespaces, call),
    inspectPolicy(inspection, call),
    snapshots === undefined ? [] : inspectSnapshots(snapshots, call),
    inspectLeases(inspection, namespace, call),
  ]);
  return [judgeName(username), ...parts.flat()];
}

function judgeName(username: string): Finding {
  if (username === guarded) return findings.good('the bot is its own ServiceAccount', username);
  return findings.doubt(
    'the bot is another account than the one that the admission policy holds back',
    `it is ${username}, and the policy names ${guarded}`,
    [
      'Give it a token of that ServiceAccount, or name the account in the matchConditions of manifests/chatelaine/annotations-only.yaml',
    ],
  );
}
