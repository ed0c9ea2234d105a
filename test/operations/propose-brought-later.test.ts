import { describe, expect, test } from 'vitest';
import { type Card, plainText } from '../../src/core/card.ts';
import { PropertyName, VaultPath } from '../../src/core/names.ts';
import type { ValueOutcome } from '../../src/core/ports/value-requests.ts';
import { SecretValue } from '../../src/core/secret-value.ts';
import { externalSecret } from '../support/fake-cluster.ts';
import { fault } from '../support/fake-vault.ts';
import { grant, mediaPerson, shownText } from '../support/house.ts';
import { openProposingHouse, type ProposingHouse } from '../support/proposing-house.ts';

/* A value that only a person has, for a secret that is there: proposed without it, and asked for after the merge. */

const call = { signal: new AbortController().signal, requestId: 'test' };
const brought = 'CANARY-brought-7d21';
const path = VaultPath.parse('media/jellyfin');
const ask = 'secret new media/jellyfin smtp --category application --kind typed';
const bring = 'secret set media/jellyfin smtp';

const cardOf = (house: ProposingHouse): Card => house.messages[0]?.at(-1) as Card;
const titles = (house: ProposingHouse): readonly string[] =>
  house.messages.map((each) => plainText(each.at(-1)?.title ?? ''));
const stepsOf = (card: Card): readonly string[] =>
  (card.steps ?? []).map(({ state, text }) => `${state} ${plainText(text)}`);

/** As Flux applies it. */
function applied(house: ProposingHouse, ...names: readonly string[]): void {
  const reads = ['api-key', ...names].map((each) => `media/jellyfin#${each}`);
  house.cluster.add(externalSecret('media/jellyfin', reads));
}

async function merged(house: ProposingHouse, line = ask): Promise<void> {
  expect(plainText((await house.ask(line)).title)).toContain('for a second person');
  house.forge.merge(1);
  await house.follow(() => house.messages.length === 2);
}

/** What the page does when the form is sent. */
async function giveByPage(house: ProposingHouse, line = bring): Promise<ValueOutcome> {
  const card = await house.ask(line);
  const found = await house.store.find(card.links?.[0]?.url.split('/').at(-1) ?? '', call);
  if (found === undefined) throw new Error(`no link: ${shownText(card)}`);
  const values = new Map(found.request.fields.map((name) => [name, new SecretValue(brought)]));
  return house.take({ request: found.request, values }, call);
}

function everywhere(house: ProposingHouse): string {
  return JSON.stringify([house.forge.texts, house.messages, house.log, [...house.leases.stored.values()]]);
}

