import { describe, expect, test } from 'vitest';
import { workload } from '../../support/fake-cluster.ts';
import { openHouse, shownText } from '../../support/house.ts';
import { expectUntouched } from '../../support/read-card.ts';

describe('secret uses', () => {
  test('shows readers, workloads, and what a rotation would restart; changes nothing', async () => {
    const house = openHouse();
    house.cluster.run(workload('media/sidecar', { restartedBy: { who: 'reloader' } }), 'jellyfin');
    house.cluster.run(workload('media/report', { kind: 'CronJob' }), 'jellyfin');
    expect(shownText(await house.ask('secret uses media/jellyfin'))).toMatchInlineSnapshot(`
      "· media/jellyfin is read by 2 ExternalSecrets and used by 4 workloads; a rotation would restart 2
        Path   kv/media/jellyfin
        ExternalSecret home/homarr (data): synced, and proven
        ExternalSecret media/jellyfin (data): synced, and proven
        Deployment home/homarr (volume): mounts it as a volume: delivered within the kubelet's sync, not observed
        Deployment media/jellyfin (env): restarted
        Deployment media/sidecar (env): restarted by Reloader
        CronJob media/report (env): reads the new value at its next run
        Seen through External Secrets in this cluster. Vault Agents, other operators and other clusters can read it unseen.
        Status: /secret status media/jellyfin
        Request ID
      "
    `);
    expectUntouched(house);
  });

  test('of a property that nobody reads says so', async () => {
    expect(shownText(await openHouse().ask('secret uses media/jellyfin api-kye'))).toMatchInlineSnapshot(`
      "· api-kye of media/jellyfin is read by 0 ExternalSecrets and used by 0 workloads; a rotation would restart 0
        Path   kv/media/jellyfin
        Nobody reads it there: /secret status media/jellyfin shows the names that Vault has.
        Seen through External Secrets in this cluster. Vault Agents, other operators and other clusters can read it unseen.
        Status: /secret status media/jellyfin
        Request ID
      "
    `);
  });
});
