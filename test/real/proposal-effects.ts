import { z } from 'zod';
import type { Received } from '../../src/playground/http-stand-in.ts';

/*
 * What a proposal changes on other servers, told apart by what it is; so that a test can end a replica at each of it, and
 * see that nothing was left out.
 */

/** One effect. Of a journal: the first save that has it. */
export interface Effect {
  readonly name: string;
  readonly is: (received: Received) => boolean;
  /** It changes something for others than the bot, so the answer is lost as well. */
  readonly lossy?: true;
  /** It may not be needed: Flux has fetched for somebody else a moment before. */
  readonly optional?: true;
}

const Entry = z.object({
  kind: z.string(),
  phase: z.enum(['working', 'ended', 'closed']),
  shown: z.looseObject({}).optional(),
  state: z.looseObject({
    story: z.looseObject({}),
    write: z.looseObject({ state: z.string() }).optional(),
    committed: z.boolean().optional(),
    kustomization: z.looseObject({}).optional(),
    readers: z.array(z.looseObject({ state: z.string() })).optional(),
  }),
});
type Entry = z.infer<typeof Entry>;
const Lease = z.object({
  metadata: z.object({ name: z.string(), annotations: z.record(z.string(), z.string()).default({}) }),
});
const Progress = z.object({ state: z.string() });

/** The journal that a request saves. */
function entryOf(received: Received): Entry | undefined {
  if (!isLease(received, 'PUT') && !isLease(received, 'POST')) return undefined;
  const text = Lease.parse(JSON.parse(received.body)).metadata.annotations['chatelaine.dev/journal'];
  return text === undefined ? undefined : Entry.parse(JSON.parse(text));
}

function isLease({ server, method, url }: Received, asked: string): boolean {
  return server === 'kubernetes' && method === asked && url.includes('/leases');
}

function isNewLease(received: Received, start: string): boolean {
  return isLease(received, 'POST') && nameOf(received).startsWith(start);
}

/** Of the Lease that a request is about. */
function nameOf({ url, body }: Received): string {
  const inUrl = /\/leases\/([^/?]+)/.exec(url)?.[1];
  return inUrl ?? Lease.parse(JSON.parse(body)).metadata.name;
}

function isAsked({ server, method, url }: Received, wanted: readonly [string, string, RegExp]): boolean {
  const [of, by, at] = wanted;
  return server === of && method === by && at.test(url) && !url.includes('dryRun');
}

const asked = (...wanted: readonly [string, string, RegExp]): Pick<Effect, 'is' | 'lossy'> => ({
  is: (each) => isAsked(each, wanted),
  lossy: true,
});
/** By the journal's kind: what an operation is called is left to chance. */
const begun = (kind: string): Pick<Effect, 'is'> => ({
  is: (each) => isNewLease(each, 'op-') && entryOf(each)?.kind === kind,
});
const saved = (kind: string, has: (entry: Entry) => boolean): Pick<Effect, 'is'> => ({
  is(each) {
    const entry = entryOf(each);
    return entry !== undefined && entry.kind === kind && has(entry);
  },
});
const told = (kind: string, part: string, state?: string): Pick<Effect, 'is'> =>
  saved(kind, ({ state: { story } }) => {
    if (state === undefined) return story[part] !== undefined;
    const progress = Progress.safeParse(story[part]);
    return progress.success && progress.data.state === state;
  });
const shown = (words: RegExp): Pick<Effect, 'is'> => ({
  is: ({ server, url, body }) =>
    server === 'slack' &&
    url.endsWith('/chat.update') &&
    words.test(decodeURIComponent(body.replaceAll('+', ' '))),
});
const ended = (kind: string): readonly Effect[] => [
  { name: 'the end is journalled', ...saved(kind, ({ phase }) => phase === 'ended') },
];
const closed = (kind: string): readonly Effect[] => [
  { name: 'the journal is closed', ...saved(kind, ({ phase }) => phase === 'closed') },
];

