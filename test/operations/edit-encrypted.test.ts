import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Card, plainText } from '../../src/core/card.ts';
import { systemClock } from '../../src/core/clock.ts';
import { BranchName } from '../../src/core/git-names.ts';
import { PropertyName, ResourceName } from '../../src/core/names.ts';
import { SecretValue } from '../../src/core/secret-value.ts';
import { createEncrypter } from '../../src/sops/create-encrypter.ts';
import { objectName } from '../support/fake-cluster.ts';
import { gitSource, kustomization, sightOf } from '../support/flux-objects.ts';
import { shownText } from '../support/house.ts';
import { openProposingHouse, type ProposingHouse } from '../support/proposing-house.ts';

/* An encrypted file that is there: a person changes it with sops and opens the pull request, and the bot follows it. */

const call = { signal: new AbortController().signal, requestId: 'test' };
const file = 'kubernetes/apps/media/jellyseerr/app/secret.sops.yaml';
const ask = 'secret new media/jellyseerr smtp --category bootstrap';
const lastOf = (house: ProposingHouse): Card => house.messages.at(-1)?.at(-1) as Card;
const titleOf = (house: ProposingHouse): string => plainText(lastOf(house).title);

async function encrypted(house: ProposingHouse, names: readonly string[]): Promise<string> {
  const encrypter = createEncrypter({ random: randomBytes, clock: systemClock });
  const rules = house.forge.fileAt('main', '.sops.yaml') ?? '';
  const values = new Map(names.map((name) => [PropertyName.parse(name), new SecretValue(`of ${name}`)]));
  return encrypter.encryptSecret(
    { name: ResourceName.parse('jellyseerr'), type: 'Opaque', labels: {}, values, substituted: false },
    encrypter.ruleFor({ path: '.sops.yaml', text: rules }, file),
  );
}

async function withFile(options: { readonly expiryDays?: number } = {}): Promise<ProposingHouse> {
  const house = openProposingHouse(options);
  house.forge.put(file, await encrypted(house, ['token']));
  return house;
}

/** What a person does with git and sops. */
function push(house: ProposingHouse, text: string): BranchName {
  const [, branch = ''] = /switch -c (\S+)/.exec((house.messages[0] ?? []).map(shownText).join()) ?? [];
  const name = BranchName.parse(branch);
  house.forge.pushTo(name, file, text);
  return name;
}

async function proposed(house: ProposingHouse, by = 'robin'): Promise<BranchName> {
  await house.ask(ask);
  const branch = push(house, await encrypted(house, ['token', 'smtp']));
  await house.follow(() => titleOf(house).includes('its branch is pushed, open the pull request'));
  house.forge.openBy(by, branch, 'Change it');
  await house.follow(() => titleOf(house).includes('waits for a second person: pull request #1'));
  return branch;
}

async function approve(house: ProposingHouse, by: string, branch: BranchName): Promise<void> {
  const head = await house.forge.head(branch);
  if (head === undefined) throw new Error('no branch');
  house.forge.approve(by, head);
}

async function inClear(house: ProposingHouse): Promise<string> {
  const good = await encrypted(house, ['token', 'smtp']);
  return good.replace(/smtp: ENC\[.*\]/, 'smtp: in-clear-7f12');
}

/** As Flux has applied the file before. */
function applied(house: ProposingHouse): void {
  const inventory = [{ group: '', kind: 'Secret', ...objectName('media/jellyseerr') }];
  const path = 'kubernetes/apps/media/jellyseerr/app';
  house.flux.sight = sightOf(
    [kustomization('flux-system/jellyseerr', { path, decryption: { provider: 'sops' }, inventory })],
    [gitSource('flux-system/home-ops')],
  );
}

async function statusOf(house: ProposingHouse, branch: BranchName): Promise<string | undefined> {
  const head = await house.forge.head(branch);
  return house.forge.statuses.get(`${head} chatelaine/second-person`)?.state;
}

