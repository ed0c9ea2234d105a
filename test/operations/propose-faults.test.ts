import { describe, expect, test } from 'vitest';
import { type Card, plainText } from '../../src/core/card.ts';
import { externalSecret } from '../support/fake-cluster.ts';
import { forgeFault } from '../support/fake-forge.ts';
import { fault } from '../support/fake-vault.ts';
import { openProposingHouse, type ProposingHouse } from '../support/proposing-house.ts';

/* What a repository and a Git host can do to a proposal: each in its own words, and nothing half done. */

const ask = 'secret new media/jellyseerr api-key --category application';
const folder = 'kubernetes/apps/media/jellyseerr/app';
const lastOf = (house: ProposingHouse): Card => house.messages.at(-1)?.at(-1) as Card;

describe('nothing was written when', () => {
  test.each<[what: string, path: string, text: string, line: string, words: string]>([
    [
      'the list of a kustomization is no list that can be edited',
      `${folder}/kustomization.yaml`,
      'resources: &all\n  - ./helmrelease.yaml\ncopies: *all\n',
      ask,
      'kustomization.yaml',
    ],
    [
      '.sops.yaml is broken',
      '.sops.yaml',
      'creation_rules: [\n',
      'secret new media/jellyseerr token --category bootstrap',
      '.sops.yaml',
    ],
    [
      '.sops.yaml has a recipient that is none',
      '.sops.yaml',
      'creation_rules:\n  - age: age1nobody\n',
      'secret new media/jellyseerr token --category bootstrap',
      'age1nobody',
    ],
    [
      '.sops.yaml has a pattern that is none',
      '.sops.yaml',
      'creation_rules:\n  - path_regex: "("\n    age: age1nobody\n',
      'secret new media/jellyseerr token --category bootstrap',
      'path_regex',
    ],
  ])('%s', async (_what, path, text, line, words) => {
    const house = openProposingHouse();
    house.forge.put(path, text);
    const card = await house.ask(line);
    expect(card.state).toBe('failure');
    expect(JSON.stringify(card)).toContain(words);
    expect(house.vault.writes).toEqual([]);
    expect(house.forge.did).toEqual([]);
  });

  test('the Git host lets nobody ask for now', async () => {
    const house = openProposingHouse();
    house.forge.fails.set('head', [forgeFault('forge-rate-limited')]);
    const card = await house.ask(ask);
    expect(card.state).toBe('failure');
    expect(JSON.stringify(card)).toContain('the Git host said forge-rate-limited');
    expect(house.vault.writes).toEqual([]);
    expect(house.forge.did).toEqual([]);
  });
});

test('a Git host that asks to wait in the middle is waited for', async () => {
  const house = openProposingHouse();
  house.forge.fails.set('commit', [forgeFault('forge-rate-limited')]);
  house.forge.fails.set('setStatus', [forgeFault('forge-rate-limited')]);
  expect(plainText((await house.ask(ask)).title)).toContain('waits for a second person: pull request #1');
  expect(house.forge.did.filter((each) => each.startsWith('open'))).toEqual(['open #1']);
  expect(house.vault.writes.filter((each) => each.startsWith('create'))).toHaveLength(1);
});

test('a base that moved meanwhile keeps what others changed', async () => {
  const house = openProposingHouse();
  await house.ask(ask);
  house.forge.put('README.md', '# Moved\n');
  house.forge.approve('kim');
  const commit = house.forge.merge(1);
  house.cluster.add(externalSecret('media/jellyseerr', ['media/jellyseerr#api-key']));
  await house.follow(() => lastOf(house).state === 'success');
  expect(plainText(lastOf(house).title)).toContain(`merged as ${commit.slice(0, 7)}`);
  expect(house.forge.fileAt('main', 'README.md')).toBe('# Moved\n');
});

test('a conflict with the base is told with what to do, and is no end', async () => {
  const house = openProposingHouse();
  await house.ask(ask);
  house.forge.conflict(1);
  await house.follow(() => JSON.stringify(lastOf(house)).includes('It conflicts with the base branch'));
  expect(JSON.stringify(lastOf(house))).toContain('Mend it on the Git host, or close it and ask again');
  expect(house.vault.writes.filter((each) => each.startsWith('delete'))).toEqual([]);
  await house.forge.closeProposal(1);
  await house.follow(() => plainText(lastOf(house).title).includes('was not approved'));
  expect(house.vault.writes.at(-1)).toBe('delete media/jellyseerr 1');
});

test('a Vault that chooses another leader is asked again: the proposal goes on', async () => {
  let refusals = 2;
  const house = openProposingHouse({
    through: (port, target) =>
      port !== 'vault'
        ? target
        : new Proxy(target, {
            get: (of, key) => {
              const member: unknown = Reflect.get(of, key, of);
              if (typeof member !== 'function') return member;
              return (...given: unknown[]): unknown => {
                if (key === 'create' && refusals > 0) {
                  refusals -= 1;
                  return Promise.reject(fault('vault-sealed'));
                }
                return member.apply(of, given);
              };
            },
          }),
  });
  expect(plainText((await house.ask(ask)).title)).toContain('waits for a second person: pull request #1');
  expect(refusals).toBe(0);
  expect(house.vault.secrets.get('media/jellyseerr')?.versions).toHaveLength(1);
});
