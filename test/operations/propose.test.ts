import { describe, expect, test } from 'vitest';
import { type Card, plainText } from '../../src/core/card.ts';
import { formatObjectName } from '../../src/core/names.ts';
import { externalSecret } from '../support/fake-cluster.ts';
import { forgeFault } from '../support/fake-forge.ts';
import { fault } from '../support/fake-vault.ts';
import { admin, mediaPerson } from '../support/house.ts';
import { openProposingHouse, type ProposingHouse } from '../support/proposing-house.ts';
import { wordsOf } from '../support/read-card.ts';

const ask = 'secret new media/jellyseerr api-key --category application --reason why-not';
const file = 'kubernetes/apps/media/jellyseerr/app/externalsecret.yaml';
const branchOf = (house: ProposingHouse): string =>
  house.forge.branches().find((each) => each !== 'main') ?? '';
const lastOf = (house: ProposingHouse): Card => house.messages.at(-1)?.at(-1) as Card;
const stepsOf = (card: Card): readonly string[] =>
  (card.steps ?? []).map(({ state, text }) => `${state} ${plainText(text)}`);
const valueIn = (house: ProposingHouse): string =>
  house.vault.secrets.get('media/jellyseerr')?.versions.at(-1)?.get('api-key') ?? '';

describe('a new secret', () => {
  test('is written to Vault, proposed in Git, and waits for a second person', async () => {
    const house = openProposingHouse();
    const card = await house.ask(ask);
    expect(plainText(card.title)).toBe(
      'api-key of media/jellyseerr waits for a second person: pull request #1',
    );
    expect(stepsOf(card)).toEqual([
      'done Vault wrote v1 of kv/media/jellyseerr',
      'done pull request #1 opened',
      'working waits for the approval of somebody other than who asked',
      'waiting merge',
      'waiting apply with Flux',
      'waiting see media/jellyseerr live',
    ]);
    expect(house.forge.fileAt(branchOf(house), file)).toContain('key: kv/data/media/jellyseerr');
    expect(house.forge.fileAt(branchOf(house), file)).not.toContain('namespace:');
    expect(house.forge.fileAt(branchOf(house), file?.replace('externalsecret', 'kustomization'))).toContain(
      '  - ./externalsecret.yaml\n  - ./helmrelease.yaml\n',
    );
    expect((await house.proposals.list({ signal: AbortSignal.timeout(1_000), requestId: 'x' })).length).toBe(
      1,
    );
  });

  test('says from the first when it is closed by itself', async () => {
    const house = openProposingHouse();
    const card = await house.ask(ask);
    expect(wordsOf(card)).toMatch(/It is closed by itself on \d{4}-\d\d-\d\d if nobody merges it\./);
  });

  test('leaves its value nowhere but in Vault', async () => {
    const house = openProposingHouse();
    await house.ask(ask);
    const value = valueIn(house);
    expect(value).toMatch(/^[A-Za-z0-9]{32}$/);
    const everywhere = JSON.stringify([
      house.forge.texts,
      house.messages,
      house.log,
      [...house.leases.stored.values()],
    ]);
    expect(everywhere).toContain('media/jellyseerr');
    expect(everywhere).not.toContain(value);
  });

  test('is live after somebody else approved and merged it', async () => {
    const house = openProposingHouse();
    await house.ask(ask);
    house.forge.approve('ada');
    await house.follow(() =>
      stepsOf(lastOf(house)).includes(
        'working waits for somebody other than who asked: ada belongs to who asked',
      ),
    );
    house.forge.approve('kim');
    await house.follow(
      () =>
        plainText(lastOf(house).title) ===
        'api-key of media/jellyseerr is approved: pull request #1 can be merged',
    );
    const commit = house.forge.merge(1);
    house.cluster.add(externalSecret('media/jellyseerr', ['media/jellyseerr#api-key']));
    await house.follow(() => lastOf(house).state === 'success');
    expect(plainText(lastOf(house).title)).toMatch(
      new RegExp(
        `^api-key of media/jellyseerr is live: merged as ${commit.slice(0, 7)}, seen in the cluster .* later$`,
      ),
    );
    expect(stepsOf(lastOf(house))).toEqual([
      'done Vault wrote v1 of kv/media/jellyseerr',
      'done pull request #1 opened',
      'done approved by kim',
      `done merged as ${commit.slice(0, 7)} by ada`,
      `done Flux applied ${commit.slice(0, 7)} (flux-system/jellyseerr)`,
      'done media/jellyseerr Ready with v1',
    ]);
    expect(house.flux.asked.map(({ wanted }) => formatObjectName(wanted.kustomization))).toEqual([
      'flux-system/jellyseerr',
    ]);
    expect(house.vault.secrets.get('media/jellyseerr')?.custom['chatelaine-proven']).toBe('v1');
    // One message told all of it, and nothing waits any more.
    expect(house.messages.length).toBe(1);
    const call = { signal: AbortSignal.timeout(1_000), requestId: 'x' };
    await expect.poll(() => house.proposals.list(call)).toEqual([]);
  });

  test('is taken back when its proposal is closed', async () => {
    const house = openProposingHouse();
    await house.ask(ask);
    await house.forge.closeProposal(1);
    await house.follow(() => plainText(lastOf(house).title).includes('was not approved'));
    expect(plainText(lastOf(house).title)).toBe(
      'api-key of media/jellyseerr was not approved: pull request #1 was closed',
    );
    expect(stepsOf(lastOf(house)).at(-1)).toMatch(
      /^done v1 of kv\/media\/jellyseerr was deleted on 20\d\d-\d\d-\d\d; a person with that right can bring it back$/,
    );
    expect(house.vault.writes.at(-1)).toBe('delete media/jellyseerr 1');
    expect(house.forge.branches()).toEqual(['main']);
  });

  test.each([
    [
      'something in the cluster reads it',
      (house: ProposingHouse) => house.cluster.add(externalSecret('media/other', ['media/jellyseerr'])),
      'media/other reads it',
    ],
    [
      'somebody wrote a newer version',
      (house: ProposingHouse) =>
        house.vault.secrets.get('media/jellyseerr')?.versions.push(new Map([['api-key', 'theirs']])),
      'somebody has written v2 since',
    ],
    [
      'the base has its file all the same',
      (house: ProposingHouse) => house.forge.takeByHand(1),
      'the base branch has',
    ],
  ])('stays when it was closed and %s', async (_what, change, why) => {
    const house = openProposingHouse();
    await house.ask(ask);
    change(house);
    await house.forge.closeProposal(1);
    await house.follow(() => plainText(lastOf(house).title).includes('was not approved'));
    expect(lastOf(house).state).toBe('warning');
    expect(stepsOf(lastOf(house)).at(-1)).toContain(why);
    expect(house.vault.writes.filter((each) => each.startsWith('delete'))).toEqual([]);
  });

  test('is closed by itself when nobody merges it, and taken back', async () => {
    const house = openProposingHouse({ expiryDays: 0 });
    await house.ask(ask);
    await house.follow(() => plainText(lastOf(house).title).includes('was not approved'));
    expect(house.forge.did).toContain('comment #1 expired');
    expect(house.vault.writes.at(-1)).toBe('delete media/jellyseerr 1');
  });
});

