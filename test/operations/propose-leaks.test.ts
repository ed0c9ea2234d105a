import { describe, expect, test } from 'vitest';
import { type Card, plainText } from '../../src/core/card.ts';
import { encodingsOf } from '../../src/core/encodings.ts';
import { generate } from '../../src/core/generate.ts';
import { BranchName, CommitId } from '../../src/core/git-names.ts';
import { recipeOf } from '../../src/core/recipe.ts';
import { ProposeState } from '../../src/operations/propose/state.ts';
import { admin } from '../support/house.ts';
import { openProposingHouse, type ProposingHouse } from '../support/proposing-house.ts';
import { seededRandom } from '../support/seeded-random.ts';

/*
 * The value is known here before it is made. It is planted in each place that leaves for the Git host, in each form that
 * is looked for: every one is refused before the first byte has left, and nothing is written.
 */

const file = 'kubernetes/apps/media/jellyseerr/app/externalsecret.yaml';

interface Planted {
  readonly state: Partial<
    Record<'branch' | 'title' | 'body' | 'message' | 'file' | 'other' | 'path', string>
  >;
  readonly labels?: readonly string[];
}

function stateWith(
  { branch, title, body, message, file: text, other, path }: Planted['state'],
  recipe = recipeOf({}),
): ProposeState {
  return ProposeState.parse({
    story: {
      target: 'media/jellyseerr',
      category: 'application',
      change: 'new',
      properties: ['api-key'],
      kind: 'ExternalSecret',
      file,
      where: 'kv/media/jellyseerr',
      notes: [],
    },
    object: { kind: 'ExternalSecret', namespace: 'media', name: 'jellyseerr', path: file },
    path: 'media/jellyseerr',
    makings: [{ by: 'recipe', name: 'api-key', recipe }],
    write: { state: 'waiting' },
    base: CommitId.parse('0'.repeat(40)),
    branch: branch ?? 'chatelaine/new-media-jellyseerr',
    files: [
      { path: file, text: text ?? 'kind: ExternalSecret\n' },
      {
        path: path ?? 'kubernetes/apps/media/jellyseerr/app/kustomization.yaml',
        text: other ?? 'kind: Kustomization\n',
      },
    ],
    text: {
      title: title ?? 'Add the secret media/jellyseerr',
      body: body ?? 'Asked for by robin.',
      message: message ?? 'Add the secret media/jellyseerr',
    },
  });
}

async function proposeWith(house: ProposingHouse, state: ProposeState): Promise<Card | undefined> {
  return house.operations.start({
    id: '0123456789abcdef',
    kind: 'propose',
    state,
    actor: admin,
    requestId: '0123456789abcdef',
    place: { surface: 'test' },
    locks: [],
  });
}

const around = (form: string): string => `before ${form} after`;

/** Every place, how a form gets into it, and what the refusal calls it. */
const places: Readonly<
  Record<string, { readonly plant: (form: string) => Planted; readonly called: string }>
> = {
  'the name of the branch': {
    plant: (form) => ({ state: { branch: `chatelaine/${form}` } }),
    called: 'name of the branch',
  },
  'the title': { plant: (form) => ({ state: { title: around(form) } }), called: 'title of the pull request' },
  'the text': { plant: (form) => ({ state: { body: around(form) } }), called: 'text of the pull request' },
  'the commit’s message': {
    plant: (form) => ({ state: { message: around(form) } }),
    called: 'message of the commit',
  },
  'the manifest': { plant: (form) => ({ state: { file: around(form) } }), called: `file ${file}` },
  'another file': {
    plant: (form) => ({ state: { other: around(form) } }),
    called: 'file kubernetes/apps/media/jellyseerr/app/kustomization.yaml',
  },
  'the path of a file': {
    plant: (form) => ({ state: { path: `kubernetes/${form}.yaml` } }),
    called: 'name of a file',
  },
  'a label': {
    plant: (form) => ({ state: {}, labels: ['secret', around(form)] }),
    called: 'labels of the pull request',
  },
};

const recipes = {
  'letters and digits': recipeOf({}),
  'all characters': recipeOf({ kind: 'password', alphabet: 'symbols' }),
} as const;

const cases = Object.entries(places).flatMap(([where, place]) =>
  Object.entries(recipes).map(([of, recipe]) => ({ where, of, recipe, ...place })),
);

describe('the value', () => {
  test.each(cases)(
    'of $of in $where, in every form, is found before anything leaves',
    async ({ recipe, plant, called, where }) => {
      const value = generate(recipe, seededRandom('planted')).open();
      const forms = [...new Set(encodingsOf(value))].filter(
        (form) => where !== 'the name of the branch' || BranchName.safeParse(`chatelaine/${form}`).success,
      );
      expect(forms.length).toBeGreaterThan(4);
      for (const form of forms) {
        const { state, labels = [] } = plant(form);
        const house = openProposingHouse({ random: seededRandom('planted'), labels });
        const card = await proposeWith(house, stateWith(state, recipe));
        expect(card?.state).toBe('failure');
        expect(plainText(card?.title ?? '')).toContain(called);
        expect(plainText(card?.title ?? '')).not.toContain(form);
        expect([house.vault.writes, house.forge.did, house.forge.texts]).toEqual([[], [], []]);
        expect(house.forge.branches()).toEqual(['main']);
      }
    },
  );

  test('that is nowhere goes through', async () => {
    const house = openProposingHouse({ random: seededRandom('planted') });
    const base = await house.forge.head(house.forge.base);
    const card = await proposeWith(house, { ...stateWith({}), base: base ?? CommitId.parse('0'.repeat(40)) });
    expect(card?.state).toBe('info');
    const value = generate(recipeOf({}), seededRandom('planted')).open();
    expect(house.vault.secrets.get('media/jellyseerr')?.versions[0]?.get('api-key')).toBe(value);
    expect(JSON.stringify(house.forge.texts)).not.toContain(value);
  });
});
