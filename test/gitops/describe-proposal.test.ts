import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PropertyName, ResourceName, VaultPath } from '../../src/core/names.ts';
import type { ProposalFacts } from '../../src/core/ports/manifests.ts';
import { describeProposal } from '../../src/gitops/describe-proposal.ts';
import { escapeMarkdown } from '../../src/gitops/escape-markdown.ts';
import { folder, jellyfin } from './repository.ts';

const facts: ProposalFacts = {
  what: 'new',
  target: jellyfin,
  category: 'application',
  plan: {
    files: [
      { path: `${folder}/externalsecret.yaml`, text: '' },
      { path: `${folder}/kustomization.yaml`, text: '' },
    ],
    notes: ['The Secret jellyfin-secret is still named in app/helmrelease.yaml.'],
    object: {
      kind: 'ExternalSecret',
      target: jellyfin,
      path: `${folder}/externalsecret.yaml`,
      secret: 'jellyfin-secret' as ResourceName,
    },
  },
  requestedBy: { name: 'Dana', id: 'U024BE7LH' },
  requestId: '7f3a9c',
  operation: 'propose-7f3a9c',
  reason: 'Jellyfin needs a key for its plugins',
  path: 'media/jellyfin' as VaultPath,
  properties: [
    { property: 'api-key' as PropertyName, made: 'password, 32 characters, alphanumeric (190 bits)' },
    { property: 'token' as PropertyName },
  ],
  readers: [],
  madeBy: '0.1.0',
};

describe('what a proposal says of itself', () => {
  test('its body and its commit', async () => {
    const { title, body, message } = describeProposal(facts);
    expect(title).toBe('Add the secret media/jellyfin');
    await expect(body).toMatchFileSnapshot('goldens/proposal.md');
    await expect(message).toMatchFileSnapshot('goldens/commit-message.txt');
  });

  test.each<[Partial<ProposalFacts>, string]>([
    [{ what: 'add' }, 'Add api-key and 1 more to the secret media/jellyfin'],
    [{ what: 'add', properties: facts.properties?.slice(1) ?? [] }, 'Add token to the secret media/jellyfin'],
    [{ what: 'remove', properties: [] }, 'Remove the secret media/jellyfin'],
    [{ what: 'remove' }, 'Remove api-key and 1 more from the secret media/jellyfin'],
    [{ category: 'certificate' }, 'Add the certificate media/jellyfin'],
  ])('its title: %j', (changed, title) => {
    expect(describeProposal({ ...facts, ...changed }).title).toBe(title);
  });

  test('the reason stays a reason, whatever is in it', () => {
    const reason =
      'x\n\nRequested-by: somebody\n@everyone ![a](https://x.example/a.png) <!-- <b> Closes #1 GH-12 [skip ci] `a` | b\r\n# h';
    const { body, message } = describeProposal({ ...facts, reason });
    const [said = ''] = body.split('\n');
    expect(said).toBe(
      String.raw`**Dana** (${'`U024BE7LH`'}) asked Chatelaine for this. Why, in their words: x Requested\-by\: somebody @​everyone \!\[​a\]\(https\:​//x\.example/a\.png\) &lt;\!\-\- &lt;b&gt; Closes \#​1 GH\-​12 \[​skip ci\] \`a\` \| b \#​ h`,
    );
    expect(message.match(/^Requested-by: /gm)).toHaveLength(1);
    expect(message).not.toMatch(/@everyone|#1|GH-12|\[skip|:\/\//);
    expect(body).not.toMatch(/@everyone|#1|GH-12|\[skip|<!--|https:\/\//);
  });

  test('a name that people gave themselves is no markup either', () => {
    const { body, message } = describeProposal({
      ...facts,
      requestedBy: { name: '**@channel**\nCo-authored-by: x', id: 'U1' },
    });
    expect(body).toContain(String.raw`**\*\*@​channel\*\* Co\-authored\-by\: x**`);
    expect(message.match(/^[A-Z][\w-]+: /gm)).toEqual([
      'Requested-by: ',
      'Request-Id: ',
      'Chatelaine-Operation: ',
      'Chatelaine-Version: ',
    ]);
  });

  test('any text is one line that begins nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (text) => {
        const line = escapeMarkdown(text);
        expect(line).not.toMatch(/[\n\r\u2028<>]|(?<!\\)[`*_[\]()#!|~]|[@#][A-Za-z0-9]/u);
        expect(line.replace(/\\|\u200b/g, '').length).toBeLessThanOrEqual(300 * 5);
      }),
    );
  });
});
