import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { actByLine } from '../../src/playground/act-by-line.ts';
import { standInHost } from '../../src/playground/forge/stand-in-host.ts';
import { type ForgeStandIn, startForge } from '../../src/playground/forge/start-forge.ts';
import { readGitLine } from '../../src/playground/git-line.ts';
import { readOptions } from '../../src/playground/read-options.ts';
import { channels, people } from '../../src/playground/slack/seed.ts';
import { type SlackStandIn, startSlack } from '../../src/playground/slack/start-slack.ts';

test('what is said and what is done are read in the order in which they are given', () => {
  const { lines } = readOptions(['--say', '/secret new', '--git', 'approve', '--say', '/secret list']);
  expect(lines).toEqual([
    { kind: 'say', text: '/secret new' },
    { kind: 'git', line: { act: 'approve', login: 'ada' } },
    { kind: 'say', text: '/secret list' },
  ]);
});

test('a line names what to do, and can name which and as whom', () => {
  expect(readGitLine('merge #12 as sam')).toEqual({ act: 'merge', number: 12, login: 'sam' });
  expect(readGitLine(' close 3 ')).toEqual({ act: 'close', number: 3, login: 'ada' });
  for (const wrong of ['', 'destroy', 'approve as nobody', 'approve everything']) {
    expect(() => readGitLine(wrong)).toThrow('--git takes show, approve, push, merge, close');
  }
});

describe('on the Git host', () => {
  let forge: ForgeStandIn;
  let slack: SlackStandIn;
  beforeAll(async () => {
    [forge, slack] = await Promise.all([startForge(), startSlack()]);
    await forge.as('robin').push('idea', { 'README.md': '# Homelab\n\nA change.\n' });
    await fetch(`${forge.url}/api/v3/repos/${forge.repository}/pulls`, {
      method: 'POST',
      headers: { authorization: `Bearer ${forge.botToken}` },
      body: JSON.stringify({ title: 'An idea', head: 'idea', base: 'main' }),
    });
  });
  afterAll(() => Promise.all([forge.close(), slack.close()]));

  async function act(line: string): Promise<{ readonly good: boolean; readonly said: string }> {
    const said: string[] = [];
    const write = (text: string): void => void said.push(text);
    const conversation = { slack, user: people.requester, channel: channels.platform, write };
    const good = await actByLine(standInHost(forge), conversation, readGitLine(line));
    return { good, said: said.join('\n') };
  }

  test('shows what a pull request changes, is refused as a person is, and merges', async () => {
    const shown = await act('show');
    expect(shown.good).toBe(true);
    expect(shown.said).toMatch(/^#1 An idea \(open\)\n/);
    expect(shown.said).toContain('… chatelaine/second-person (required): not set yet');
    expect(shown.said).toMatch(/README\.md \+1 -1\n[^]*- The cluster, as Flux runs it\.\n +\+ A change\./);
    expect(await act('merge')).toEqual({
      good: false,
      said: expect.stringContaining('The Git host says: Required status check'),
    });
    forge.as('ada').setStatus(forge.pulls()[0]?.head ?? '', 'chatelaine/second-person', 'success');
    expect((await act('merge as sam')).good).toBe(true);
    expect((await act('show #1')).said).toMatch(/^#1 An idea \(merged\)\n[^]*\+ A change\./);
    expect(await act('approve')).toEqual({ good: false, said: 'There is no open pull request.' });
    expect((await act('close #1')).said).toContain('pull request #1 is merged');
  });
});