describe('a value of a person for a secret that is there', () => {
  test('is asked for when its place was approved and merged, and not before', async () => {
    const house = openProposingHouse({ page: true });
    const card = await house.ask(ask);
    expect(stepsOf(card)).toContain('waiting ask for smtp, then write smtp to kv/media/jellyfin');
    expect(house.forge.texts.join()).toContain('brought by a person');
    expect(shownText(await house.ask(bring))).toContain('has no smtp');
    house.forge.merge(1);
    await house.follow(() => house.messages.length === 2);
    expect(titles(house)).toEqual([
      'smtp of media/jellyfin is merged, and waits for its value',
      'smtp of media/jellyfin was merged: now bring its value',
    ]);
    const command = expect.objectContaining({ command: bring });
    expect(house.messages.map((each) => each.at(-1)?.actions)).toEqual([[command], [command]]);
    expect(stepsOf(cardOf(house)).slice(2)).toEqual([
      expect.stringMatching(/^done merged as [0-9a-f]{7} by ada$/),
      'working waits for smtp, which a person brings',
      'waiting apply with Flux',
      'waiting see media/jellyfin live',
    ]);
    expect(house.vault.writes).toEqual([]);
  });

  test('is asked for once, whoever leads next', async () => {
    const house = openProposingHouse({ page: true });
    await merged(house);
    const next = openProposingHouse({ over: house, page: true });
    const looked = house.forge.did.length;
    const edits = (): number => house.messages[0]?.length ?? 0;
    const before = edits();
    await next.follow(() => edits() > before);
    expect(house.messages).toHaveLength(2);
    // The Git host has nothing more to say.
    expect(house.forge.did).toHaveLength(looked);
  });

  test('goes live when it was brought by the page, and is nowhere else', async () => {
    const house = openProposingHouse({ page: true });
    await merged(house);
    applied(house, 'smtp');
    expect(await giveByPage(house)).toMatchObject({
      state: 'written',
      title: 'smtp of media/jellyfin was written as v8',
    });
    await house.follow(() => cardOf(house).state === 'success');
    expect(stepsOf(cardOf(house)).slice(3)).toEqual([
      'done smtp was brought: kv/media/jellyfin is v8',
      expect.stringMatching(/^done Flux applied /),
      'done media/jellyfin Ready with v8',
    ]);
    expect(house.vault.secrets.get(path)?.versions.at(-1)?.get('smtp')).toBe(brought);
    // Who brought it is remembered by who did, and not written over.
    expect(house.vault.secrets.get(path)?.custom['chatelaine-versions']).toMatch(/v8=U0ADMIN/);
    expect(everywhere(house)).not.toContain(brought);
    expect([...house.leases.stored.keys()].filter((name) => name.startsWith('proposal-'))).toEqual([]);
  });

  test('goes live when somebody wrote it with Vault’s own program', async () => {
    const house = openProposingHouse();
    await merged(house);
    applied(house, 'smtp');
    const values = new Map([[PropertyName.parse('smtp'), new SecretValue(brought)]]);
    await house.vault.patch(path, values, 7);
    await house.follow(() => cardOf(house).state === 'success');
    expect(plainText(cardOf(house).title)).toContain('smtp of media/jellyfin is live');
    expect(everywhere(house)).not.toContain(brought);
  });

  test('says what a template makes of it until then', async () => {
    const house = openProposingHouse({ page: true });
    house.vault.put('media/plex', { claim: 'x' });
    house.cluster.add(externalSecret('media/plex', ['media/plex']));
    const asked = 'secret new media/plex token smtp-password --category application --kind typed';
    const note = 'until somebody brings smtp-password, the Secret has it with nothing in it';
    expect(shownText(await house.ask(asked))).toContain(note);
    expect(house.forge.texts.join().replaceAll('\\', '')).toContain(note);
    house.forge.merge(1);
    await house.follow(() => house.messages.length === 2);
    expect(shownText(cardOf(house))).toContain(note);
    expect(shownText(cardOf(house))).toContain('what the Secret has stays as it was');
  });

  test('comes beside what is generated', async () => {
    const house = openProposingHouse({ page: true });
    await merged(house, 'secret new media/jellyfin token --category application --typed smtp');
    applied(house, 'token', 'smtp');
    expect((await giveByPage(house)).state).toBe('written');
    await house.follow(() => cardOf(house).state === 'success');
    expect([...(house.vault.secrets.get(path)?.versions.at(-1)?.keys() ?? [])]).toEqual(
      expect.arrayContaining(['smtp', 'token']),
    );
    expect(stepsOf(cardOf(house))).toContain('done Vault wrote v9 of kv/media/jellyfin');
  });

  test('that nobody brings is not waited for for ever', async () => {
    const house = openProposingHouse({ page: true, expiryDays: 0 });
    await house.proposals.list(call);
    const card = await house.ask(ask);
    expect(card.state).toBe('info');
    house.forge.merge(1);
    await house.follow(() => stepsOf(cardOf(house)).includes('failed nobody brought smtp'));
  });

  test('is waited for while Vault is away', async () => {
    const house = openProposingHouse({ page: true });
    await house.ask(ask);
    house.vault.fails.set('properties', fault('vault-sealed'));
    house.forge.merge(1);
    let looks = 0;
    await house.follow(() => {
      looks += 1;
      if (looks < 10) expect(house.messages).toHaveLength(1);
      else house.vault.fails.clear();
      return house.messages.length === 2;
    });
  });
});

