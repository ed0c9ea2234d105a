import { beforeAll, describe, expect, test } from 'vitest';
import type { Answer, Api } from '../servers/api.ts';
import { bot } from '../servers/cluster.ts';
import { startKubelet } from '../servers/kubelet.ts';
import { until } from '../servers/until.ts';
import { paths, prepareWorld } from './kubernetes-world.ts';
import { policyInForce, useCluster } from './support.ts';

const cluster = useCluster(({ adminApi }) => prepareWorld(adminApi));
let asBot: Api;

beforeAll(async () => {
  asBot = await cluster().apiOf(bot);
  await policyInForce(asBot);
});

/** Waits for a rollout the way the bot has to: the observed generation first, then the replicas. */
function rolledOut(path: string): Promise<Answer['body']> {
  const look = async (): Promise<Answer['body']> => {
    const { metadata, spec, status } = await asBot.need('GET', path);
    const ready = status?.updatedReplicas === spec.replicas && status?.readyReplicas === spec.replicas;
    return (
      status?.observedGeneration === metadata.generation &&
      ready &&
      !(status.replicas > spec.replicas) &&
      status
    );
  };
  return until(look, { what: `${path} to be rolled out` });
}

describe('a restart by the bot, on the real servers', () => {
  test.each([paths.deployment, paths.statefulSet])('rolls out %s', async (path) => {
    const stop = startKubelet(cluster().adminApi, ['media']);
    try {
      await rolledOut(path);
      const patch = {
        spec: { template: { metadata: { annotations: { 'chatelaine.dev/restarted-by': 'op-9' } } } },
      };
      const answer = await asBot.patch('merge', `${path}?fieldManager=chatelaine`, patch);
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      const status = await rolledOut(path);
      expect(status.observedGeneration).toBe(answer.body.metadata.generation);
      const { items } = await cluster().adminApi.need(
        'GET',
        '/api/v1/namespaces/media/pods?labelSelector=app=jellyfin',
      );
      const restarted = items.filter(
        (pod: Answer['body']) => pod.metadata.annotations?.['chatelaine.dev/restarted-by'],
      );
      expect(restarted.length).toBeGreaterThan(0);
    } finally {
      await stop();
    }
  });
});
