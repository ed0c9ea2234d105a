import { describe, expect, test } from 'vitest';
import { workload } from '../../support/fake-cluster.ts';
import { fault } from '../../support/fake-vault.ts';
import { hastyClock } from '../../support/hasty-clock.ts';
import { admin, mediaPerson, openHouse, shownText, stranger } from '../../support/house.ts';
import { expectUntouched, wordsOf } from '../../support/read-card.ts';

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
      'annotate media/jellyfin chatelaine-versions,chatelaine-rotated,chatelaine-recipes',
      'annotate media/jellyfin chatelaine-proven',
    ]);
    expect(house.cluster.marks.toSorted()).toEqual(['home/homarr', 'media/jellyfin']);
    expect(house.cluster.restarted).toEqual(['media/jellyfin']);
    expect(house.vault.secrets.get('media/jellyfin')?.versions).toHaveLength(8);
  });

  test('one half of a key pair is refused, since the other would not fit', async () => {
    const house = openHouse();
    house.vault.put('media/jellyfin', { id: 'a', 'id.pub': 'b' }, { 'chatelaine-key-pairs': 'id=ssh' });
    for (const property of ['id', 'id.pub']) {
      const card = await house.ask(`secret rotate media/jellyfin ${property} --nature self-contained`);
      expect(card.state).toBe('failure');
      expect(wordsOf(card)).toContain(`${property} is half of a key pair (ssh: id and id.pub)`);
    }
    expect(house.vault.writes).toEqual([]);
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
      'It is two-sided: a database or an API has it too',
      '--nature self-contained',
    ],
    ['home/paperless smtp-password', 'It is external: somebody gave it to us', 'Ask whoever issues it'],
    [
      'home/paperless',
      'kv/home/paperless has 3 properties, and none was named',
      'db-password, secret-key, smtp-password',
    ],
    [
      'home/paperless api-key',
      'kv/home/paperless has no api-key',
      '/secret new home/paperless api-key --category',
    ],
    ['media/gallery', 'it reads 2 paths', 'Say which property'],
    ['home/search', 'it names no path of kv', 'name one that reads a path'],
    ['media/nothing', 'no ExternalSecret of that name is in your sight', '/secret list'],
    ['../../sys', 'that is not the name of a secret', 'namespace/name'],
    ['media/jellyfin --kind hex --length 8', '8 characters of hex are 32 bits', 'Leave the length out'],
    ['media/jellyfin --kind uuid --length 36', 'a uuid has no length', 'Leave the length out'],
    ['media/jellyfin --kind hex --alphabet symbols', 'an alphabet is for passwords', 'Leave the length out'],
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
    expect(card.title).toBe("db-password of home/paperless can't be rotated by one command");
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

  test('a volume of a Secret that has not taken it is not said to be delivered', async () => {
    const house = openHouse();
    house.cluster.syncs.set('home/homarr', {
      state: 'failed',
      reason: 'SecretSyncedError',
      message: 'permission denied',
      likely: 'policy of role external-secrets',
    });
    expect(shownText(await house.ask('secret rotate media/jellyfin'))).toContain(
      '– Deployment home/homarr goes on with the previous value: its Secret has not taken the new version',
    );
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
      const house = openHouse({ clock: hastyClock(20), leaseSeconds: 300 });
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