describe('while a value is waited for', () => {
  test('nobody has another one made up for it', async () => {
    const house = openProposingHouse({ page: true });
    await merged(house);
    const text = shownText(await house.ask('secret new media/jellyfin smtp --category application'));
    expect(text).toContain('only its value is missing');
    expect(house.vault.writes).toEqual([]);
  });

  test('it is not taken for the only property there is', async () => {
    const house = openProposingHouse({ page: true });
    house.vault.secrets.get(path)?.versions.push(new Map([['api-key', 'x']]));
    await merged(house);
    const text = shownText(await house.ask('secret set media/jellyfin'));
    expect(text).toContain('waits for smtp, and none was named');
    expect(text).toContain('Name one or more of: api-key, smtp.');
  });

  test('what a template names is taken as well, when the proposal is over long since', async () => {
    const house = openProposingHouse({ page: true });
    house.cluster.add(
      externalSecret('media/whole', [], {
        reads: [{ path, how: 'extract' }],
        template: { takes: ['api-key', 'smtp'], settled: true },
      }),
    );
    expect((await giveByPage(house, 'secret set media/whole smtp')).state).toBe('written');
    const refused = shownText(await house.ask('secret set media/whole smtp-user'));
    expect(refused).toContain('kv/media/jellyfin has no smtp-user');
    expect(refused).toContain('/secret new media/whole smtp-user --category application --kind typed');
  });

  test('and the secret was taken out, nobody waits for it', async () => {
    const house = openProposingHouse({ page: true });
    await merged(house);
    house.vault.fails.set('properties', fault('vault-deleted'));
    await house.follow(() => stepsOf(cardOf(house)).includes('failed nobody brought smtp'));
  });

  test('what is generated beside it does not hide that it is missing', async () => {
    const house = openProposingHouse({ page: true, expiryDays: 0 });
    await house.ask('secret new media/jellyfin token --category application --typed smtp');
    house.forge.merge(1);
    applied(house, 'token', 'smtp');
    await house.follow(() => cardOf(house).state === 'warning');
    expect(stepsOf(cardOf(house))).toContain(
      'failed Vault wrote v8 of kv/media/jellyfin; nobody brought smtp',
    );
    expect(JSON.stringify(cardOf(house).lines)).toContain('/secret set media/jellyfin smtp');
  });

  test('the right to bring it is asked for when it is proposed', async () => {
    const house = openProposingHouse({
      page: true,
      grants: [grant(9, mediaPerson.id, ['propose'], ['media'])],
    });
    expect(shownText(await house.ask(ask, mediaPerson))).toContain('bring values');
    expect(house.forge.did).toEqual([]);
  });

  test('fifty properties and one more are two requests', async () => {
    const house = openProposingHouse({ page: true });
    const names = Array.from({ length: 50 }, (_, at) => `a-name-of-some-length-${at}`).join(' ');
    const text = shownText(
      await house.ask(`secret new media/jellyfin ${names} --typed smtp --category application`),
    );
    expect(text).toContain('Ask for them in two requests');
    const fifty = await house.ask(`secret new media/jellyfin ${names} --category application --kind typed`);
    expect(fifty.state, shownText(fifty)).toBe('info');
  });
});

describe('a name that is not awaited', () => {
  test.each([
    ['by anybody', 'secret set media/jellyfin other', 'has no other'],
    ['and is part of another property', 'secret set media/jellyfin api-key.inner', 'has no api-key.inner'],
  ])('is refused, %s', async (_what, line, why) => {
    const house = openProposingHouse({ page: true });
    applied(house, 'api-key.inner');
    expect(shownText(await house.ask(line))).toContain(why);
  });

  test('is none where an ExternalSecret reads it: then it is missing', async () => {
    const house = openProposingHouse({ page: true });
    applied(house, 'smtp');
    expect((await giveByPage(house)).state).toBe('written');
    expect(house.vault.secrets.get(path)?.versions.at(-1)?.get('smtp')).toBe(brought);
  });

  test('takes the same right as any value', async () => {
    const house = openProposingHouse({ page: true });
    await merged(house);
    expect(shownText(await house.ask(bring, mediaPerson))).toMatch(/may not bring values/);
  });
});

describe('what was merged and could not be written', () => {
  const generated = 'secret new media/jellyfin another --category application';

  test('is written when it is asked for again, and not proposed again', async () => {
    const house = openProposingHouse();
    await house.ask(generated);
    house.vault.fails.set('patch', fault('vault-denied', 'the policy does not allow it'));
    house.forge.merge(1);
    await house.follow(() => cardOf(house).state === 'warning');
    expect(JSON.stringify(cardOf(house).lines)).toContain('ask /secret new for another again');
    house.vault.fails.clear();
    applied(house, 'another');
    const card = await house.ask(generated);
    expect(card.state, shownText(card)).toBe('success');
    expect(stepsOf(card)).toEqual([
      expect.stringMatching(/^done [0-9a-f]{7} has it already: it was merged before$/),
      'done Vault wrote v8 of kv/media/jellyfin',
      expect.stringMatching(/^done Flux applied /),
      'done media/jellyfin Ready with v8',
    ]);
    expect(house.forge.did.filter((did) => did.startsWith('open'))).toEqual(['open #1']);
  });

  test('is brought with /secret set where only a person has it', async () => {
    const house = openProposingHouse({ page: true });
    await merged(house);
    expect(shownText(await house.ask(ask))).toContain('/secret set media/jellyfin smtp');
  });
});
