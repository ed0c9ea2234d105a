import { z } from 'zod';
import type { Card, Field, Step, Text } from '../../core/card.ts';
import { describeDuration } from '../../core/duration.ts';
import { formatObjectName, Namespace, ResourceName } from '../../core/names.ts';
import { defineOperation, type Standing, type Work } from '../../core/operation.ts';
import type { RenewalTicket } from '../../core/ports/certificates.ts';

const Progress = z.discriminatedUnion('state', [
  z.object({ state: z.literal('waiting') }),
  z.object({ state: z.literal('asked') }),
  z.object({ state: z.literal('renewed'), revision: z.number(), notAfter: z.string() }),
  z.object({ state: z.literal('failed'), reason: z.string(), message: z.string() }),
  z.object({ state: z.literal('late'), what: z.string() }),
  z.object({ state: z.literal('gone') }),
]);

export const RenewState = z.strictObject({
  namespace: Namespace,
  name: ResourceName,
  secret: ResourceName,
  /** `ClusterIssuer letsencrypt`. */
  issuer: z.string(),
  dnsNames: z.array(z.string()),
  uid: z.string(),
  /** Before it was asked for; what comes after it is the proof. */
  revision: z.number(),
  lastFailure: z.string().optional(),
  waitMs: z.number(),
  reason: z.string().optional(),
  progress: Progress,
  /** What its request says, where it was not issued. */
  why: z.string().optional(),
});
export type RenewState = z.infer<typeof RenewState>;

/** Has cert-manager issue a certificate again, and waits for the next revision. No value ever passes. Safe to repeat. */
export const renew = defineOperation({
  kind: 'renew',
  state: RenewState,
  card: renewCard,
  check: ({ state, permissions, actor }) =>
    permissions.require(actor, 'rotate', { namespace: state.namespace }),
  steps: [
    { name: 'ask', run: ask },
    { name: 'wait', run: wait },
  ],
});

function ticketOf({ namespace, name, uid, revision, lastFailure }: RenewState): RenewalTicket {
  return { name: { namespace, name }, uid, revision, ...(lastFailure === undefined ? {} : { lastFailure }) };
}

/** The ticket is in the journal since the beginning: one that was issued meanwhile is not asked for again. */
async function ask(work: Work<RenewState>): Promise<void> {
  await work.save({});
  await work.certificates.renew(ticketOf(work.state), work.call);
  await work.save({ progress: { state: 'asked' } });
}

async function wait(work: Work<RenewState>): Promise<void> {
  const { state, certificates, call } = work;
  const ticket = ticketOf(state);
  const progress = await certificates.awaitRenewed(ticket, work.within(state.waitMs));
  const open = progress.state === 'failed' || progress.state === 'late';
  const why = open ? await certificates.explain(ticket.name, call).catch(() => undefined) : undefined;
  await work.save({ progress, ...(why === undefined ? {} : { why }) });
}

function renewCard(state: RenewState, standing: Standing): Card {
  const name = formatObjectName(state);
  const shown = { fields: fieldsOf(state), steps: [stepOf(state)] };
  if (standing.phase === 'working')
    return { state: 'working', title: `Renewing certificate ${name}`, ...shown };
  if (standing.fault !== undefined) {
    const { doing, wrong, state: now, next } = standing.fault;
    const lines = [`While ${doing}.`, now, next];
    return { state: 'failure', title: `Certificate ${name} was not renewed: ${wrong}`, ...shown, lines };
  }
  return { ...endedCard(state, name, standing), ...shown };
}

function fieldsOf({ issuer, dnsNames, secret, reason }: RenewState): readonly Field[] {
  return [
    { label: 'Issuer', value: issuer },
    { label: 'Names', value: dnsNames.join(', ') || 'none' },
    { label: 'Secret', value: secret },
    ...(reason === undefined ? [] : [{ label: 'Reason', value: reason }]),
  ];
}

function stepOf({ progress, revision }: RenewState): Step {
  const before = `was revision ${revision}`;
  switch (progress.state) {
    case 'waiting':
      return { text: 'ask cert-manager to issue it again', state: 'waiting' };
    case 'asked':
      return { text: `cert-manager was asked to issue it again, ${before}`, state: 'working' };
    case 'renewed':
      return { text: `cert-manager issued revision ${progress.revision}, ${before}`, state: 'done' };
    case 'failed':
      return { text: `the issuer did not issue it (${progress.reason})`, state: 'failed' };
    case 'late':
      return { text: progress.what, state: 'unsure' };
    case 'gone':
      return { text: 'the Certificate is gone, or was made anew', state: 'failed' };
  }
}

function endedCard({ progress, why, secret }: RenewState, name: string, { tookMs }: Standing): Card {
  const actions = [{ label: 'Status', command: `secret status ${name}` }];
  const because = why === undefined ? [] : [`Its request says “${why}”.`];
  const kept = `The certificate that was in ${secret} is still there, and goes on until it expires.`;
  switch (progress.state) {
    case 'renewed': {
      const until: Text = ['It is valid until ', { time: progress.notAfter }, '.'];
      const unseen = `Who mounts ${secret} gets it within the kubelet's sync; whether an app has read it is not observed.`;
      const title = `Certificate ${name} is renewed as revision ${progress.revision}, ${describeDuration(tookMs)}`;
      return { state: 'success', title, lines: [until, unseen], actions };
    }
    case 'failed': {
      const title = `Certificate ${name} was not renewed: cert-manager could not have it issued`;
      const says = `cert-manager says “${progress.message}”.`;
      const lines = [says, ...because, kept, 'cert-manager tries again by itself, an hour later at first.'];
      return { state: 'failure', title, lines, actions };
    }
    case 'gone': {
      const title = `Certificate ${name} is gone, or was made anew: nothing is proven`;
      return { state: 'warning', title, lines: ['Look at what made or removed it.'], actions };
    }
    default: {
      const title = `Certificate ${name} was asked for, and is not issued after ${describeDuration(tookMs)}`;
      const lines = [...because, kept, 'cert-manager goes on with it; nothing has to be asked again.'];
      return { state: 'warning', title, lines, actions };
    }
  }
}
