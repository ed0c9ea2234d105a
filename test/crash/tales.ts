import { type Card, plainText } from '../../src/core/card.ts';
import { externalSecret } from '../support/fake-cluster.ts';
import { forgeFault } from '../support/fake-forge.ts';
import type { FakeLeases } from '../support/fake-leases.ts';
import { fault } from '../support/fake-vault.ts';
import { type Blow, type CallPoint, Mortal } from '../support/mortal.ts';
import { openProposingHouse, type ProposingHouse } from '../support/proposing-house.ts';
import { until } from '../support/until.ts';

/** What people do about a proposal, and when. */
export interface Tale {
  readonly ask: string;
  readonly path: string;
  /** In the moment in which it is opened, or when it waits and nobody looks. */
  readonly when: 'at once' | 'while it waits';
  /** What people do, and what the cluster makes of it. */
  readonly end: (house: ProposingHouse) => void;
  /** What people do when they see a message. */
  readonly onMessage?: (house: ProposingHouse) => void;
  /** What is there before. */
  readonly before?: (house: ProposingHouse) => void;
}

export interface Told {
  readonly house: ProposingHouse;
  readonly calls: readonly CallPoint[];
  readonly wasStruck: boolean;
  /** How the cards ended, without durations. */
  readonly ended: readonly string[];
}

/** The one that goes on looks three times in it. Long enough for a machine that has much else to do. */
const leaseSeconds = 1.2;

export const approved = (house: ProposingHouse): void => {
  house.forge.merge(1);
  house.cluster.add(externalSecret('media/jellyseerr', ['media/jellyseerr#api-key']));
};
export const added = (house: ProposingHouse): void => {
  house.forge.merge(1);
  house.cluster.add(
    externalSecret('media/jellyfin', ['media/jellyfin#api-key', 'media/jellyfin#another-key']),
  );
};
export const plex = (house: ProposingHouse): void => {
  house.vault.put('media/plex', { claim: 'x' });
  house.cluster.add(externalSecret('media/plex', ['media/plex']));
};
export const pruned = (house: ProposingHouse): void => {
  house.forge.merge(1);
  house.cluster.external.delete('media/plex');
};
export const closed = (house: ProposingHouse): void => void house.forge.closeProposal(1);

/**
 * Plays a tale to its end: one replica is asked and leads; something may happen to one of its calls. When it dies another
 * goes on with all that it left, and leads.
 */
export async function play(tale: Tale, at?: CallPoint, blow?: Blow): Promise<Told> {
  const mortal = new Mortal(at, blow, lostAnswer);
  const a = openProposingHouse({ through: mortal.through, leaseSeconds: 30 });
  mortal.onDeath = () => expire(a.leases);
  tale.before?.(a);
  const b = openProposingHouse({
    over: a,
    leaseSeconds,
    role: () => (mortal.isDead ? 'leader' : 'follower'),
  });
  let isDone = false;
  const people = (): void => {
    if (isDone) return;
    isDone = true;
    tale.end(a);
  };
  mortal.onDone = ({ name }) => {
    if (tale.when === 'at once' && name === 'forge openProposal') people();
  };
  void a.ask(tale.ask).catch(() => undefined);
  await until('it waits', () => isWaiting(a) || isOver(a));
  people();
  const ended = (): boolean => {
    tale.onMessage?.(a);
    return isOver(a);
  };
  const following = a.follow(ended).catch((error: unknown) => {
    if (!mortal.isDead) throw error;
  });
  await b.follow(ended);
  if (!mortal.isDead) await following;
  await b.operations.close();
  return { house: a, calls: mortal.calls, wasStruck: mortal.wasStruck, ended: lastWords(a) };
}

/** As if the time of all that the dead one held had run out. */
export function expire(leases: FakeLeases): void {
  for (const lease of leases.stored.values()) {
    if (lease.name.startsWith('op-')) leases.stored.set(lease.name, { ...lease, holder: '' });
  }
}

function lostAnswer(name: string): unknown {
  const [port] = name.split(' ');
  if (port === 'forge') return forgeFault('forge-unreachable');
  return port === 'vault' ? fault('vault-no-answer') : fault('kubernetes-unreachable');
}

const leasesOf = (house: ProposingHouse, start: string) =>
  [...house.leases.stored.values()].filter(({ name }) => name.startsWith(start));

function isWaiting(house: ProposingHouse): boolean {
  return leasesOf(house, 'proposal-').length > 0 && areClosed(house);
}

/** Nothing waits or is at work any more, and something has been. */
function isOver(house: ProposingHouse): boolean {
  return (
    leasesOf(house, 'op-').length > 0 &&
    leasesOf(house, 'proposal-').length === 0 &&
    areClosed(house) &&
    hasEnded(house)
  );
}

function areClosed(house: ProposingHouse): boolean {
  return leasesOf(house, 'op-').every(({ annotations }) =>
    (annotations['chatelaine.dev/journal'] ?? '').includes('"phase":"closed"'),
  );
}

/** What follows a proposal has its journal; or the proposal could not be made. */
function hasEnded(house: ProposingHouse): boolean {
  const follows = leasesOf(house, 'op-').some(
    ({ name }) => /[ab]$/.test(name) && name.length > 'op-'.length + 8,
  );
  return follows || lastCards(house).some(({ title }) => plainText(title).includes('was not proposed'));
}

export function lastCards(house: ProposingHouse): readonly Card[] {
  return house.messages.flatMap((cards) => cards.at(-1) ?? []);
}

/** The last words of every message that is not left at work by a replica that died. */
function lastWords(house: ProposingHouse): readonly string[] {
  return lastCards(house)
    .filter(({ state }) => state !== 'working')
    .map(({ state, title, steps = [] }) =>
      [state, plainText(title), ...steps.map((step) => `${step.state} ${plainText(step.text)}`)]
        .join('\n')
        .replace(/seen in the cluster .* later/, 'seen in the cluster LATER'),
    );
}
