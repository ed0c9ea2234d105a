import { z } from 'zod';
import { KeptActor } from '../actor.ts';
import { FreezeScope, stops, type Touched } from './freeze-scope.ts';

export const mostReason = 300;
/** Each its own scope; one freeze of everything does more. */
export const mostFreezes = 50;
/** Thaws that are remembered for being told. */
const mostThawed = 20;

/** One freeze: what it stops, who asked for it, since when and why. */
export const Freeze = z.strictObject({
  scope: FreezeScope,
  by: KeptActor,
  since: z.iso.datetime(),
  reason: z.string().min(1).max(mostReason),
});
export type Freeze = z.infer<typeof Freeze>;

export const Thawed = z.strictObject({ freeze: Freeze, by: KeptActor, at: z.iso.datetime() });
export type Thawed = z.infer<typeof Thawed>;

/** What the Lease holds. Read back with this schema: what has not this form counts as a freeze of everything. */
export const FreezeState = z.strictObject({
  freezes: z.array(Freeze).max(mostFreezes),
  thawed: z.array(Thawed).max(mostThawed),
});
export type FreezeState = z.infer<typeof FreezeState>;

/** The freezes as they were seen; unreadable: something is there that can't be read, and everything counts as frozen. */
export type Frozen = (FreezeState & { readonly unreadable?: false }) | { readonly unreadable: true };

export const nothingFrozen: Frozen = { freezes: [], thawed: [] };

/** The freeze that stops what touches these; what it touches is asked for only where anything is frozen at all. */
export function freezeOver(frozen: Frozen, touches: () => Touched): Freeze | 'unreadable' | undefined {
  if (frozen.unreadable === true) return 'unreadable';
  if (frozen.freezes.length === 0) return undefined;
  const touched = touches();
  const all = frozen.freezes.filter(({ scope }) => stops(scope, touched));
  return all.toSorted((a, b) => a.scope.length - b.scope.length || a.since.localeCompare(b.since))[0];
}

/** The state with one more freeze; undefined where that scope is frozen already. */
export function withFreeze(state: FreezeState, freeze: Freeze): FreezeState | undefined {
  if (state.freezes.some(({ scope }) => scope === freeze.scope)) return undefined;
  return { ...state, freezes: [...state.freezes, freeze] };
}

/** The state without the freeze of that scope, which is remembered as thawed; undefined where there is none. */
export function withThaw(
  state: FreezeState,
  scope: FreezeScope,
  by: Thawed['by'],
  at: string,
): { readonly state: FreezeState; readonly thawed: Thawed } | undefined {
  const freeze = state.freezes.find((each) => each.scope === scope);
  if (freeze === undefined) return undefined;
  const thawed = { freeze, by, at };
  return {
    thawed,
    state: {
      freezes: state.freezes.filter((each) => each !== freeze),
      thawed: [...state.thawed, thawed].slice(-mostThawed),
    },
  };
}
