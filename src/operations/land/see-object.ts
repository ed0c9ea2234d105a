import { isFault } from '../../core/errors.ts';
import { whoApplied } from '../../core/flux/cover-path.ts';
import { formatObjectName } from '../../core/names.ts';
import type { Work } from '../../core/operation.ts';
import type { Call } from '../../core/ports/call.ts';
import type { ExternalSecret } from '../../core/ports/cluster.ts';
import type { Progress } from '../../core/proposal/story.ts';
import { syncReaders } from '../delivery/sync-readers.ts';
import type { LandState } from './state.ts';

/** Milliseconds between two looks. */
const lookEvery = 500;

type Seen = Progress | 'not-yet';

/** Waits until the cluster has the object, and says what can be seen of it; the proof of an ExternalSecret is its own status. */
export async function seeObject(work: Work<LandState>): Promise<void> {
  const { object, story, syncMs } = work.state;
  if (story.live?.state === 'done') return;
  const name = formatObjectName(object);
  await tell(work, { state: 'working', words: `waiting for ${object.kind} ${name}` });
  const call = work.within(Math.max(syncMs, 60_000));
  const seen = await until(work, call, () => look(work, call));
  if (seen !== undefined) return tell(work, seen);
  const late = story.change === 'remove' ? 'is in the cluster as it was' : 'has not come into the cluster';
  await tell(work, { state: 'failed', words: `${object.kind} ${name} ${late}` });
}

async function until(
  work: Work<LandState>,
  call: Call,
  see: () => Promise<Seen>,
): Promise<Progress | undefined> {
  for (;;) {
    const seen = await see().catch((error: unknown): Seen => {
      if (work.call.signal.aborted || isFault(error, 'lease-lost') || !isFault(error)) throw error;
      return 'not-yet';
    });
    if (seen !== 'not-yet') return seen;
    try {
      await work.clock.sleep(lookEvery, call.signal);
    } catch {
      if (work.call.signal.aborted) throw work.call.signal.reason as Error;
      return undefined;
    }
  }
}

function look(work: Work<LandState>, call: Call): Promise<Seen> {
  const { object, story } = work.state;
  if (story.change === 'remove') return lookGone(work, call);
  if (object.kind === 'ExternalSecret') return lookSecret(work);
  return object.kind === 'Certificate' ? lookCertificate(work, call) : lookEncrypted(work, call);
}

async function lookSecret(work: Work<LandState>): Promise<Seen> {
  const { object } = work.state;
  const { namespace, name } = object;
  const secret = work.cluster.health().ready ? work.cluster.externalSecret({ namespace, name }) : undefined;
  if (secret === undefined || !readsAll(secret, work.state)) return 'not-yet';
  if (work.state.readers.length === 0) await work.save({ readers: [{ namespace, name, state: 'waiting' }] });
  await syncReaders(work);
  return wordsFor(work.state);
}

/** One that is there already reads what was added as soon as Flux has applied it; what takes all of a path shows no difference. */
function readsAll({ reads }: ExternalSecret, { story, path }: LandState): boolean {
  if (story.change !== 'add') return true;
  const own = reads.filter((read) => read.path === path);
  if (own.some(({ how, property }) => how !== 'data' || property === undefined)) return true;
  return story.properties.every((each) => own.some(({ property }) => property === each));
}

function wordsFor({ object, story, readers: [reader] }: LandState): Progress {
  const version = story.version === undefined ? '' : ` with v${story.version}`;
  const shown = formatObjectName(object);
  const why = reader?.why === undefined ? '' : `: ${reader.why}`;
  if (reader?.state === 'live') return { state: 'done', words: `${shown} Ready${version}` };
  return reader?.state === 'unprovable'
    ? { state: 'unsure', words: `${shown} Ready, but${version} can't be proven${why}`.slice(0, 500) }
    : { state: 'failed', words: `${shown} is not live${why}`.slice(0, 500) };
}

async function lookCertificate(work: Work<LandState>, call: Call): Promise<Seen> {
  const { namespace, name } = work.state.object;
  const certificate = await work.certificates.find({ namespace, name }, call);
  if (certificate?.ready.status !== 'True') return 'not-yet';
  const until =
    certificate.notAfter === undefined ? '' : `, valid until ${certificate.notAfter.slice(0, 10)}`;
  return { state: 'done', words: `${formatObjectName(certificate)} was issued${until}` };
}

/** No verb on Secrets is given: that Flux has it in its inventory is all that can be seen. */
async function lookEncrypted(work: Work<LandState>, call: Call): Promise<Seen> {
  const { namespace, name } = work.state.object;
  const applied = whoApplied(await work.flux.look(call), { namespace, name, group: '', kind: 'Secret' });
  if (applied === undefined) return 'not-yet';
  const { story } = work.state;
  if (story.change === 'edit' && story.applied?.state !== 'done') {
    // It was in there before as well.
    const words = `Flux was not seen to apply the change of Secret ${formatObjectName(work.state.object)}`;
    return { state: 'unsure', words };
  }
  const words = `Secret ${formatObjectName(work.state.object)} is in the inventory of ${formatObjectName(applied)}; the Secret itself can't be looked at`;
  return { state: 'done', words };
}

async function lookGone(work: Work<LandState>, call: Call): Promise<Seen> {
  const { kind, namespace, name } = work.state.object;
  const shown = `${kind} ${namespace}/${name}`;
  if (kind === 'Certificate') {
    const certificate = await work.certificates.find({ namespace, name }, call);
    return certificate === undefined ? { state: 'done', words: `${shown} is gone` } : 'not-yet';
  }
  if (kind === 'Secret') {
    const applied = whoApplied(await work.flux.look(call), { namespace, name, group: '', kind });
    return applied === undefined
      ? { state: 'done', words: `${shown} is in no inventory of Flux any more` }
      : 'not-yet';
  }
  if (!work.cluster.health().ready) return 'not-yet';
  const secret = work.cluster.externalSecret({ namespace, name });
  if (secret === undefined) return { state: 'done', words: `${shown} is gone` };
  const { properties } = work.state.story;
  return properties.length === 0 ? 'not-yet' : lookReduced(secret, work.state);
}

/** Of some properties: they are no longer read by name, or left out by the template of what takes all of a path. */
function lookReduced(secret: ExternalSecret, { story, object }: LandState): Seen {
  const { reads, template, unprovable, unsyncable } = secret;
  const has = (name: string | undefined): boolean => story.properties.includes(name ?? '');
  if (reads.some(({ how, property }) => how === 'data' && has(property))) return 'not-yet';
  const shown = `${object.kind} ${formatObjectName(object)}`;
  const gone = story.properties.join(', ');
  if (reads.every(({ how }) => how === 'data'))
    return { state: 'done', words: `${shown} reads ${gone} no more` };
  if (template === undefined || unprovable.length > 0 || unsyncable !== undefined)
    return {
      state: 'unsure',
      words: `${shown} takes all of a path: what its Secret leaves out can’t be seen`,
    };
  return template.settled && !template.takes.some(has)
    ? { state: 'done', words: `${shown} made its Secret by a template without ${gone}` }
    : 'not-yet';
}

function tell(work: Work<LandState>, live: Progress): Promise<void> {
  return work.save({ story: { ...work.state.story, live } });
}
