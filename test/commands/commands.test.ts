import { describe, expect, test } from 'vitest';
import { type Card, plainText } from '../../src/core/card.ts';
import { externalSecret, workload } from '../support/fake-cluster.ts';
import { fault } from '../support/fake-vault.ts';
import { admin, canary, type House, mediaPerson, openHouse, shownText, stranger } from '../support/house.ts';

function wordsOf(card: Card): string {
  return [card.title, ...(card.lines ?? [])].map(plainText).join('\n');
}

/** Nothing was changed, in Vault or in the cluster. */
function expectUntouched(house: House): void {
  expect(house.vault.writes).toEqual([]);
  expect(house.cluster.marks).toEqual([]);
  expect(house.cluster.restarted).toEqual([]);
  expect(house.messages).toEqual([]);
}

describe('secret list', () => {
  test('shows what the person may see, those that fail first', async () => {
    const card = await openHouse().ask('secret list');
    expect(card.title).toBe('8 secrets you may see, 1 not Ready');
    expect(card.state).toBe('warning');
    expect(card.table?.rows[0]).toEqual(['security/dex', 'SecretSyncedError', 'security/dex']);
    expect(card.table?.rows.find(([name]) => name === 'home/search')?.[2]).toBe('by search');
  });

  test('of one namespace, or only what fails', async () => {
    const house = openHouse();
    expect((await house.ask('secret list media')).title).toBe('3 secrets you may see in media, all Ready');
    expect((await house.ask('secret list --failing')).table?.rows).toHaveLength(1);
    const none = await house.ask('secret list media', stranger);
    expect(none.title).toBe('You may not look at secrets');
  });

  test('shows a person nothing of what no grant shows them', async () => {
    const house = openHouse();
    const card = await house.ask('secret list', mediaPerson);
    expect(card.table?.rows.map(([name]) => name)).toEqual(['media/jellyfin', 'media/sonarr']);
    expect(wordsOf(await house.ask('secret list home', mediaPerson))).toContain(
      'Nothing here is in your sight',
    );
  });

  test('says it when the cache is not filled yet', async () => {
    const house = openHouse();
    house.cluster.fails.set(
      'externalSecrets',
      fault('cache-not-ready', 'ExternalSecrets are still being listed'),
    );
    expect((await house.ask('secret list')).title).toContain('ExternalSecrets are still being listed');
  });
});

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
  });

  test('quotes what External Secrets says of one that fails', async () => {
    const card = await openHouse().ask('secret status security/dex');
    expect(card.state).toBe('warning');
    expect(wordsOf(card)).toContain(
      'security/dex: SecretSyncedError, External Secrets says “permission denied”',
    );
  });
});

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

