import { z } from 'zod';
import type { Card } from '../core/card.ts';
import type { Clock } from '../core/clock.ts';
import { withDeadline } from '../core/deadline.ts';
import { isFault } from '../core/errors.ts';
import { frozenCard, thawedCard, unreadableCard } from '../core/freeze/freeze-card.ts';
import type { Freeze, Frozen } from '../core/freeze/freeze-state.ts';
import type { Freezes } from '../core/freeze/freezes.ts';
import type { Log } from '../core/log.ts';
import type { Call } from '../core/ports/call.ts';
import type { Leases } from '../core/ports/leases.ts';
import type { Place, Surface } from '../core/ports/surface.ts';
import type { Role } from './leadership.ts';
import type { Loop } from './supervise.ts';

export interface TellFreezesOptions {
  readonly freezes: Freezes;
  readonly leases: Leases;
  readonly surface: Surface;
  readonly place: Place;
  readonly role: () => Role;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds between two looks. */
  readonly freezeMs?: number;
}

const leaseName = 'freeze-told';
const annotation = 'chatelaine.dev/told';
const usualMs = 3_000;
/** Milliseconds for one look and what it has to tell. */
const withinMs = 60_000;

/** Which freezes have a message, so that their thaw is told in it, by whoever leads then. */
const Told = z.array(z.strictObject({ key: z.string(), shown: z.record(z.string(), z.string()) }));
type Told = z.infer<typeof Told>;

/**
 * Tells freezes in the channel of alerts, wherever they were asked for, and their thaws in the same messages. What was
 * told is noted afterwards: a leader that dies in that moment leaves it to be told twice, rather than not at all.
 */
export function tellFreezes(options: TellFreezesOptions): Loop {
  const { role, clock, log, freezeMs = usualMs } = options;
  return {
    name: 'the telling of freezes',
    async run(signal) {
      while (!signal.aborted) {
        if (role() === 'leader') {
          await tellWithin(options, signal).catch((error: unknown) => {
            if (!isFault(error)) throw error;
            log.warn({ code: error.code }, 'freezes not told');
          });
        }
        await clock.sleep(freezeMs, signal).catch(() => undefined);
      }
    },
  };
}

async function tellWithin(options: TellFreezesOptions, signal: AbortSignal): Promise<void> {
  const limit = withDeadline(signal, withinMs, 'telling freezes');
  try {
    await tell(options, { signal: limit.signal, requestId: 'freezes' });
  } finally {
    limit.clear();
  }
}

async function tell(options: TellFreezesOptions, call: Call): Promise<void> {
  const frozen = await options.freezes.recent();
  const told = await readTold(options, call);
  const now = cardsOf(frozen);
  const gone = frozen.unreadable === true ? [] : told.filter(({ key }) => !now.has(key));
  for (const { key, shown } of gone) {
    await options.surface.change(shown, afterwards(frozen, key), { last: true }, call).catch(unlessRefused);
    await noteTold(options, (all) => all.filter((each) => each.key !== key), call);
  }
  for (const [key, card] of now) {
    if (told.some((each) => each.key === key)) continue;
    const shown = await options.surface.show(options.place, card, call);
    await noteTold(options, (all) => [...all, { key, shown: { ...shown } }], call);
  }
}

function cardsOf(frozen: Frozen): ReadonlyMap<string, Card> {
  if (frozen.unreadable === true) return new Map([['unreadable', unreadableCard()]]);
  return new Map(frozen.freezes.map((freeze) => [keyOf(freeze), frozenCard(freeze)]));
}

function keyOf({ scope, since }: Freeze): string {
  return `${since} ${scope}`;
}

function afterwards(frozen: Frozen, key: string): Card {
  const thawed =
    frozen.unreadable === true ? undefined : frozen.thawed.find(({ freeze }) => keyOf(freeze) === key);
  return thawedCard(thawed);
}

/** A message that was deleted can't be changed, and keeps nothing else from being told. */
function unlessRefused(error: unknown): void {
  if (!isFault(error, 'slack-refused')) throw error;
}

async function readTold({ leases }: TellFreezesOptions, call: Call): Promise<Told> {
  return parseTold((await leases.get(leaseName, call))?.annotations[annotation]);
}

function parseTold(text: string | undefined): Told {
  try {
    return Told.parse(JSON.parse(text ?? '[]'));
  } catch {
    return [];
  }
}

async function noteTold(
  { leases, clock }: TellFreezesOptions,
  change: (told: Told) => Told,
  call: Call,
): Promise<void> {
  const lease = await leases.get(leaseName, call);
  const told = change(parseTold(lease?.annotations[annotation]));
  const wanted = {
    name: leaseName,
    labels: { 'chatelaine.dev/role': 'freeze-told' },
    annotations: { [annotation]: JSON.stringify(told) },
    holder: '',
    durationSeconds: 1,
    renewTime: new Date(clock.now()).toISOString().replace('Z', '000Z'),
    transitions: 0,
  };
  if (lease === undefined) await leases.create(wanted, call);
  else await leases.replace({ ...lease, ...wanted }, call);
}
