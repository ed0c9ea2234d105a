import type { Clock } from '../core/clock.ts';
import { withDeadline } from '../core/deadline.ts';
import { describeUnknown, isFault } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Call } from '../core/ports/call.ts';
import type { Cluster } from '../core/ports/cluster.ts';
import type { LeaseRecord, Leases } from '../core/ports/leases.ts';
import type { Place, Surface } from '../core/ports/surface.ts';
import { reminderCard } from '../core/reminder-card.ts';
import type { RotationSurvey } from '../core/survey-rotations.ts';
import { type Weekly, weeklySlot } from '../core/weekly-slot.ts';
import type { Role } from './leadership.ts';
import type { Loop } from './supervise.ts';

export interface ReminderOptions {
  readonly survey: RotationSurvey;
  readonly cluster: Pick<Cluster, 'health' | 'externalSecrets'>;
  readonly leases: Leases;
  readonly surface: Surface;
  readonly place: Place;
  readonly weekly: Weekly;
  readonly role: () => Role;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds between two looks at the calendar. */
  readonly everyMs?: number;
}

const leaseName = 'reminders';
const annotation = 'chatelaine.dev/reminded';
const usualEveryMs = 60_000;
/** Milliseconds for one week's list, from ten thousand paths to its post. */
const withinMs = 5 * 60_000;
/** Milliseconds for giving it back. */
const backWithinMs = 2_000;

/**
 * Tells once a week what is overdue, in one message; nothing where nothing is. Only an elected leader does. The week is
 * claimed in a Lease before it is told, so that two replicas never tell it twice; one that dies in that very moment
 * leaves it untold, and the next week's list has it again. A bot that begins for the first time waits for its first week.
 */
export function remindRotations(options: ReminderOptions): Loop {
  const { role, clock, log, everyMs = usualEveryMs } = options;
  return {
    name: 'the reminders of rotations',
    async run(signal) {
      while (!signal.aborted) {
        if (role() === 'leader') {
          await remind(options, signal).catch((error: unknown) => {
            if (!isFault(error)) throw error;
            log.warn({ code: error.code, reason: describeUnknown(error) }, 'reminders not told');
          });
        }
        await clock.sleep(everyMs, signal).catch(() => undefined);
      }
    },
  };
}

async function remind(options: ReminderOptions, signal: AbortSignal): Promise<void> {
  const limit = withDeadline(signal, withinMs, 'telling what is overdue');
  try {
    await remindOnce(options, { signal: limit.signal, requestId: 'reminders' });
  } finally {
    limit.clear();
  }
}

async function remindOnce(options: ReminderOptions, call: Call): Promise<void> {
  const slot = weeklySlot(options.clock.now(), options.weekly);
  const lease = await options.leases.get(leaseName, call);
  if (lease?.annotations[annotation] === slot) return;
  if (lease === undefined) await claim(options, undefined, slot, call);
  else if (options.cluster.health().ready) await tellWeek(options, lease, slot, call);
}

async function tellWeek(
  options: ReminderOptions,
  lease: LeaseRecord,
  slot: string,
  call: Call,
): Promise<void> {
  const found = await options.survey.overdue(options.cluster.externalSecrets(), call);
  // Vault is sealed or away: the week waits for it.
  if ((found.seen === 0 && found.unread > 0) || options.role() !== 'leader') return;
  const claimed = await claim(options, lease, slot, call);
  if (claimed === undefined || found.overdue.length === 0) return;
  try {
    await options.surface.show(options.place, reminderCard(found), call);
    options.log.info({ count: found.overdue.length }, 'reminders told');
  } catch (error) {
    // It was not told: the week is given back, and tried again; also by whoever comes when this process has to stop.
    const back = { ...call, signal: AbortSignal.timeout(backWithinMs) };
    await claim(options, claimed, lease.annotations[annotation] ?? '', back);
    throw error;
  }
}

/** Nothing where somebody else was faster. */
async function claim(
  { leases, clock }: ReminderOptions,
  lease: LeaseRecord | undefined,
  slot: string,
  call: Call,
): Promise<LeaseRecord | undefined> {
  const wanted = {
    name: leaseName,
    labels: { 'chatelaine.dev/role': 'reminders' },
    annotations: { [annotation]: slot },
    holder: '',
    durationSeconds: 1,
    renewTime: new Date(clock.now()).toISOString().replace('Z', '000Z'),
    transitions: 0,
  };
  try {
    return lease === undefined
      ? await leases.create(wanted, call)
      : await leases.replace({ ...lease, ...wanted }, call);
  } catch (error) {
    if (isFault(error, 'kubernetes-conflict', 'kubernetes-missing')) return undefined;
    throw error;
  }
}
