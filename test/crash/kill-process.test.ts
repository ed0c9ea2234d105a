import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Received } from '../../src/playground/http-stand-in.ts';
import { channels, people } from '../../src/playground/slack/seed.ts';
import { startWorld } from '../../src/playground/start-world.ts';
import { waitFor } from '../../src/playground/wait-for.ts';
import { type BotProcess, startBotProcess } from '../support/start-bot.ts';

/** One effect of a rotation, as the servers see it. */
interface Effect {
  readonly name: string;
  readonly is: (received: Received) => boolean;
}

const isLease = (received: Received, method: string): boolean =>
  received.server === 'kubernetes' && received.method === method && received.url.includes('/leases');

const effects: readonly Effect[] = [
  { name: 'the journal is begun', is: (each) => isLease(each, 'POST') && each.body.includes('"op-') },
  { name: 'the lock is taken', is: (each) => isLease(each, 'POST') && each.body.includes('"lock-') },
  {
    name: 'the card is posted',
    is: (each) => each.server === 'slack' && each.url.endsWith('/chat.postMessage'),
  },
  { name: 'the intent is journalled', is: (each) => isLease(each, 'PUT') && each.body.includes('intended') },
  {
    name: 'the version is written',
    is: (each) => each.method === 'PATCH' && each.url.startsWith('/v1/kv/data/'),
  },
  {
    name: 'the version is journalled',
    is: (each) => isLease(each, 'PUT') && /state\\?":\\?"written/.test(each.body),
  },
  {
    name: 'its author is recorded',
    is: (each) => each.method === 'PATCH' && each.url.startsWith('/v1/kv/metadata/'),
  },
  {
    name: 'External Secrets is asked',
    is: (each) =>
      each.method === 'PATCH' && each.url.includes('/externalsecrets/') && !each.url.includes('dryRun'),
  },
  {
    name: 'the workload is restarted',
    is: (each) =>
      each.method === 'PATCH' && each.url.includes('/deployments/') && !each.url.includes('dryRun'),
  },
  {
    name: 'the end is journalled',
    is: (each) => isLease(each, 'PUT') && /phase\\?":\\?"ended/.test(each.body),
  },
  { name: 'the lock is released', is: (each) => isLease(each, 'DELETE') },
  {
    name: 'the last card is shown',
    is: (each) =>
      (each.server === 'slack' && each.url.endsWith('/chat.update') && each.body.includes('is%20live')) ||
      (each.body.includes('is live') && each.url.endsWith('/chat.update')),
  },
];

const points = effects.flatMap((effect) => [
  { effect, moment: 'received' as const, when: 'before' },
  { effect, moment: 'done' as const, when: 'after' },
]);

describe('a bot that is killed', () => {
  // The bundle starts in a third of the time, and this starts it often.
  const folder = mkdtempSync(join(tmpdir(), 'chatelaine-bundle-'));
  const program = join(folder, 'chatelaine.js');
  beforeAll(() =>
    execFileSync(process.execPath, [join(import.meta.dirname, '..', '..', 'scripts', 'build.ts'), folder]),
  );
  afterAll(() => rmSync(folder, { recursive: true }));

  it.concurrent.each(points.map((point) => ({ ...point, name: point.effect.name })))(
    '$when $name: another one ends its work, once',
    async ({ effect, moment }) => {
      const trap: { process?: BotProcess; sprung: boolean } = { sprung: false };
      const world = await startWorld({
        rateLimits: false,
        timing: { reconcileMs: 20, spreadMs: 5, rolloutMs: 100, reloaderMs: 20 },
        configuration: {
          operations: { leaseSeconds: 1 },
          limits: { pauseSeconds: 0, syncSeconds: 20, rolloutSeconds: 20 },
          log: { level: 'info' },
        },
        async gate(when, received) {
          if (trap.sprung || trap.process === undefined || when !== moment || !effect.is(received)) return;
          trap.sprung = true;
          await trap.process.kill();
          // Its connection died with it: what had not been begun is not done.
          if (when === 'received') throw new Error('the connection is gone');
        },
      });
      const env = { ...world.env, NODE_COMPILE_CACHE: join(folder, 'cache') };
      const start = (): Promise<BotProcess> =>
        startBotProcess({ configuration: world.configuration, env, program });
      const running: BotProcess[] = [];
      try {
        const before = world.vault.read('media/jellyfin');
        const first = await start();
        running.push(first);
        await first.ready;
        await waitFor(() => world.slack.connections >= 2, 'the first bot to connect', 120_000);
        trap.process = first;
        await world.slack.say({
          user: people.admin,
          channel: channels.platform,
          text: '/secret rotate media/jellyfin api-key',
        });
        await waitFor(() => trap.sprung, 'the crash', 120_000);
        const second = await start();
        running.push(second);
        const lastCards = (): readonly string[] =>
          world.slack.history
            .map(({ versions }) => versions.at(-1)?.text ?? '')
            .filter((text) => !text.startsWith('●'));
        const neverBegan = effect.name === 'the journal is begun' && moment === 'received';
        if (neverBegan) {
          await second.ready;
          expect(world.vault.read('media/jellyfin')?.version).toBe(before?.version);
          return;
        }
        await waitFor(
          () => lastCards().length > 0,
          `the end; the second bot said ${second.output()}`,
          120_000,
        );
        await waitFor(
          () => journals(world).every((text) => text.includes('"phase":"closed"')),
          'the journal to be closed',
          120_000,
        );
        const [card = '', ...more] = lastCards();
        expect(more).toEqual([]);
        expect(card).toContain('v8 is live in 2 ExternalSecrets, 1 of 1 workloads restarted');
        // Exactly one new version; and where its writer died before it could say so, that is told.
        const after = world.vault.read('media/jellyfin');
        expect(after?.version).toBe(8);
        const told = JSON.stringify(world.slack.history).includes("ours or another's");
        const unknown =
          (effect.name === 'the version is written' && moment === 'done') ||
          (effect.name === 'the version is journalled' && moment === 'received');
        expect(told).toBe(unknown);
        expect(card.startsWith(unknown ? '▲' : '✓')).toBe(true);
        const value = String(after?.data['api-key']);
        expect(world.kubernetes.secretValue('media', 'jellyfin-secret', 'api-key')).toBe(value);
        expect(
          world.kubernetes.objects('Lease').filter(({ metadata }) => metadata.name?.startsWith('lock-')),
        ).toEqual([]);
      } finally {
        await Promise.all(running.map((each) => each.kill()));
        await world.close();
      }
    },
    300_000,
  );
});

function journals(world: {
  readonly kubernetes: {
    objects(
      kind: string,
    ): readonly { readonly metadata: { readonly annotations?: Readonly<Record<string, string>> } }[];
  };
}): readonly string[] {
  return world.kubernetes
    .objects('Lease')
    .flatMap(({ metadata }) => metadata.annotations?.['chatelaine.dev/journal'] ?? []);
}
