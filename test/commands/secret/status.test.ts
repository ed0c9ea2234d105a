import { describe, expect, test } from 'vitest';
import { externalSecret } from '../../support/fake-cluster.ts';
import { fault } from '../../support/fake-vault.ts';
import { openHouse, shownText } from '../../support/house.ts';
import { wordsOf } from '../../support/read-card.ts';

describe('secret status', () => {
  test('shows both sides: versions in Vault, and each reader', async () => {
    const house = openHouse();
    expect(shownText(await house.ask('secret status jellyfin'))).toMatchInlineSnapshot(`
      "✓ media/jellyfin is Ready, as are all 2 ExternalSecrets that read kv/media/jellyfin
        kv/media/jellyfin   v7, written AGO (not by Chatelaine, or not recorded); last proven v6; keeps 10
        Properties          api-key (self-contained)
        Store               ClusterSecretStore vault
        ExternalSecret  State  Last sync
        home/homarr     Ready  AGO
        media/jellyfin  Ready  AGO
        Sync now: /secret sync media/jellyfin
        Uses: /secret uses media/jellyfin
        History: /secret history media/jellyfin
        Request ID
      "
    `);
  });

  test('tells the cluster’s side where Vault can not be asked', async () => {
    const house = openHouse();
    house.vault.fails.set('metadata', fault('vault-sealed', 'Vault is sealed'));
    const card = await house.ask('secret status media/jellyfin');
    expect(card.state).toBe('warning');
    expect(card.fields?.[0]).toEqual({ label: 'kv/media/jellyfin', value: 'not known: Vault is sealed' });
    expect(card.title).toContain('; what Vault holds is not known');
  });

  test('says what is asked for that Vault does not have, and how to bring it', async () => {
    const house = openHouse();
    house.cluster.add(externalSecret('media/jellyfin', ['media/jellyfin#api-key', 'media/jellyfin#smtp']));
    const card = await house.ask('secret status media/jellyfin');
    expect(card.state).toBe('warning');
    expect(wordsOf(card)).toContain(
      'media/jellyfin asks for smtp, which kv/media/jellyfin does not have. Bring it with /secret set media/jellyfin smtp,',
    );
  });

  test('quotes what External Secrets says of one that fails', async () => {
    const card = await openHouse().ask('secret status security/dex');
    expect(card.state).toBe('warning');
    expect(wordsOf(card)).toContain(
      'security/dex: SecretSyncedError, External Secrets says “permission denied”',
    );
  });
});