describe('an encrypted file that is there', () => {
  test('is left to sops: the card has the commands, and nothing is done', async () => {
    const house = await withFile();
    const card = await house.ask(`${ask} --reason mail`);
    const text = shownText(card);
    expect(plainText(card.title)).toBe('smtp of media/jellyseerr: change it with sops, and push the branch');
    expect(text).toMatch(
      /git fetch origin && git switch -c (chatelaine\/edit-media-jellyseerr-\w+) origin\/main/,
    );
    expect(text).toContain(`sops edit ${file}`);
    expect(text).toMatch(
      /git commit -m 'Change smtp of media\/jellyseerr' \S+ && git push -u origin chatelaine\/edit-/,
    );
    expect(card.links).toEqual([
      {
        label: 'Open the pull request',
        url: expect.stringMatching(/\/compare\/main\.\.\.chatelaine\/edit-/),
      },
    ]);
    expect([house.forge.did, house.vault.writes]).toEqual([[], []]);
  });

  test('is followed from the pull request of its branch to the cluster', async () => {
    const house = await withFile();
    const branch = await proposed(house);
    await approve(house, 'kim', branch);
    await house.follow(() => titleOf(house).includes('is approved'));
    house.forge.merge(1);
    applied(house);
    await house.follow(() => titleOf(house).startsWith('smtp of media/jellyseerr is live: merged as'));
    expect(house.forge.did.filter((did) => did.startsWith('open'))).toEqual([]);
    expect(house.vault.writes).toEqual([]);
  });

  test('is not live where Flux was not seen to apply the change, though the Secret was there before', async () => {
    const house = await withFile();
    await proposed(house);
    house.flux.outcome = {
      state: 'failed',
      what: 'flux-system/jellyseerr',
      reason: 'BuildFailed',
      message: 'MAC',
    };
    applied(house);
    house.forge.merge(1);
    await house.follow(() => titleOf(house).includes('was merged as'));
    await house.follow(() => lastOf(house).state === 'warning');
    expect(titleOf(house)).toContain('was not seen live in the cluster');
    expect(shownText(lastOf(house))).toContain('Flux was not seen to apply the change');
  });

  test('is approved by neither who asked nor who opened it', async () => {
    const house = await withFile();
    const branch = await proposed(house, 'kim');
    await approve(house, 'kim', branch);
    await house.follow(() => shownText(lastOf(house)).includes('kim opened it'));
    expect(await statusOf(house, branch)).toBe('pending');
  });

  test('is told to be exposed where it was pushed in clear, also when it was mended', async () => {
    const house = await withFile();
    await house.ask(ask);
    push(house, await inClear(house));
    await house.follow(() => lastOf(house).state === 'warning');
    expect(shownText(lastOf(house))).toContain('a value in it is not encrypted');
    expect(shownText(lastOf(house))).toContain('it is exposed');
    const branch = push(house, await encrypted(house, ['token', 'smtp']));
    house.forge.openBy('robin', branch, 'Change it');
    await house.follow(() => titleOf(house).includes('waits for a second person'));
    expect(shownText(lastOf(house))).toContain('it is exposed');
    expect(JSON.stringify([house.messages, house.log, [...house.leases.stored.values()]])).not.toContain(
      'in-clear-7f12',
    );
  });

  test('loses its approval where something in clear is pushed later', async () => {
    const house = await withFile();
    const branch = await proposed(house);
    await approve(house, 'kim', branch);
    await house.follow(() => titleOf(house).includes('is approved'));
    push(house, await inClear(house));
    await approve(house, 'kim', branch);
    await house.follow(() => lastOf(house).state === 'warning');
    expect(titleOf(house)).toContain('waits for a second person');
    expect(await statusOf(house, branch)).toBe('pending');
    await house.forge.closeProposal(1);
    await house.follow(() => titleOf(house).includes('was not approved'));
    expect(shownText(lastOf(house))).toContain('it is exposed');
  });

  test('is taken back by nobody when it is closed: the branch is a person’s', async () => {
    const house = await withFile();
    const branch = await proposed(house);
    await house.forge.closeProposal(1);
    await house.follow(() => titleOf(house).includes('was not approved'));
    expect(house.forge.branches()).toContain(branch);
    expect(shownText(lastOf(house))).toContain('left to who pushed it');
  });

  test('is forgotten where nobody opens a pull request', async () => {
    const house = await withFile({ expiryDays: 0 });
    await house.ask(ask);
    await house.follow(async () => (await house.proposals.list(call)).length === 0);
    expect(titleOf(house)).toContain('nobody opened a pull request in time');
  });

  test('is for whoever made it, where it was never encrypted', async () => {
    const house = openProposingHouse();
    house.forge.put(
      file,
      'apiVersion: v1\nkind: Secret\nmetadata:\n  name: jellyseerr\nstringData:\n  token: x\n',
    );
    const text = shownText(await house.ask(ask));
    expect(text).toContain('it is not encrypted as a whole: it was not encrypted by SOPS');
    expect(text).not.toContain('token: x');
  });
});