describe('a key pair', () => {
  const dataOf = (house: ProposingHouse): ReadonlyMap<string, string> =>
    house.vault.secrets.get('media/jellyseerr')?.versions.at(-1) ?? new Map();
  const asked = (kind: string, more = ''): string =>
    `secret new media/jellyseerr identity --category application --kind ${kind} ${more}`.trim();

  test('is two properties of one version, and the card shows the public key', async () => {
    const house = openProposingHouse();
    const card = await house.ask(asked('ssh', '--comment flux@home-ops'));
    const [privateKey = '', publicKey = ''] = [...dataOf(house).values()];
    expect([...dataOf(house).keys()]).toEqual(['identity', 'identity.pub']);
    expect(publicKey).toMatch(/^ssh-ed25519 \S+ flux@home-ops\n$/);
    expect(card.fields).toContainEqual({
      label: 'Public key (identity.pub)',
      value: [{ code: publicKey.trim() }],
    });
    expect(house.forge.fileAt(branchOf(house), file)).toContain('property: identity.pub');
    expect(house.vault.secrets.get('media/jellyseerr')?.custom['chatelaine-key-pairs']).toBe('identity=ssh');
    const everywhere = JSON.stringify([
      house.forge.texts,
      house.messages,
      house.log,
      [...house.leases.stored.values()],
    ]);
    for (const line of privateKey.split('\n').filter((each) => each.length > 60))
      expect(everywhere).not.toContain(line);
    house.cluster.add(externalSecret('media/jellyseerr', ['media/jellyseerr']));
    expect(
      JSON.stringify(await house.ask('secret rotate media/jellyseerr identity --nature self-contained')),
    ).toContain('half of a key pair');
  });

  test.each([
    ['age', ['identity.agekey', 'identity.pub'], true],
    ['wireguard', ['identity', 'identity.pub'], true],
    ['rsa-3072', ['identity.key', 'identity.pub'], false],
    ['ec-p256', ['identity.key', 'identity.pub'], false],
    // The user is what the branch and the path say too: it is no sign of the value.
    ['htpasswd --user media-jellyseerr', ['identity', 'identity.htpasswd'], false],
  ])(
    'of %s has its properties, and shows a public key where people need it next',
    async (kind, names, shows) => {
      const house = openProposingHouse();
      const card = await house.ask(asked(kind));
      expect(plainText(card.title)).toContain('wait for a second person');
      expect([...dataOf(house).keys()]).toEqual(names);
      const shown = (card.fields ?? []).filter(({ label }) => label.startsWith('Public key'));
      expect(shown.map(({ value }) => plainText(value))).toEqual(
        shows ? [dataOf(house).get('identity.pub')] : [],
      );
    },
  );

  test('that went to Git for the cluster shows its recipient, and leaves its identity nowhere', async () => {
    const house = openProposingHouse();
    const line = 'secret new media/jellyseerr sops --category bootstrap --kind age';
    const card = await house.ask(line);
    const text = house.forge.fileAt(branchOf(house), 'kubernetes/apps/media/jellyseerr/app/secret.sops.yaml');
    expect(text).toMatch(/^ +sops\.agekey: ENC\[/m);
    expect(text).toMatch(/^ +sops\.pub: ENC\[/m);
    expect(JSON.stringify(card.fields)).toMatch(/Public key \(sops\.pub\)".*"age1[a-z0-9]{58}"/);
    const everywhere = JSON.stringify([house.forge.texts, house.messages, [...house.leases.stored.values()]]);
    expect(everywhere).not.toContain('AGE-SECRET-KEY-1');
  });

  test('is not made over another property of the same name', async () => {
    const house = openProposingHouse();
    const card = await house.ask(
      'secret new media/jellyseerr identity identity.pub --category application --kind ssh',
    );
    expect(JSON.stringify(card)).toContain('identity.pub would be made twice');
    expect(house.vault.writes).toEqual([]);
  });
});

describe('a bootstrap secret', () => {
  const encrypted = 'kubernetes/apps/media/jellyseerr/app/secret.sops.yaml';

  test('is a file that only the cluster can open, and nothing in Vault', async () => {
    const house = openProposingHouse();
    const card = await house.ask('secret new media/jellyseerr deploy-key --category bootstrap --kind hex');
    expect(plainText(card.title)).toContain('pull request #1');
    const text = house.forge.fileAt(branchOf(house), encrypted) ?? '';
    expect(text).toMatch(/^ +deploy-key: ENC\[AES256_GCM,/m);
    expect(text).toContain('recipient: age1sx496naeqajucccymcx4c74qlusd9ufywj09rqkesx5rzq89fyvsv7rwgg');
    expect(house.vault.writes).toEqual([]);
    await house.forge.closeProposal(1);
    await house.follow(() => plainText(lastOf(house).title).includes('was not approved'));
    expect(JSON.stringify(lastOf(house).lines)).toContain('Its encrypted text stays');
    expect(house.vault.writes).toEqual([]);
  });

  test('is refused where no rule says to whom it is encrypted', async () => {
    const house = openProposingHouse();
    const card = await house.ask('secret new home/vikunja deploy-key --category bootstrap');
    expect(card.state).toBe('failure');
    expect(JSON.stringify(card)).toMatch(/rule/);
    expect(house.forge.did).toEqual([]);
  });
});

describe('nothing is left half done when', () => {
  test.each([
    ['the branch can’t be pushed', 'commit', 'forge-denied'],
    ['the repository is archived', 'commit', 'forge-archived'],
    ['the pull request is refused', 'openProposal', 'forge-denied'],
    ['the status can’t be set', 'setStatus', 'forge-denied'],
  ] as const)('%s', async (_what, method, code) => {
    const house = openProposingHouse();
    house.forge.fails.set(method, [forgeFault(code)]);
    const card = await house.ask(ask);
    expect(card.state).toBe('failure');
    expect(plainText(card.title)).toBe(
      `api-key of media/jellyseerr was not proposed: the Git host said ${code}`,
    );
    expect(house.vault.writes.at(-1)).toBe('delete media/jellyseerr 1');
    const said = wordsOf(card);
    expect(said).toContain('Nothing of it is in Git or in the cluster.');
    expect(said).toContain('bao kv metadata delete -mount=kv media/jellyseerr');
    expect(house.forge.branches()).toEqual(['main']);
    expect((await house.forge.listProposals()).every(({ state }) => state === 'closed')).toBe(true);
  });

  test('an answer of the Git host is lost: the pull request is found again, not opened twice', async () => {
    const house = openProposingHouse();
    house.forge.fails.set('openProposal', [forgeFault('forge-unreachable')]);
    expect(plainText((await house.ask(ask)).title)).toContain('pull request #1');
    expect(house.forge.did.filter((each) => each.startsWith('open'))).toEqual(['open #1']);
  });

  test('Vault refuses the write', async () => {
    const house = openProposingHouse();
    house.vault.fails.set('create', fault('vault-denied', 'the policy does not allow it'));
    const card = await house.ask(ask);
    expect(card.state).toBe('failure');
    expect(house.forge.did).toEqual([]);
  });
});

describe('refused before anything is written:', () => {
  test.each([
    [
      'a name that the cluster has',
      'secret new media/jellyfin api-key --category application',
      'kv/media/jellyfin has api-key already',
    ],
    [
      'a path that Vault has',
      'secret new home/smtp password --category application',
      'there is something at kv/home/smtp: v7',
    ],
    ['no category', 'secret new media/jellyseerr api-key', '--category is missing'],
    ['no property', 'secret new media/jellyseerr --category application', 'Properties is missing'],
    [
      'a name without a namespace',
      'secret new jellyseerr api-key --category application',
      'a new secret is named namespace/name',
    ],
    ['a certificate without names', 'secret new media/web --category certificate', '--dns is missing'],
    [
      'a value that can be guessed',
      'secret new media/jellyseerr pin --category application --kind digits --length 4',
      'can be guessed',
    ],
    [
      'a property of a certificate',
      'secret new media/web tls.key --category certificate --dns web.example.org',
      'Properties has no meaning where --category is certificate',
    ],
    [
      'a DNS name of an application',
      'secret new media/jellyseerr api-key --category application --dns web.example.org',
      '--dns has no meaning where --category is application',
    ],
    [
      'an alphabet of what has none',
      'secret new media/jellyseerr api-key --category application --kind hex --alphabet symbols',
      '--alphabet has no meaning where --kind is hex',
    ],
  ])('%s', async (_what, line, why) => {
    const house = openProposingHouse();
    house.vault.put('home/smtp', { password: 'x' });
    const card = await house.ask(line);
    expect(card.state).toBe('failure');
    expect(JSON.stringify(card)).toContain(why);
    expect(house.vault.writes).toEqual([]);
    expect(house.forge.did).toEqual([]);
  });

  test('a file that has an odd name is no reason to refuse anything', async () => {
    const house = openProposingHouse();
    house.forge.put('kubernetes/apps/media/jellyseerr/app/my notes.yaml', 'kind: ConfigMap\n');
    house.forge.put('kubernetes/apps/media/jellyfin/app/größe.yaml', 'kind: ConfigMap\n');
    expect((await house.ask(ask)).state).toBe('info');
  });

  test('a second request for the same name', async () => {
    const house = openProposingHouse();
    await house.ask(ask);
    const card = await house.ask(ask, admin);
    expect(JSON.stringify(card)).toContain('@robin has proposed media/jellyseerr already: pull request #1');
  });

  test('somebody without the right', async () => {
    const house = openProposingHouse();
    const card = await house.ask(ask, mediaPerson);
    expect(JSON.stringify(card)).toContain('ou may not propose changes of secrets in Git');
    expect(house.vault.writes).toEqual([]);
  });
});
