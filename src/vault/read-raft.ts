import { z } from 'zod';
import { isFault } from '../core/errors.ts';
import type { Call } from '../core/ports/call.ts';
import type { RaftPeer, RaftView } from '../core/ports/vault.ts';
import { type Asked, answerFault } from './faults.ts';
import type { Kv } from './read-secrets.ts';

/** The one path of Raft that the bot may read. It holds no secret, and takes no sudo. */
export const raftPath = 'sys/storage/raft/autopilot/state';

const Server = z.object({
  name: z.string().max(128),
  status: z.enum(['leader', 'voter', 'non-voter']).catch('non-voter'),
  healthy: z.boolean(),
  last_index: z.number().nonnegative(),
  last_contact: z.string().catch(''),
});
const State = z.object({
  data: z.object({
    leader: z.string(),
    failure_tolerance: z.number().nonnegative(),
    servers: z.record(z.string().max(128), Server),
  }),
});

/**
 * What the active replica says of its peers. Throws only what ended the call: Raft is looked at beside other things, and
 * what keeps it from being seen is part of the answer. Safe to repeat.
 */
export async function readRaft(kv: Pick<Kv, 'ask'>, call: Call): Promise<RaftView> {
  const asked: Asked = {
    doing: 'reading the state of Raft',
    path: raftPath,
    capability: 'read',
    writes: false,
  };
  try {
    const answer = await kv.ask(asked, { method: 'GET', path: raftPath }, call);
    if (answer.status === 400) return unseen('Vault’s storage is not Raft');
    // Where it is switched off the answer is empty.
    if (answer.status === 404 || answer.status === 204)
      return unseen('Vault’s autopilot, which tells of it, is off');
    if (answer.status !== 200) return unseen(answerFault(asked, answer).wrong);
    const state = State.safeParse(answer.body);
    if (!state.success) return unseen('Vault’s answer is not known here');
    return viewOf(state.data.data);
  } catch (error) {
    if (!isFault(error) || call.signal.aborted) throw error;
    return unseen(error.wrong);
  }
}

function viewOf({ leader, failure_tolerance, servers }: z.infer<typeof State>['data']): RaftView {
  const newest =
    servers[leader]?.last_index ?? Math.max(0, ...Object.values(servers).map((each) => each.last_index));
  const peers = Object.entries(servers)
    .map(([id, server]) => peerOf(id, server, newest))
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  return { state: 'seen', mayLose: failure_tolerance, peers };
}

/** A node is called by its id, which is the pod's name where the chart sets it up. */
function peerOf(id: string, server: z.infer<typeof Server>, newest: number): RaftPeer {
  const silentMs = milliseconds(server.last_contact);
  return {
    name: id,
    role: server.status,
    healthy: server.healthy,
    behind: Math.max(0, newest - server.last_index),
    ...(silentMs === undefined ? {} : { silentMs }),
  };
}

const units: Readonly<Record<string, number>> = {
  µs: 0.001,
  us: 0.001,
  ns: 0.000_001,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** Go's `1m2.5s`; undefined for what is none. */
function milliseconds(duration: string): number | undefined {
  const parts = [...duration.matchAll(/([\d.]+)(ms|µs|us|ns|h|m|s)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== duration) return undefined;
  return parts.reduce((sum, [, many = '', unit = '']) => sum + Number(many) * (units[unit] ?? 0), 0);
}

function unseen(why: string): RaftView {
  return { state: 'unseen', why };
}
