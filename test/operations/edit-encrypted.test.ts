import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Card, plainText } from '../../src/core/card.ts';
import { systemClock } from '../../src/core/clock.ts';
import { BranchName, RepoPath } from '../../src/core/git-names.ts';
import { PropertyName, ResourceName } from '../../src/core/names.ts';
import { SecretValue } from '../../src/core/secret-value.ts';
import { createEncrypter } from '../../src/sops/create-encrypter.ts';
import { shownText } from '../support/house.ts';
import { openProposingHouse, type ProposingHouse } from '../support/proposing-house.ts';

/* An encrypted file that is there: a person changes it with sops, and the bot opens and follows the pull request. */

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
async function push(house: ProposingHouse, text: string): Promise<BranchName> {
  const [, branch = ''] = /switch -c (\S+)/.exec(shownText(lastOf(house))) ?? [];
  const parent = await house.forge.head(house.forge.base);
  if (parent === undefined) throw new Error('no base');
  const name = BranchName.parse(branch);
  await house.forge.commit({
    branch: name,
    parent,
    message: 'Change it',
    files: [{ path: RepoPath.parse(file), text }],
  });
  return name;
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
      /git commit -m 'Change smtp in the encrypted secret media\/jellyseerr' \S+ && git push -u origin chatelaine\/edit-/,
    );
    expect([house.forge.did, house.vault.writes]).toEqual([[], []]);
  });

  test('is proposed when its branch is pushed, and followed to the cluster', async () => {
    const house = await withFile();
    await house.ask(ask);
    const branch = await push(house, await encrypted(house, ['token', 'smtp']));
    await house.follow(() => titleOf(house).includes('waits for a second person: pull request #1'));
    expect(house.forge.texts.join('\n')).toContain('with sops, by a person');
    const head = await house.forge.head(branch);
    if (head === undefined) throw new Error('no branch');
    house.forge.approve('kim', head);
    await house.follow(() => titleOf(house).includes('is approved'));
    house.forge.merge(1);
    await house.follow(() => titleOf(house).includes('merged as'));
    expect(titleOf(house)).toMatch(/smtp of media\/jellyseerr was merged as|is live/);
    expect(house.forge.did.filter((did) => did.startsWith('open'))).toEqual(['open #1']);
    expect(house.vault.writes).toEqual([]);
  });

  test('is not proposed in clear: who pushed it is told that it is exposed', async () => {
    const house = await withFile();
    await house.ask(ask);
    const good = await encrypted(house, ['token', 'smtp']);
    await push(house, good.replace(/smtp: ENC\[.*\]/, 'smtp: in-clear-7f12'));
    await house.follow(() => lastOf(house).state === 'warning');
    expect(shownText(lastOf(house))).toContain('a value in it is not encrypted');
    expect(shownText(lastOf(house))).toContain('it is exposed');
    expect(JSON.stringify([house.messages, house.log, [...house.leases.stored.values()]])).not.toContain(
      'in-clear-7f12',
    );
    expect(house.forge.did.filter((did) => did.startsWith('open'))).toEqual([]);
  });

  test('is taken back by nobody when it is closed: the branch is a person’s', async () => {
    const house = await withFile();
    await house.ask(ask);
    const branch = await push(house, await encrypted(house, ['token', 'smtp']));
    await house.follow(() => titleOf(house).includes('waits for a second person'));
    await house.forge.closeProposal(1);
    await house.follow(() => titleOf(house).includes('was not approved'));
    expect(house.forge.branches()).toContain(branch);
    expect(shownText(lastOf(house))).toContain('left to who pushed it');
  });

  test('is forgotten where nobody pushes', async () => {
    const house = await withFile({ expiryDays: 0 });
    await house.ask(ask);
    await house.follow(() => titleOf(house).includes('nobody pushed the branch in time'));
    expect(await house.proposals.list(call)).toEqual([]);
  });

  test('is not changed by two at once', async () => {
    const house = await withFile();
    await house.ask(ask);
    expect(shownText(await house.ask(ask))).toContain('is about to change media/jellyseerr with sops');
  });
});
