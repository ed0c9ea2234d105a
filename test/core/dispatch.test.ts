import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { plainText } from '../../src/core/card.ts';
import { systemClock } from '../../src/core/clock.ts';
import { type Command, defineCommand } from '../../src/core/command.ts';
import { createDispatcher, requestIdOf } from '../../src/core/dispatch.ts';
import type { Answer, DispatchRequest } from '../../src/core/dispatcher.ts';
import { ChatelaineError } from '../../src/core/errors.ts';
import { faultCard, internalError } from '../../src/core/fault-card.ts';
import { Freezes } from '../../src/core/freeze/freezes.ts';
import { silentLog } from '../../src/core/log.ts';
import { permissionsFrom } from '../../src/core/permissions.ts';
import { Attestations } from '../../src/core/recovery/attestations.ts';
import { FakeCertificates } from '../support/fake-certificates.ts';
import { FakeCluster } from '../support/fake-cluster.ts';
import { FakeFlux } from '../support/fake-flux.ts';
import { FakeLeases } from '../support/fake-leases.ts';
import { FakeVault, fault } from '../support/fake-vault.ts';
import { admin, canary, grant, openHouse, stranger } from '../support/house.ts';

/** A command that does what a test says. */
function commandThat(handler: (signal: AbortSignal) => Promise<Answer>): Command {
  return defineCommand({
    name: 'test run',
    summary: 'Run a test',
    examples: ['test run'],
    may: 'read',
    effect: 'read',
    args: z.object({ count: z.int().optional().meta({ description: 'how many' }) }),
    words: [],
    handler: ({ call }) => handler(call.signal),
  });
}

function dispatcherOf(command: Command, deadline?: number) {
  return createDispatcher({
    commands: [command],
    cluster: new FakeCluster(),
    flux: new FakeFlux(),
    certificates: new FakeCertificates(),
    vault: new FakeVault(Date.now),
    operations: { start: async () => undefined },
    freezes: new Freezes({ leases: new FakeLeases(), clock: systemClock }),
    inspectors: [],
    permissions: permissionsFrom([grant(0, admin.id, ['read'], ['*'])]),
    recovery: {
      attestations: new Attestations(new FakeLeases(), systemClock),
      shareHolders: [],
      maxAgeMs: 1,
    },
    settings: { rotationsPerDay: 5, pauseSeconds: 0, syncSeconds: 1, rolloutSeconds: 1 },
    clock: systemClock,
    log: silentLog,
    ...(deadline === undefined ? {} : { deadline }),
  });
}

function requestFor(command: Command, more: Partial<DispatchRequest> = {}): DispatchRequest {
  return {
    command,
    given: {},
    actor: admin,
    place: {},
    deliveryId: 'd1',
    signal: new AbortController().signal,
    ...more,
  };
}

