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
        Reads or uses it               How     On a rotation
        ExternalSecret home/homarr     data    synced, and proven
        ExternalSecret media/jellyfin  data    synced, and proven
        Deployment home/homarr         volume  mounts it as a volume: delivered within the kubelet's sync…
        Deployment media/jellyfin      env     restarted
        Deployment media/sidecar       env     restarted by Reloader
        CronJob media/report           env     its next run reads the new value
        Seen through External Secrets in this cluster. Vault Agents, other operators and other clusters can read it unseen.
        Status: /secret status media/jellyfin
        Request ID
      "
    `);
    expectUntouched(house);
  });
});
