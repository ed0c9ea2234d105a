import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { methodScopes } from '../../src/slack/call-slack.ts';

interface Manifest {
  display_information: { name: string; description: string; long_description: string };
  features: { slash_commands: { command: string; usage_hint: string; description: string }[] };
  oauth_config: { scopes: { bot: string[]; user?: string[] } };
  settings: {
    interactivity: { is_enabled: boolean };
    socket_mode_enabled: boolean;
    event_subscriptions?: unknown;
  };
}

const file = new URL('../../manifests/slack/app-manifest.yaml', import.meta.url);
const manifest = parse(await readFile(file, 'utf8')) as Manifest;

test('the manifest asks for the scopes of the methods that are called, and for no other', () => {
  const used = Object.values(methodScopes).filter((scope) => scope !== undefined);
  expect(new Set(manifest.oauth_config.scopes.bot)).toEqual(new Set(['commands', ...used]));
  expect(manifest.oauth_config.scopes.user).toBeUndefined();
});

test('no other method is called anywhere', async () => {
  const folder = new URL('../../src/slack/', import.meta.url);
  const called = new Set<string>();
  for (const name of await readdir(folder)) {
    const source = await readFile(new URL(name, folder), 'utf8');
    for (const [, method] of source.matchAll(/\bcall\(\s*'([\w.]+)'/g)) called.add(method ?? '');
    if (name !== 'call-slack.ts') expect(source).not.toMatch(/new WebClient|\.apiCall\(/);
  }
  expect([...called].sort()).toEqual(Object.keys(methodScopes).sort());
});

test('it is one that Slack takes', () => {
  const { display_information: display, features, settings } = manifest;
  expect(display.name.length).toBeLessThanOrEqual(35);
  expect(display.description.length).toBeLessThanOrEqual(140);
  expect(display.long_description.length).toBeGreaterThanOrEqual(174);
  expect(display.long_description.length).toBeLessThanOrEqual(4_000);
  expect(features.slash_commands.map(({ command }) => command)).toEqual(['/secret', '/vault']);
  for (const { command, usage_hint } of features.slash_commands) {
    expect(command.length).toBeLessThanOrEqual(32);
    expect(usage_hint).not.toBe('');
  }
  expect(settings.socket_mode_enabled).toBe(true);
  expect(settings.interactivity.is_enabled).toBe(true);
  expect(settings.event_subscriptions).toBeUndefined();
});
