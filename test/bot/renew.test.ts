import { afterAll, beforeAll, expect, test } from 'vitest';
import { people } from '../../src/playground/slack/seed.ts';
import { type BotWorld, startBotWorld } from '../support/bot-world.ts';

let world: BotWorld;
beforeAll(async () => {
  world = await startBotWorld();
});
afterAll(() => world.close());

function revision(): unknown {
  return world.kubernetes.object('Certificate', 'network', 'envoy-gateway')?.status?.['revision'];
}

test('a certificate is shown, and renewed by its rotation: cert-manager issues the next one', async () => {
  const issued = /envoy-gateway.*[^]*letsencrypt-production/;
  await world.slack.until(() => revision() === 1, 'the first certificate');
  const before = await world.say('/secret status network/envoy-gateway');
  expect(before.text).toMatch(issued);
  const renewed = await world.say('/secret rotate network/envoy-gateway --reason planned');
  expect(renewed.good, renewed.text).toBe(true);
  expect(renewed.text).toMatch(/✓ .*network\/envoy-gateway/);
  expect(revision()).toBe(2);
});

test('nobody renews one without the right, and nothing happens to it', async () => {
  const before = revision();
  const { good, text } = await world.say('/secret rotate network/envoy-gateway', people.viewer);
  expect(good).toBe(false);
  expect(text).toContain('may not rotate');
  expect(revision()).toBe(before);
});