describe('secret rotate', () => {
  test('writes, syncs every reader, restarts who needs it, and says what was seen', async () => {
    const house = openHouse();
    const card = await house.ask('secret rotate media/jellyfin api-key --reason because');
    expect(shownText(card)).toMatchInlineSnapshot(`
      "✓ api-key of media/jellyfin: v8 is live in 2 ExternalSecrets, 1 of 1 workloads restarted, TOOK   asked by @robin
        ✓ Vault wrote v8, was v7 TOOK
        ✓ home/homarr Ready with v8 TOOK
        ✓ media/jellyfin Ready with v8 TOOK
        – Deployment home/homarr mounts it as a volume: delivered within the kubelet's sync, not observed
        ✓ Deployment media/jellyfin restarted and ready (1 replica) TOOK
        The previous version is v7. The last proven one was v6.
        Status: /secret status media/jellyfin
        Uses: /secret uses media/jellyfin
        Request ID
      "
    `);
    expect(house.vault.writes).toEqual([
      'patch media/jellyfin api-key',
      'annotate media/jellyfin chatelaine-versions,chatelaine-recipes',
      'annotate media/jellyfin chatelaine-proven',
    ]);
    expect(house.cluster.marks.toSorted()).toEqual(['home/homarr', 'media/jellyfin']);
    expect(house.cluster.restarted).toEqual(['media/jellyfin']);
    expect(house.vault.secrets.get('media/jellyfin')?.versions).toHaveLength(8);
  });

  test('first says what will be touched', async () => {
    const house = openHouse();
    await house.ask('secret rotate media/jellyfin');
    const first = house.messages[0]?.[0];
    if (first === undefined) throw new Error('nothing was shown');
    expect(first.state).toBe('working');
    expect(shownText(first)).toMatchInlineSnapshot(`
      "● Rotating api-key of media/jellyfin   asked by @robin
        Read by     home/homarr, media/jellyfin (External Secrets, this cluster)
        Used by     Deployment home/homarr (volume), Deployment media/jellyfin (env)
        New value   password, 32 characters, alphanumeric (190 bits)
        · write kv/media/jellyfin, now v7
        · sync home/homarr
        · sync media/jellyfin
        – Deployment home/homarr mounts it as a volume: delivered within the kubelet's sync, not observed
        · restart Deployment media/jellyfin
        Request ID
      "
    `);
  });

  test.each([
    [
      'home/paperless db-password',
      'db-password is two-sided: a database or an API has it too',
      '--nature self-contained',
    ],
    [
      'home/paperless smtp-password',
      'smtp-password is external: somebody gave it to us',
      'Ask whoever issues it',
    ],
    [
      'home/paperless',
      'kv/home/paperless has 3 properties, and none was named',
      'db-password, secret-key, smtp-password',
    ],
    ['home/paperless api-key', 'kv/home/paperless has no api-key', 'Name one or more of: db-password'],
    ['media/gallery', 'it reads 2 paths', 'Say which property'],
    ['home/search', 'it names no path of kv', 'name one that reads a path'],
    ['media/nothing', 'no ExternalSecret of that name is in your sight', '/secret list'],
    ['../../sys', 'that is not the name of a secret', 'namespace/name'],
    ['media/jellyfin --kind hex --length 8', '8 characters of hex are 32 bits', 'Leave --length out'],
    ['media/jellyfin --kind uuid --length 36', 'a uuid has no length', 'Leave --length out'],
    ['media/jellyfin --kind hex --alphabet symbols', '--alphabet is for passwords', 'Leave --length out'],
  ])('%s is refused: %s', async (line, why, next) => {
    const house = openHouse();
    const card = await house.ask(`secret rotate ${line}`);
    expect(card.state).toBe('failure');
    expect(wordsOf(card)).toContain(why);
    expect(wordsOf(card)).toContain(next);
    expect(wordsOf(card)).toContain('Nothing changed.');
    expectUntouched(house);
  });

  test('asks once where else a property lives, and remembers the answer', async () => {
    const house = openHouse();
    const asked = await house.ask('secret rotate media/sonarr');
    expect(shownText(asked)).toMatchInlineSnapshot(`
      "· Before media/sonarr is rotated: where else does token live?
        Changing only Vault is right where Vault is the only place. Where a database or an API has the value too, it would lock the app out.
        Nothing changed yet. The answer is remembered with the secret.
        Only Vault has it: rotate: /secret rotate media/sonarr token --nature self-contained
        A database or an API has it too: /secret policy media/sonarr token --nature two-sided
        Somebody gave it to us: /secret policy media/sonarr token --nature external
        Request ID
      "
    `);
    expectUntouched(house);
    const [first] = asked.actions ?? [];
    expect((await house.ask(first?.command ?? '')).state).toBe('success');
    expect((await house.ask('secret rotate media/sonarr')).state).toBe('success');
  });

  test('the nature that was said does not outweigh the one that is known', async () => {
    const house = openHouse();
    const card = await house.ask('secret rotate home/paperless db-password --nature self-contained');
    expect(card.title).toContain('db-password is two-sided');
    expectUntouched(house);
  });

  test('keeps the form that a value was generated in last', async () => {
    const house = openHouse();
    const value = (): string =>
      house.vault.secrets.get('media/jellyfin')?.versions.at(-1)?.get('api-key') ?? '';
    await house.ask('secret rotate media/jellyfin --kind hex --length 40');
    expect(value()).toMatch(/^[0-9a-f]{40}$/);
    await house.ask('secret rotate media/jellyfin');
    expect(value()).toMatch(/^[0-9a-f]{40}$/);
    await house.ask('secret rotate media/jellyfin --length 48');
    expect(value()).toMatch(/^[0-9a-f]{48}$/);
    await house.ask('secret rotate media/jellyfin --kind uuid');
    await house.ask('secret rotate media/jellyfin');
    expect(value()).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('is limited, well before the last good version is dropped', async () => {
    const house = openHouse({ settings: { rotationsPerDay: 50 } });
    for (let times = 0; times < 5; times += 1) {
      expect((await house.ask('secret rotate media/jellyfin')).state).toBe('success');
    }
    const card = await house.ask('secret rotate media/jellyfin');
    expect(card.title).toContain('it was rotated 5 times in 24 hours');
    expect(wordsOf(card)).toContain('The limit is 5');
  });

  test('a limit above what is usual is counted to its end', async () => {
    const house = openHouse({ settings: { rotationsPerDay: 14 } });
    const stored = house.vault.secrets.get('media/jellyfin');
    if (stored !== undefined) stored.maxVersions = 100;
    for (let times = 0; times < 14; times += 1) await house.ask('secret rotate media/jellyfin --no-restart');
    expect((await house.ask('secret rotate media/jellyfin')).title).toContain(
      'it was rotated 14 times in 24 hours',
    );
  });

  test('two of one path are a pause apart', async () => {
    const house = openHouse({ settings: { pauseSeconds: 600 } });
    await house.ask('secret rotate media/jellyfin');
    const card = await house.ask('secret rotate media/jellyfin');
    expect(card.title).toMatch(/it was rotated .* ago as v8/);
    expect(house.vault.writes.filter((write) => write.startsWith('patch'))).toHaveLength(1);
  });

  test('without the right nothing is read or changed', async () => {
    const house = openHouse();
    expect((await house.ask('secret rotate media/jellyfin', stranger)).title).toBe('You may not rotate');
    const card = await house.ask('secret rotate home/paperless secret-key', mediaPerson);
    expect(card.title).toBe('You may not rotate in home');
    expect(wordsOf(card)).toContain('Ask one of @platform-admins, who may. The rule is grants[0]');
    expectUntouched(house);
  });

  test('a person who may rotate in one namespace has no workload of another restarted', async () => {
    const house = openHouse();
    house.cluster.run(workload('home/homarr'), 'homarr');
    const card = await house.ask('secret rotate media/jellyfin', mediaPerson);
    expect(house.cluster.restarted).toEqual(['media/jellyfin']);
    expect(shownText(card)).toContain('not restarted: you have no right in home');
  });

  test.each([
    ['--restart', ['home/homarr', 'media/jellyfin']],
    ['--no-restart', []],
  ])('%s restarts %j', async (flag, restarted) => {
    const house = openHouse();
    await house.ask(`secret rotate media/jellyfin ${flag}`);
    expect(house.cluster.restarted.toSorted()).toEqual(restarted);
  });

  test('without the policy in force it writes, and says why nobody was synced or restarted', async () => {
    const house = openHouse();
    house.cluster.guarded = { state: 'not-enforced', why: 'the admission policy is not in force' };
    const card = await house.ask('secret rotate media/jellyfin');
    expect(card.state).toBe('warning');
    expect(shownText(card)).toContain('not asked to sync: the admission policy is not in force');
    expect(house.cluster.marks).toEqual([]);
    expect(house.cluster.restarted).toEqual([]);
  });

  test('one reader that fails is told with what External Secrets says, and nobody is restarted for it', async () => {
    const house = openHouse();
    house.cluster.syncs.set('media/jellyfin', {
      state: 'failed',
      reason: 'SecretSyncedError',
      message: 'permission denied',
      likely: 'policy of role external-secrets',
    });
    const card = await house.ask('secret rotate media/jellyfin');
    expect(card.state).toBe('warning');
    expect(card.title).toBe(
      'api-key of media/jellyfin is v8 in Vault, but 1 of 2 ExternalSecrets has not taken it',
    );
    expect(shownText(card)).toContain(
      'SecretSyncedError, External Secrets says “permission denied” (policy of role external-secrets)',
    );
    expect(house.cluster.restarted).toEqual([]);
    expect(card.actions?.[0]).toMatchObject({ command: 'secret sync media/jellyfin' });
  });

  test('what can not be proven is no success', async () => {
    const house = openHouse();
    house.cluster.syncs.set('home/homarr', { state: 'unprovable', why: 'its target is immutable' });
    const card = await house.ask('secret rotate media/jellyfin');
    expect(card.state).toBe('warning');
    expect(shownText(card)).toContain("home/homarr Ready, but v8 can't be proven: its target is immutable");
  });

  test.each(['vault-sealed', 'vault-unreachable', 'vault-denied'] as const)(
    '%s: nothing changed, and says so',
    async (code) => {
      const house = openHouse();
      house.vault.fails.set('patch', fault(code, 'Vault refused'));
      const card = await house.ask('secret rotate media/jellyfin');
      expect(card.state).toBe('failure');
      expect(card.title).toBe('api-key of media/jellyfin was not rotated: nothing changed');
      expect(wordsOf(card)).toContain('Vault refused');
      expect(house.vault.writes).toEqual([]);
      expect(house.cluster.marks).toEqual([]);
    },
  );

  test('the same envelope twice rotates once', async () => {
    const house = openHouse();
    const reading = house.read('secret rotate media/jellyfin');
    if (reading.kind !== 'ready') throw new Error('not read');
    const answers = await Promise.all([house.run(reading, admin, 'same'), house.run(reading, admin, 'same')]);
    expect(answers.filter(({ shown }) => shown !== undefined)).toHaveLength(1);
    expect(house.vault.writes.filter((write) => write.startsWith('patch'))).toHaveLength(1);
  });
});

describe('secret sync', () => {
  test('has every reader read again, restarts nobody and writes nothing', async () => {
    const house = openHouse();
    const card = await house.ask('secret sync media/jellyfin');
    expect(shownText(card)).toMatchInlineSnapshot(`
      "✓ media/jellyfin: 2 of 2 ExternalSecrets Ready with what Vault holds now, TOOK   asked by @robin
        ✓ home/homarr Ready with what Vault holds now TOOK
        ✓ media/jellyfin Ready with what Vault holds now TOOK
        No workload was restarted.
        Status: /secret status media/jellyfin
        Request ID
      "
    `);
    expect(house.cluster.marks.toSorted()).toEqual(['home/homarr', 'media/jellyfin']);
    expect(house.vault.writes).toEqual([]);
    expect(house.cluster.restarted).toEqual([]);
  });

  test('says why one can not be asked', async () => {
    const house = openHouse();
    house.cluster.add(
      externalSecret('media/once', ['media/sonarr#token'], {
        unsyncable: 'its refreshPolicy is CreatedOnce',
      }),
    );
    const card = await house.ask('secret sync media/once');
    expect(card.state).toBe('warning');
    expect(shownText(card)).toContain('media/once: its refreshPolicy is CreatedOnce');
    expect(house.cluster.marks).toEqual(['media/sonarr']);
  });

  test('takes its own right', async () => {
    const house = openHouse();
    expect((await house.ask('secret sync media/jellyfin', mediaPerson)).title).toBe('You may not sync');
    expectUntouched(house);
  });
});

describe('secret policy', () => {
  test('remembers, and says what follows from it', async () => {
    const house = openHouse();
    const card = await house.ask('secret policy media/sonarr token --nature external');
    expect(card.title).toBe('token of media/sonarr: external, remembered with kv/media/sonarr');
    expect(wordsOf(card)).toContain('It will not be rotated by one command');
    expect(house.vault.writes).toEqual(['annotate media/sonarr chatelaine-natures']);
    expect((await house.ask('secret rotate media/sonarr')).title).toContain('token is external');
  });

  test('says it when the property is not there', async () => {
    const card = await openHouse().ask('secret policy media/sonarr tokne --nature external');
    expect(card.state).toBe('warning');
    expect(wordsOf(card)).toContain('The current version has no tokne; it has token.');
  });

  test('takes its own right', async () => {
    const house = openHouse();
    const card = await house.ask('secret policy media/jellyfin api-key --nature external', mediaPerson);
    expect(card.title).toBe('You may not change policies');
    expectUntouched(house);
  });
});

describe('vault status', () => {
  test('shows each replica, the login and the stores', async () => {
    const house = openHouse();
    house.cluster.pointing = [
      {
        kind: 'ClusterSecretStore',
        name: 'vault',
        ready: { status: 'True', reason: 'Valid', message: 'store validated' },
      },
    ];
    house.vault.seen = [
      ...house.vault.seen,
      {
        name: 'vault-2',
        address: 'http://vault-2:8200',
        state: 'sealed',
        unseal: { given: 1, needed: 3, of: 5 },
      },
    ];
    expect(shownText(await house.ask('vault status'))).toMatchInlineSnapshot(`
      "▲ Vault: 2 of 3 replicas unsealed, vault-0 is active, 1 sealed
        Login    as kubernetes, role chatelaine
        Stores   ClusterSecretStore vault Ready
        Replica  State                         Version  Address
        vault-0  active                        2.3.1    http://vault-0:8200
        vault-1  standby                       2.3.1    http://vault-1:8200
        vault-2  sealed (1 of 3 shares given)           http://vault-2:8200
        To unseal one, a person with a share runs bao operator unseal -address=ADDRESS for its address, until enough shares were given. Never give a share to a bot.
        Request ID
      "
    `);
  });

  test('all of them well is a success; none active is a failure', async () => {
    const house = openHouse();
    expect((await house.ask('vault status')).state).toBe('success');
    house.vault.seen = house.vault.seen.map((each) => ({ ...each, state: 'unreachable', why: 'refused' }));
    const card = await house.ask('vault status');
    expect(card.state).toBe('failure');
    expect(card.title).toBe(
      'Vault: 0 of 2 replicas unsealed, no replica is active: no secret can be read or written',
    );
  });

  test('a login that fails and a watch that is broken are told', async () => {
    const house = openHouse();
    house.vault.login = {
      state: 'failing',
      method: 'kubernetes',
      role: 'chatelaine',
      why: 'permission denied',
    };
    house.cluster.troubles = ['ExternalSecrets: forbidden'];
    const card = await house.ask('vault status');
    expect(card.state).toBe('warning');
    expect(shownText(card)).toContain('failing (kubernetes, role chatelaine): permission denied');
    expect(wordsOf(card)).toContain('ExternalSecrets: forbidden');
  });
});

test('no card, message or log line of any command holds a value, old or new', async () => {
  const house = openHouse();
  const cards: Card[] = [];
  for (const line of [
    'secret list',
    'secret status media/jellyfin',
    'secret uses media/jellyfin',
    'secret rotate media/jellyfin --kind hex',
    'secret sync media/jellyfin',
    'secret policy home/paperless secret-key --nature self-contained',
    'secret rotate home/paperless secret-key',
    'secret rotate home/paperless',
    'vault status',
  ]) {
    cards.push(await house.ask(line));
  }
  const values = [...house.vault.secrets.values()].flatMap(({ versions }) =>
    versions.flatMap((each) => [...each.values()]),
  );
  const told = JSON.stringify([cards, house.messages, house.log]);
  expect(new Set(values).size).toBe(3);
  for (const value of [canary, ...values]) expect(told).not.toContain(value);
});
