import { z } from 'zod';
import type { Card } from '../../src/core/card.ts';
import { defineCommand } from '../../src/core/command.ts';
import { formatObjectName, PropertyName } from '../../src/core/names.ts';
import { categories } from '../../src/core/ports/manifests.ts';
import { subjectOfStory } from '../../src/core/proposal/story.ts';
import { reasonGiven } from '../../src/core/targets.ts';
import { planRemoval, type Removal } from '../../src/operations/propose/plan-removal.ts';
import { startProposal } from '../../src/operations/propose/start-proposal.ts';

/** Takes a secret out of Git by a pull request, and what only it used out of Vault after the merge. */
export const remove = defineCommand({
  name: 'secret remove',
  summary:
    'Propose in Git to take a secret out, or some of its properties; what only it used is deleted after the merge',
  details:
    'Shows what would change first, and proposes it with --confirm. A second person approves it on the Git host. After the merge the path in Vault is deleted so that a person can bring it back, once nothing in Git or the cluster refers to it any more.',
  examples: [
    'secret remove media/jellyfin',
    'secret remove home/paperless secret-key --confirm --reason "nothing reads it any more"',
  ],
  may: 'remove',
  effect: 'write',
  args: z.object({
    target: z
      .string()
      .min(3)
      .max(320)
      .meta({ title: 'Name', description: 'namespace/name of what is to go' }),
    properties: z
      .array(PropertyName)
      .max(50)
      .default([])
      .meta({ title: 'Properties', description: 'only these; all of it where none is named' }),
    category: z.enum(categories).default('application').meta({
      title: 'Category',
      description:
        'what it is: certificate and bootstrap are a Certificate and a file that SOPS has encrypted',
    }),
    confirm: z.boolean().optional().meta({
      title: 'Confirm',
      description: 'propose it; without this it is only shown what would change',
    }),
    reason: reasonGiven('why, for who reviews it'),
  }),
  words: ['target', 'properties'],
  async handler(context, { confirm = false, reason, ...asked }) {
    const removal = await planRemoval(context, { ...asked, ...(reason === undefined ? {} : { reason }) });
    if (!confirm) return { card: previewCard(removal) };
    const shown = await startProposal(context, removal.state);
    return shown === undefined ? {} : { shown };
  },
});

function previewCard({ state, workloads }: Removal): Card {
  const { story, files } = state;
  const words = [story.target, ...story.properties].join(' ');
  const category = story.category === 'application' ? '' : ` --category ${story.category}`;
  return {
    state: 'info',
    title: `${subjectOfStory(story)} would be taken out by a pull request: nothing has changed yet`,
    fields: [
      { label: 'Removes', value: `${story.kind} ${story.target} (${story.category})` },
      { label: 'In Git', value: files.map(({ path }) => path).join(', ') },
      { label: 'In Vault', value: story.where ?? 'nothing is deleted' },
      {
        label: 'Used by',
        value:
          workloads.map((each) => `${each.kind} ${formatObjectName(each)}`).join(', ') ||
          'nothing that is seen',
      },
    ],
    lines: story.notes,
    actions: [
      { label: 'Propose it', command: `secret remove ${words}${category} --confirm`, style: 'danger' },
    ],
  };
}