describe('the dispatcher', () => {
  test('runs an envelope once, however often it is delivered', async () => {
    let runs = 0;
    const command = commandThat(async () => {
      runs += 1;
      return { card: { state: 'info', title: 'done' } };
    });
    const dispatcher = dispatcherOf(command);
    const answers = await Promise.all([1, 2, 3].map(() => dispatcher.run(requestFor(command))));
    expect(runs).toBe(1);
    expect(answers.filter(({ card }) => card !== undefined)).toHaveLength(1);
    await dispatcher.run(requestFor(command, { deliveryId: 'd2' }));
    expect(runs).toBe(2);
  });

  test('the request id is on the card, and is the same for the same delivery in every replica', async () => {
    const command = commandThat(async () => ({ card: { state: 'info', title: 'done' } }));
    const answers = await Promise.all([1, 2].map(() => dispatcherOf(command).run(requestFor(command))));
    expect(answers.map(({ card }) => card?.requestId)).toEqual([requestIdOf('d1'), requestIdOf('d1')]);
    expect(requestIdOf('d1')).toMatch(/^[0-9a-f]{8}$/);
    expect(requestIdOf('d2')).not.toBe(requestIdOf('d1'));
  });

  test('checks the right before the command runs, and before its arguments are looked at', async () => {
    let ran = false;
    const command = commandThat(async () => {
      ran = true;
      return {};
    });
    const given = { count: 'many' };
    const { card } = await dispatcherOf(command).run(requestFor(command, { actor: stranger, given }));
    expect(card?.title).toBe('You may not look at secrets');
    expect(plainText(card?.lines?.[1] ?? '')).toContain(admin.id);
    expect(ran).toBe(false);
  });

  test('refuses arguments that the schema refuses, whoever gathered them', async () => {
    const command = commandThat(async () => ({}));
    const { card } = await dispatcherOf(command).run(requestFor(command, { given: { count: 'many' } }));
    expect(card).toMatchObject({ state: 'failure', title: 'Reading the arguments of /test run: count' });
  });

  test('a fault is a card: what was being done, what went wrong, what state things are in, what to do', async () => {
    const told = new ChatelaineError({
      code: 'vault-sealed',
      doing: 'writing kv/media/jellyfin',
      wrong: 'Vault is sealed',
      state: 'Nothing changed.',
      next: 'Unseal it: /vault status says which.',
    });
    const command = commandThat(() => Promise.reject(told));
    const { card } = await dispatcherOf(command).run(requestFor(command));
    expect(card).toMatchObject({
      state: 'failure',
      title: 'Writing kv/media/jellyfin: Vault is sealed',
      requestId: requestIdOf('d1'),
    });
    expect(card?.lines?.map(plainText)).toEqual(['Nothing changed.', 'Unseal it: /vault status says which.']);
  });

  test.each<[string, () => never]>([
    [
      'an error',
      () => {
        throw Object.assign(new Error(canary), { config: { headers: { token: canary } } });
      },
    ],
    [
      'an error with a telling name',
      () => {
        throw Object.assign(new Error('x'), { name: canary.repeat(20), code: canary });
      },
    ],
    [
      'a string',
      () => {
        throw canary as unknown as Error;
      },
    ],
    [
      'nothing',
      () => {
        throw undefined as unknown as Error;
      },
    ],
  ])('%s that is not ours is told in general words', async (_what, fail) => {
    const command = commandThat(async () => fail());
    const { card } = await dispatcherOf(command).run(requestFor(command));
    expect(card).toEqual(faultCard(internalError('running /test run'), requestIdOf('d1')));
    expect(JSON.stringify(card)).not.toContain('CANARY');
  });

  test('ends work that takes too long, and says so', async () => {
    const command = commandThat(
      (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    );
    const { card } = await dispatcherOf(command, 20).run(requestFor(command));
    expect(card?.title).toBe('Running /test run: it took longer than 0 s');
  });

  test('ends work when the process stops', async () => {
    const stop = new AbortController();
    const command = commandThat(
      (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
          stop.abort(fault('stopping', 'this replica is stopping'));
        }),
    );
    const { card } = await dispatcherOf(command).run(requestFor(command, { signal: stop.signal }));
    expect(card?.title).toContain('this replica is stopping');
  });
});

describe('the audit record', () => {
  test('says who ran what, how it ended and how long it took, and no more', async () => {
    const house = openHouse();
    await house.ask('secret status media/jellyfin');
    await house.ask('secret rotate media/jellyfin', stranger);
    house.vault.fails.set('replicas', new Error(canary));
    const lines = house.log.filter(({ command }) => command !== undefined);
    expect(
      lines.map(({ level, message, command, actor, outcome, code }) => ({
        level,
        message,
        command,
        actor,
        outcome,
        code,
      })),
    ).toEqual([
      {
        level: 'info',
        message: 'command started',
        command: 'secret status',
        actor: admin.id,
        outcome: undefined,
        code: undefined,
      },
      {
        level: 'info',
        message: 'command ended',
        command: 'secret status',
        actor: admin.id,
        outcome: 'success',
        code: undefined,
      },
      {
        level: 'info',
        message: 'command started',
        command: 'secret rotate',
        actor: stranger.id,
        outcome: undefined,
        code: undefined,
      },
      {
        level: 'info',
        message: 'command failed',
        command: 'secret rotate',
        actor: stranger.id,
        outcome: 'failure',
        code: 'not-permitted',
      },
    ]);
    for (const line of lines) {
      expect(line.requestId).toMatch(/^[0-9a-f]{8}$/);
      if (line.message !== 'command started') expect(line.ms).toBeGreaterThanOrEqual(0);
    }
  });

  test('of a fault of our own is an error, with the class of what was thrown only', async () => {
    const house = openHouse();
    house.vault.fails.set('metadata', Object.assign(new TypeError(canary), { code: 'ECONNRESET' }));
    const card = await house.ask('secret rotate media/jellyfin');
    expect(card.title).toBe('Running /secret rotate: a fault of Chatelaine itself stopped it');
    expect(house.log.at(-1)).toMatchObject({
      level: 'error',
      code: 'internal',
      reason: 'TypeError ECONNRESET',
    });
    expect(JSON.stringify(house.log)).not.toContain('CANARY');
  });
});
