import { expect } from 'vitest';
import { type BotWorld, startBotWorld } from '../support/bot-world.ts';
import { type App, withApps } from './apps.ts';
import { type Answered, ask, type State } from './ask.ts';

/** A world in which faults show soon. Everything that can be out of order is switched on one at a time. */
export function startFaultyWorld(apps: readonly App[]): Promise<BotWorld> {
  return startBotWorld({
    ...withApps(apps),
    timing: { storeRetryMs: 100, backoffMs: 100, progressDeadlineMs: 400 },
    limits: { syncSeconds: 2, rolloutSeconds: 2 },
  });
}

/** What a fault must not touch. */
export function standing(world: BotWorld, name: string): unknown {
  const path = `media/${name}`;
  const { metadata } = world.kubernetes.object('ExternalSecret', 'media', name) ?? {};
  return {
    vault: world.vault.read(path),
    versions: world.vault.versions(path).length,
    custom: world.vault.custom(path),
    secret: world.kubernetes.secretValue('media', `${name}-secret`, 'api-key'),
    mark: metadata?.annotations,
    generation: world.kubernetes.object('Deployment', 'media', name)?.metadata.generation,
  };
}

/** Words for people: no trace of a stack, of a library's error, or of what a program says when it has no words. */
export function assertReadable({ text }: Answered): void {
  expect(text).not.toMatch(/\n\s+at |\.[jt]s:\d+|\[object |undefined|NaN|ECONN|Error:/);
  expect(text.split('\n').length).toBeLessThan(30);
}

/** Says the line, and finds these words in the card. */
export async function expectCard(
  world: BotWorld,
  line: string,
  state: State,
  ...says: readonly string[]
): Promise<Answered> {
  const card = await ask(world, line);
  expect(card.state, card.text).toBe(state);
  for (const words of says) expect(card.text).toContain(words);
  assertReadable(card);
  return card;
}

/** A rotation of `media/NAME` that is refused before anything was written, with its words. */
export async function expectNothingChanged(
  world: BotWorld,
  name: string,
  ...says: readonly string[]
): Promise<void> {
  const before = standing(world, name);
  await expectCard(world, `/secret rotate media/${name}`, 'failure', ...says);
  expect(standing(world, name)).toEqual(before);
}

/** Whether External Secrets can read Vault. */
export function storeIsReady({ kubernetes }: BotWorld): boolean {
  const store = kubernetes.object('ClusterSecretStore', undefined, 'vault');
  return JSON.stringify(store?.['status'] ?? '').includes('"True"');
}