/** Until it waits on the Git host. */
export const proposing: readonly Effect[] = [
  { name: 'the journal is begun', ...begun('propose') },
  { name: 'the lock is taken', is: (each) => isNewLease(each, 'lock-') },
  { name: 'the card is posted', is: ({ url }) => url.endsWith('/chat.postMessage') },
  { name: 'the card is journalled', ...saved('propose', ({ shown: message }) => message !== undefined) },
  { name: 'the write is intended', ...saved('propose', ({ state }) => state.write?.state === 'intended') },
  { name: 'the value is written', ...asked('vault', 'POST', /^\/v1\/kv\/data\//) },
  { name: 'the version is journalled', ...saved('propose', ({ state }) => state.write?.state === 'written') },
  { name: 'its author is recorded', ...asked('vault', 'PATCH', /^\/v1\/kv\/metadata\//) },
  { name: 'the branch is made', ...asked('gitea', 'POST', /\/branches$/) },
  { name: 'the files are committed', ...asked('gitea', 'POST', /\/contents$/) },
  { name: 'the commit is journalled', ...saved('propose', ({ state }) => state.committed === true) },
  { name: 'the pull request is opened', ...asked('gitea', 'POST', /\/pulls$/) },
  { name: 'the pull request is labelled', ...asked('gitea', 'POST', /\/issues\/\d+\/labels$/) },
  { name: 'its number is journalled', ...told('propose', 'proposal') },
  { name: 'the status is set', ...asked('gitea', 'POST', /\/statuses\//) },
  { name: 'the status is journalled', ...told('propose', 'approval') },
  { name: 'it waits in a Lease', is: (each) => isNewLease(each, 'proposal-') },
  ...ended('propose'),
  { name: 'the lock is released', is: (each) => isLease(each, 'DELETE') && nameOf(each).startsWith('lock-') },
  { name: 'the card says that it waits', ...shown(/waits for a second person/) },
  ...closed('propose'),
];

const forgotten: Effect = {
  name: 'the proposal is forgotten',
  is: (each) => isLease(each, 'DELETE') && nameOf(each).startsWith('proposal-'),
};

const approvedStatus = /"state":"success"/;

/** While it waits, and when a second person approves it. */
export const approving: readonly Effect[] = [
  {
    name: 'the status turns green',
    is: (each) => isAsked(each, ['gitea', 'POST', /\/statuses\//]) && approvedStatus.test(each.body),
    lossy: true,
  },
  { name: 'the card says that it is approved', ...shown(/is approved/) },
  {
    name: 'the approval is kept',
    is: (each) =>
      isLease(each, 'PUT') && nameOf(each).startsWith('proposal-') && each.body.includes('approved by'),
  },
];

/** After the merge of a new one, in order. */
export const landing: readonly Effect[] = [
  { name: 'what follows is begun', ...begun('land') },
  {
    name: 'who applies it is journalled',
    ...saved('land', ({ state }) => state.kustomization !== undefined),
  },
  {
    name: 'Flux is asked to fetch',
    ...asked('kubernetes', 'PATCH', /\/gitrepositories\//),
    optional: true,
  },
  {
    name: 'Flux is asked to apply',
    ...asked('kubernetes', 'PATCH', /\/kustomizations\//),
    optional: true,
  },
  { name: 'that it is applied is journalled', ...told('land', 'applied', 'done') },
  { name: 'that it is looked for is journalled', ...told('land', 'live', 'working') },
  {
    name: 'the reader is journalled',
    ...saved('land', ({ state }) => state.readers?.[0]?.state === 'waiting'),
  },
  { name: 'External Secrets is asked', ...asked('kubernetes', 'PATCH', /\/externalsecrets\//) },
  {
    name: 'the reader’s proof is journalled',
    ...saved('land', ({ state }) => state.readers?.[0]?.state === 'live'),
  },
  { name: 'that it was seen is journalled', ...told('land', 'live', 'done') },
  {
    name: 'what is proven is recorded',
    is: (each) => isAsked(each, ['vault', 'PATCH', /\/metadata\//]) && each.body.includes('proven'),
    lossy: true,
  },
  ...ended('land'),
  { name: 'the last card is shown', ...shown(/ is (?:live|gone)/) },
  ...closed('land'),
  forgotten,
];

/** Of a property of what is there already, which is written after the merge. */
export const adding: readonly Effect[] = [
  { name: 'the lock is taken', is: (each) => isNewLease(each, 'lock-') },
  { name: 'the write is intended', ...saved('land', ({ state }) => state.write?.state === 'intended') },
  { name: 'the value is written', ...asked('vault', 'PATCH', /^\/v1\/kv\/data\//) },
  { name: 'the version is journalled', ...saved('land', ({ state }) => state.write?.state === 'written') },
  { name: 'its author is recorded', ...asked('vault', 'PATCH', /^\/v1\/kv\/metadata\//) },
];

/** Of a removal, when the cluster has let go of it. */
export const retiring: readonly Effect[] = [
  { name: 'the versions are deleted', ...asked('vault', 'POST', /^\/v1\/kv\/delete\//) },
  { name: 'its end is kept in mind', is: (each) => isNewLease(each, 'retired-') },
  { name: 'that it is deleted is journalled', ...told('land', 'takenBack') },
];

/** After a close. */
export const withdrawing: readonly Effect[] = [
  { name: 'what follows is begun', ...begun('withdraw') },
  { name: 'the version is deleted', ...asked('vault', 'POST', /^\/v1\/kv\/delete\//) },
  { name: 'that it is deleted is journalled', ...told('withdraw', 'takenBack') },
  { name: 'the branch is deleted', ...asked('gitea', 'DELETE', /\/branches\//) },
  ...ended('withdraw'),
  { name: 'the last card is shown', ...shown(/was not approved/) },
  ...closed('withdraw'),
  forgotten,
];

/**
 * Those of what passed that changed something, in order; without what is said again and again: renewals of a Lease, elections,
 * logins, and cards while work goes on.
 */
export function effectsIn(passed: readonly Received[]): readonly Received[] {
  const journals = new Map<string, string>();
  return passed.filter((each) => {
    if (['GET', 'HEAD'].includes(each.method) || each.url.includes('dryRun')) return false;
    if (each.server === 'slack') return each.url.endsWith('/chat.postMessage');
    if (each.server !== 'kubernetes') return !each.url.includes('/auth/');
    if (!each.url.includes('/leases')) return each.method === 'PATCH';
    if (!/^(?:op|lock|proposal|retired)-/.test(nameOf(each))) return false;
    const entry = entryOf(each);
    if (entry === undefined) return true;
    const text = inOrder(entry);
    const isNew = journals.get(nameOf(each)) !== text;
    journals.set(nameOf(each), text);
    return isNew;
  });
}

/** The same text whichever way round it was written. */
function inOrder(value: unknown): string {
  const sort = (_: string, each: unknown): unknown =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : each;
  return JSON.stringify(value, sort);
}

/** What of it is none of these effects, in words. Of a journal each save that has something new must be the first of one. */
export function unnamed(passed: readonly Received[], effects: readonly Effect[]): readonly string[] {
  const saved = new Set<Effect>();
  return effectsIn(passed).flatMap((each) => {
    const found = effects.filter(({ is }) => is(each));
    if (entryOf(each) === undefined) return found.length > 0 ? [] : [`${each.method} ${each.url}`];
    const first = found.filter((effect) => !saved.has(effect));
    for (const effect of first) saved.add(effect);
    return first.length > 0 ? [] : [`saved ${JSON.stringify(entryOf(each))}`];
  });
}
