import { describe, expect, test } from 'vitest';
import { type Card, plainText } from '../../src/core/card.ts';
import { isFault } from '../../src/core/errors.ts';
import { PropertyName, VaultPath } from '../../src/core/names.ts';
import type { ValueOutcome } from '../../src/core/ports/value-requests.ts';
import { SecretValue } from '../../src/core/secret-value.ts';
import { fault } from '../support/fake-vault.ts';
import { admin, shownText } from '../support/house.ts';
import { openProposingHouse, type ProposingHouse } from '../support/proposing-house.ts';

const call = { signal: new AbortController().signal, requestId: 'test' };
const brought = 'CANARY-brought-55e0';
const ask = 'secret new media/jellyseerr api-key --category application --kind typed';
const encrypted = 'kubernetes/apps/media/jellyseerr/app/secret.sops.yaml';

const lastOf = (house: ProposingHouse): Card => house.messages.at(-1)?.at(-1) as Card;
const branchOf = (house: ProposingHouse): string =>
  house.forge.branches().find((each) => each !== 'main') ?? '';

async function linkFor(house: ProposingHouse, line: string, actor = admin): Promise<string> {
  const card = await house.ask(line, actor);
  const url = card.links?.[0]?.url;
  if (url === undefined) throw new Error(`no link: ${shownText(card)}`);
  return url.split('/').at(-1) ?? '';
}

/** What the page does when the form is sent. */
async function bring(house: ProposingHouse, token: string, value = brought): Promise<ValueOutcome> {
  const found = await house.store.find(token, call);
  if (found === undefined || !(await house.store.spend(token, call))) throw new Error('the link is used');
  const values = new Map(found.request.fields.map((name) => [name, new SecretValue(value)]));
  return house.take({ request: found.request, values }, call);
}

/** Everything but Vault. */
function everywhere(house: ProposingHouse): string {
  return JSON.stringify([house.forge.texts, house.messages, house.log, [...house.leases.stored.values()]]);
}

function expectNothing(house: ProposingHouse): void {
  expect(house.vault.writes).toEqual([]);
  expect(house.forge.did).toEqual([]);
  expect([...house.leases.stored.keys()].filter((name) => !name.startsWith('value-'))).toEqual([]);
}

