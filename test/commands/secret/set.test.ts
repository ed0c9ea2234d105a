import { describe, expect, test } from 'vitest';
import type { PropertyName } from '../../../src/core/names.ts';
import type { ValueOutcome } from '../../../src/core/ports/value-requests.ts';
import { SecretValue } from '../../../src/core/secret-value.ts';
import { fault } from '../../support/fake-vault.ts';
import { hastyClock } from '../../support/hasty-clock.ts';
import { type House, mediaPerson, openHouse, shownText } from '../../support/house.ts';
import { expectUntouched } from '../../support/read-card.ts';

const call = { signal: new AbortController().signal, requestId: 'test' };
const brought = 'CANARY-brought-7d21';

function tokenIn(url: string): string {
  return url.split('/').at(-1) ?? '';
}

async function linkFor(house: House, line: string): Promise<string> {
  const card = await house.ask(line);
  const url = card.links?.[0]?.url;
  if (url === undefined) throw new Error(`no link: ${shownText(card)}`);
  return url;
}

/** What the page does when the form is sent. */
async function bring(house: House, url: string): Promise<ValueOutcome> {
  const found = await house.store.find(tokenIn(url), call);
  if (found === undefined || !(await house.store.spend(tokenIn(url), call)))
    throw new Error('the link is used');
  const values = new Map(found.request.fields.map((name) => [name, new SecretValue(`${brought}-${name}`)]));
  return house.take({ request: found.request, values }, call);
}

describe('secret set by the page', () => {
  test('answers the person alone with a link, and changes nothing yet', async () => {
    const house = openHouse({ page: true });
    const card = await house.ask('secret set home/paperless smtp-password --reason moved');
    const text = shownText(card)
      .replace(/[\w-]{43}/, 'TOKEN')
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, 'TIME')
      .replace(/[A-Z2-9]{3}-[A-Z2-9]{3}/, 'CHE-CKK');
    expect(text).toMatchInlineSnapshot(`
      "· Waiting for smtp-password of home/paperless
        Written to   kv/home/paperless
        Read by      home/paperless, home/search (External Secrets, this cluster)
        Used by      no workload that could be seen
        Reason       moved
        Give it on the one-time page, which is for you alone and works once, until TIME.
        The page shows the code CHE-CKK. If it shows another one or none, it isn’t ours: close it.
        Nothing changed yet. Never paste the value here.
        Open the one-time page: https://secrets.example.org/value/TOKEN
        Request ID
      "
    `);
    expect(house.messages).toEqual([]);
    expectUntouched(house);
    expect(
      [...house.leases.stored.values()].map(({ annotations }) => JSON.stringify(annotations)).join(),
    ).not.toContain(tokenIn(card.links?.[0]?.url ?? ''));
  });

  test('writes what was brought, leaves siblings alone, and delivers it', async () => {
    const house = openHouse({ page: true });
    const outcome = await bring(house, await linkFor(house, 'secret set media/jellyfin api-key'));
    expect(outcome).toMatchObject({ state: 'written', title: 'api-key of media/jellyfin was written as v8' });
    await expect.poll(() => house.messages[0]?.at(-1)?.state).toBe('success');
    const text = shownText(house.messages[0]?.at(-1) ?? { state: 'info', title: '' });
    expect(text).toContain('v8 is live in 2 ExternalSecrets');
    expect(house.vault.secrets.get('media/jellyfin')?.versions).toHaveLength(8);
    expect(JSON.stringify([house.messages, house.log, [...house.leases.stored.values()]])).not.toContain(
      brought,
    );
  });

  test('says what the other side of a two-sided property needs first', async () => {
    const house = openHouse({ page: true });
    const text = shownText(await house.ask('secret set home/paperless db-password'));
    expect(text).toContain('db-password is two-sided');
    expect(text).toContain('Change it there first');
  });

  test('writes nothing with a link that was used', async () => {
    const house = openHouse({ page: true });
    const url = await linkFor(house, 'secret set media/jellyfin api-key');
    await bring(house, url);
    await expect(bring(house, url)).rejects.toThrow('the link is used');
    expect(house.vault.secrets.get('media/jellyfin')?.versions).toHaveLength(8);
  });

  test('tells on the page why Vault refused, and that nothing changed', async () => {
    const house = openHouse({ page: true, clock: hastyClock(20), leaseSeconds: 300 });
    const url = await linkFor(house, 'secret set media/jellyfin api-key');
    house.vault.fails.set('patch', fault('vault-sealed'));
    const outcome = await bring(house, url);
    expect(outcome.state).toBe('refused');
    await expect.poll(() => house.messages[0]?.at(-1)?.state).toBe('failure');
    expect(shownText(house.messages[0]?.at(-1) ?? { state: 'info', title: '' })).toContain('nothing changed');
  });

  test('takes its own right', async () => {
    const house = openHouse({ page: true });
    expect((await house.ask('secret set media/jellyfin api-key', mediaPerson)).title).toBe(
      'You may not bring values',
    );
    expectUntouched(house);
  });

  test('knows only properties that exist', async () => {
    const house = openHouse({ page: true });
    const card = await house.ask('secret set media/jellyfin other');
    expect(card.state).toBe('failure');
    expect(shownText(card)).toContain('has no other');
  });
});

describe('secret set without a page', () => {
  test('shows the command, waits for the version without a lock, and proves it', async () => {
    const house = openHouse();
    const asked = house.ask('secret set media/jellyfin api-key');
    await expect.poll(() => house.messages[0]?.at(-1)?.state).toBe('working');
    const waiting = shownText(house.messages[0]?.at(-1) ?? { state: 'info', title: '' });
    expect(waiting).toContain('bao kv patch -cas=7 -mount=kv media/jellyfin api-key=-');
    expect([...house.leases.stored.keys()].filter((name) => name.startsWith('lock-'))).toEqual([]);
    const known = await house.vault.metadata('media/jellyfin' as never);
    await house.vault.patch(
      'media/jellyfin' as never,
      new Map([['api-key' as PropertyName, new SecretValue(brought)]]),
      known.currentVersion,
    );
    const card = await asked;
    expect(shownText(card)).toContain('somebody wrote v8 while this waited, was v7');
    expect(card.state).toBe('success');
    const { custom } = await house.vault.metadata('media/jellyfin' as never);
    expect(custom['chatelaine-versions']).toMatch(/^v8=\?\|/);
  }, 20_000);

  test('asks for several by one command, and goes on with the one version that it makes', async () => {
    const house = openHouse();
    const asked = house.ask('secret set home/paperless smtp-password secret-key');
    await expect.poll(() => house.messages[0]?.at(-1)?.state).toBe('working');
    const waiting = shownText(house.messages[0]?.at(-1) ?? { state: 'info', title: '' });
    expect(waiting).toContain('bao kv patch -cas=7 -mount=kv home/paperless smtp-password=@<(printf');
    const { currentVersion } = await house.vault.metadata('home/paperless' as never);
    const values = ['smtp-password', 'secret-key'].map(
      (name) => [name as PropertyName, new SecretValue(brought)] as const,
    );
    await house.vault.patch('home/paperless' as never, new Map(values), currentVersion);
    expect(shownText(await asked)).toContain(`somebody wrote v${currentVersion + 1} while this waited`);
  }, 20_000);
});
