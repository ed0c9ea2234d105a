import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { BranchName, RepositoryName } from '../../src/core/git-names.ts';
import type { Namespace, PropertyName, ResourceName, VaultPath } from '../../src/core/names.ts';
import type { Call } from '../../src/core/ports/call.ts';
import type { Forge } from '../../src/core/ports/forge.ts';
import type { Place, Plan } from '../../src/core/ports/manifests.ts';
import { connectGit, type GitAdapter } from '../../src/git/connect-git.ts';
import { openTransport, type Sent } from '../../src/git/transport.ts';
import { placeAt } from '../../src/operations/propose/place-at.ts';
import { type ForgeStandIn, startForge } from '../../src/playground/forge/start-forge.ts';
import { manifests } from '../gitops/repository.ts';
import { FakeFlux } from '../support/fake-flux.ts';
import { sendInRounds } from '../support/send-in-rounds.ts';

const call: Call = { signal: new AbortController().signal, requestId: 'r' };
const base = BranchName.parse('main');

const list = (entries: readonly string[]): string =>
  `kind: Kustomization\nresources:\n${entries.map((each) => `  - ./${each}\n`).join('')}`;
const object = (kind: string, name: string): string =>
  `---\napiVersion: v1\nkind: ${kind}\nmetadata:\n  name: ${name}\nspec: {}\n`;
const ten = Array.from({ length: 10 }, (_, index) => index);

/** A hundred apps of ten namespaces, all of them built by one Kustomization of Flux. Every other one has an ExternalSecret. */
function hundredApps(): Record<string, string> {
  const files: Record<string, string> = { 'README.md': 'home\n' };
  for (const space of ten) {
    const folder = `kubernetes/apps/space-${space}`;
    files[`${folder}/kustomization.yaml`] = list(ten.map((app) => `app-${app}/app`));
    for (const app of ten) {
      const at = `${folder}/app-${app}/app`;
      const isOdd = app % 2 === 1;
      files[`${at}/kustomization.yaml`] = list([...(isOdd ? ['externalsecret.yaml'] : []), 'release.yaml']);
      files[`${at}/release.yaml`] = object('HelmRelease', `app-${app}`);
      if (isOdd) files[`${at}/externalsecret.yaml`] = object('ExternalSecret', `app-${app}`);
    }
  }
  return files;
}

let standIn: ForgeStandIn;
const open: GitAdapter[] = [];

beforeAll(async () => {
  standIn = await startForge({
    seed: {
      repository: 'owner/cluster',
      files: hundredApps(),
      bot: { login: 'chatelaine', token: 'bot-token' },
      required: [],
      author: 'owner',
    },
  });
});
afterAll(async () => {
  await Promise.all(open.map((each) => each.close()));
  await standIn.close();
});

/** A bot that knows nothing yet, and the rounds in which it asks. */
function connect() {
  const { transport, rounds } = sendInRounds(openTransport());
  const adapter = connectGit({
    host: 'github',
    address: standIn.url,
    repository: RepositoryName.parse('owner/cluster'),
    base,
    label: 'chatelaine',
    people: new Map(),
    auth: { kind: 'token', read: () => 'bot-token' },
    clock: systemClock,
    version: '0',
    transport,
  });
  open.push(adapter);
  return { forge: adapter.forge, rounds };
}

/** One more app gets its ExternalSecret. */
async function plan(forge: Forge): Promise<Plan> {
  const head = (await forge.head(base, call)) ?? expect.fail('no base');
  const { repository } = placeAt({ forge }, new FakeFlux(), head, call);
  const place: Place = { repository, covering: () => ({ path: './kubernetes/apps' }) };
  return manifests().newExternalSecret(place, {
    target: { namespace: 'space-3' as Namespace, name: 'app-4' as ResourceName },
    category: 'application',
    path: 'space-3/app-4' as VaultPath,
    properties: [{ property: 'api-key' as PropertyName }],
  });
}

function countOf(rounds: readonly (readonly Sent[])[]) {
  const urls = rounds.flat().map(({ url }) => url);
  const folders = urls.filter((url) => /\/contents\/(?:[^.]*)\?/.test(url));
  return {
    requests: urls.length,
    repeated: urls.length - new Set(urls).size,
    folders: folders.length,
    rounds: rounds.length,
    widest: Math.max(...rounds.map((round) => round.length)),
  };
}

describe('planning a new secret in a repository of a hundred apps', () => {
  // The branch, the tree, and what is built: 110 kustomizations and 150 files.
  test('asks for the tree once and for each file once, eight at a time', async () => {
    const { forge, rounds } = connect();
    const { files, notes } = await plan(forge);
    expect(files.map(({ path }) => path)).toEqual([
      'kubernetes/apps/space-3/app-4/app/externalsecret.yaml',
      'kubernetes/apps/space-3/app-4/app/kustomization.yaml',
    ]);
    expect(notes).toEqual([]);
    expect(countOf(rounds)).toEqual({ requests: 262, repeated: 0, folders: 0, rounds: 36, widest: 8 });
  });

  test('plans the same where the host gives no whole tree, and asks for each folder once', async () => {
    const whole = await plan(connect().forge);
    standIn.faults.mostEntries = 100;
    const { forge, rounds } = connect();
    expect(await plan(forge)).toEqual(whole);
    standIn.faults.mostEntries = 100_000;
    expect(countOf(rounds)).toEqual({ requests: 379, repeated: 0, folders: 111, rounds: 54, widest: 8 });
  });

  test('asks for no tree again on the same commit, and reads the files anew', async () => {
    const { forge, rounds } = connect();
    await plan(forge);
    rounds.length = 0;
    await plan(forge);
    expect(rounds.flat().filter(({ url }) => url.includes('/git/trees/'))).toEqual([]);
    expect(countOf(rounds)).toMatchObject({ requests: 261, repeated: 0 });
  });
});