describe('a value that a person brings for a new secret, by the page', () => {
  test('is asked for by a link, and without it nothing is begun', async () => {
    const house = openProposingHouse({ page: true });
    const text = shownText(await house.ask(`${ask} --reason vendor`));
    expect(text).toContain('Waiting for api-key of media/jellyseerr');
    expect(text).toMatch(/Written to +kv\/media\/jellyseerr/);
    expect(text).toContain('nothing is written, nothing is proposed, and nothing is left');
    expect(house.messages).toEqual([]);
    expectNothing(house);
  });

  test('is written when it comes, and then proposed', async () => {
    const house = openProposingHouse({ page: true });
    const outcome = await bring(house, await linkFor(house, ask));
    expect(outcome).toMatchObject({
      state: 'written',
      title: 'api-key of media/jellyseerr was written as v1',
    });
    await expect.poll(() => plainText(lastOf(house).title)).toContain('waits for a second person');
    expect(house.vault.secrets.get('media/jellyseerr')?.versions.at(-1)?.get('api-key')).toBe(brought);
    expect(house.forge.texts.join()).toContain('brought by a person');
    expect(everywhere(house)).not.toContain(brought);
    await house.forge.closeProposal(1);
    await house.follow(() => plainText(lastOf(house).title).includes('was not approved'));
    expect(house.vault.writes.at(-1)).toBe('delete media/jellyseerr 1');
  });

  test('goes into a file that only the cluster opens, for the category bootstrap', async () => {
    const house = openProposingHouse({ page: true });
    const token = await linkFor(house, ask.replace('application', 'bootstrap'));
    expect((await house.store.find(token, call))?.request.shown).toMatchObject({
      where: encrypted,
      into: 'git',
    });
    expectNothing(house);
    expect(await bring(house, token)).toMatchObject({
      state: 'written',
      title: 'api-key of media/jellyseerr is proposed, encrypted for the cluster',
    });
    expect(house.forge.fileAt(branchOf(house), encrypted)).toMatch(/^ +api-key: ENC\[AES256_GCM,/m);
    expect(house.vault.writes).toEqual([]);
    expect(everywhere(house)).not.toContain(brought);
  });

  test.each(['application', 'bootstrap'])('is refused where its reason holds it (%s)', async (category) => {
    const house = openProposingHouse({ page: true });
    const line = `${ask.replace('application', category)} --reason ${brought}`;
    const outcome = await bring(house, await linkFor(house, line)).catch((error: unknown) => error);
    const leaks = isFault(outcome, 'value-leaks') || (outcome as ValueOutcome).state === 'refused';
    expect(leaks).toBe(true);
    expect(JSON.stringify(outcome)).not.toContain(brought);
    expect(house.vault.writes).toEqual([]);
    expect(house.forge.did).toEqual([]);
  });

  test.each(['jellyseerr', '5055'])('may be part of the names, or short: %s', async (value) => {
    const house = openProposingHouse({ page: true });
    expect((await bring(house, await linkFor(house, ask), value)).state).toBe('written');
    await expect.poll(() => plainText(lastOf(house).title)).toContain('waits for a second person');
  });

  test('is not taken where the name was taken meanwhile', async () => {
    const house = openProposingHouse({ page: true });
    const token = await linkFor(house, ask);
    await house.ask('secret new media/jellyseerr other --category application');
    await expect(bring(house, token)).rejects.toMatchObject({ code: 'manifest-exists' });
    expect(house.vault.secrets.get('media/jellyseerr')?.versions).toHaveLength(1);
  });

  test('is told on the page where Vault refuses it', async () => {
    const house = openProposingHouse({ page: true });
    const token = await linkFor(house, ask);
    house.vault.fails.set('create', fault('vault-sealed'));
    expect((await bring(house, token)).state).toBe('refused');
    await expect.poll(() => lastOf(house).state).toBe('failure');
    expect(house.forge.did).toEqual([]);
  });

  test('is asked for only where the rest could be done', async () => {
    const house = openProposingHouse({ page: true });
    const refused = await house.ask(
      ask.replace('media/jellyseerr', 'home/vikunja').replace('application', 'bootstrap'),
    );
    expect(refused.state).toBe('failure');
    expect(JSON.stringify(refused)).toMatch(/rule/);
    expect([...house.leases.stored.keys()]).toEqual([]);
  });
});

describe('without a page', () => {
  test('the card shows the command, waits for the path, proposes it, and never takes it back', async () => {
    const house = openProposingHouse();
    const asked = house.ask(ask);
    await expect.poll(() => house.messages[0]?.at(-1)?.state).toBe('working');
    const waiting = shownText(lastOf(house));
    expect(waiting).toContain('bao kv put -cas=0 -mount=kv media/jellyseerr api-key=-');
    expect([...house.leases.stored.keys()].filter((name) => name.startsWith('lock-'))).toEqual([]);
    const values = new Map([[PropertyName.parse('api-key'), new SecretValue(brought)]]);
    await house.vault.create(VaultPath.parse('media/jellyseerr'), values);
    const card = await asked;
    expect(plainText(card.title)).toContain('waits for a second person: pull request #1');
    expect(shownText(card)).toContain('somebody wrote v1 of kv/media/jellyseerr while this waited');
    expect(house.vault.secrets.get('media/jellyseerr')?.custom['chatelaine-versions']).toMatch(/^v1=\?\|/);
    await house.forge.closeProposal(1);
    await house.follow(() => plainText(lastOf(house).title).includes('was not approved'));
    expect(house.vault.writes.filter((each) => each.startsWith('delete'))).toEqual([]);
    expect(shownText(lastOf(house))).toContain('kv/media/jellyseerr stays as it is: a person wrote it');
  }, 20_000);

  test('several are written by one command', async () => {
    const house = openProposingHouse();
    const asked = house.ask(ask.replace('api-key', 'api-key other'));
    await expect.poll(() => house.messages[0]?.at(-1)?.state).toBe('working');
    expect(shownText(lastOf(house))).toContain('bao kv put -cas=0 -mount=kv media/jellyseerr api-key=@<(');
    const names = ['api-key', 'other'].map((name) => PropertyName.parse(name));
    const values = new Map(names.map((name) => [name, new SecretValue(brought)]));
    await house.vault.create(VaultPath.parse('media/jellyseerr'), values);
    expect(plainText((await asked).title)).toContain('api-key, other of media/jellyseerr wait for a second');
  }, 20_000);

  test('what was written has to be what was asked for', async () => {
    const house = openProposingHouse();
    const asked = house.ask(ask);
    await expect.poll(() => house.messages[0]?.at(-1)?.state).toBe('working');
    house.vault.put('media/jellyseerr', { other: 'x' }, {}, 1);
    const card = await asked;
    expect(plainText(card.title)).toContain('was not proposed: it has no api-key');
    expect(house.forge.did).toEqual([]);
  }, 20_000);

  test.each([
    [
      'one beside what is generated',
      ask.replace('api-key', 'api-key --typed other').replace(' --kind typed', ''),
      'can’t be asked for together',
    ],
    ['a file in Git', ask.replace('application', 'bootstrap'), 'can only be taken by a one-time page'],
  ])('%s can not be brought', async (_what, line, why) => {
    const house = openProposingHouse();
    const card = await house.ask(line);
    expect(card.state).toBe('failure');
    expect(JSON.stringify(card)).toContain(why);
    expectNothing(house);
  });
});
