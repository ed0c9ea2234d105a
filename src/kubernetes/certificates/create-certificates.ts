import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import { isFault } from '../../core/errors.ts';
import { formatObjectName, type ObjectName } from '../../core/names.ts';
import type { Call } from '../../core/ports/call.ts';
import type {
  Certificate,
  Certificates,
  RenewalOutcome,
  RenewalTicket,
} from '../../core/ports/certificates.ts';
import type { KubernetesApi } from '../api.ts';
import { endedByDeadline } from '../await-change.ts';
import { oddAnswer } from '../fault.ts';
import type { PolicyGuard } from '../guard.ts';
import { listKnown } from '../list-known.ts';
import type { Send } from '../send.ts';
import { describeWait, judgeRenewal } from './await-renewed.ts';
import { explainIssuance } from './explain-issuance.ts';
import { readCertificate } from './read-certificate.ts';
import { readIssuer } from './read-issuer.ts';

export interface CertificatesContext {
  readonly api: KubernetesApi;
  readonly send: Send;
  readonly guard: PolicyGuard;
  readonly clock: Clock;
  /** How often a Certificate is looked at while it is waited for, in milliseconds. */
  readonly poll: number;
}

/** cert-manager, by the objects that it keeps in the cluster; see the port. */
export function createCertificates(context: CertificatesContext): Certificates {
  const { api, send } = context;
  return {
    async look(call) {
      const certificates = await listKnown(send, 'Certificate', readCertificate, call);
      return certificates === undefined ? { state: 'not-installed' } : { state: 'seen', certificates };
    },
    async find(name, call) {
      const object = await readNow(api, name, call);
      return object === undefined ? undefined : parsed(name, object);
    },
    async issuers(call) {
      const [wide, narrow] = await Promise.all(
        (['ClusterIssuer', 'Issuer'] as const).map((kind) =>
          listKnown(send, kind, (object) => readIssuer(kind, object), call),
        ),
      );
      return [...(wide ?? []), ...(narrow ?? [])];
    },
    explain: (name, call) => explainIssuance(api, name, call),
    renew: (ticket, call) => renew(context, ticket, call),
    awaitRenewed: (ticket, call) => awaitRenewed(context, ticket, call),
  };
}

const Raw = z.object({
  metadata: z.object({ resourceVersion: z.string(), generation: z.number().optional() }),
  status: z.object({ conditions: z.array(z.looseObject({ type: z.string() })).nullish() }).nullish(),
});

const mostTries = 3;

/** A merge patch replaces the whole list; naming the version that was read, nothing of another's is lost. */
async function renew(
  { api, guard, clock }: CertificatesContext,
  ticket: RenewalTicket,
  call: Call,
): Promise<void> {
  const { name } = ticket;
  const doing = `having cert-manager renew ${formatObjectName(name)}`;
  const where = { kind: 'Certificate', namespace: name.namespace, name: name.name } as const;
  await guard.require('Certificate', doing, call);
  for (let attempt = 1; ; attempt += 1) {
    const object = await api.get(where, doing, call);
    const certificate = parsed(name, object);
    if (certificate.issuing.now || certificate.revision > ticket.revision) return;
    const { metadata, status } = Raw.parse(object);
    const issuing = {
      type: 'Issuing',
      status: 'True',
      reason: 'ManuallyTriggered',
      message: 'Certificate re-issuance manually triggered',
      lastTransitionTime: `${new Date(clock.now()).toISOString().slice(0, 19)}Z`,
      ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
    };
    const conditions = [...(status?.conditions ?? []).filter(({ type }) => type !== 'Issuing'), issuing];
    try {
      const { resourceVersion } = metadata;
      return await api.replaceConditions({ where, conditions, resourceVersion, doing }, call);
    } catch (error) {
      if (!isFault(error, 'kubernetes-conflict') || attempt >= mostTries) throw error;
    }
  }
}

async function awaitRenewed(
  { api, clock, poll }: CertificatesContext,
  ticket: RenewalTicket,
  call: Call,
): Promise<RenewalOutcome> {
  const { signal } = call;
  let last: Certificate | undefined;
  while (!signal.aborted) {
    const read = await lookAgain(api, ticket.name, call);
    if (read !== 'away') {
      last = read;
      const outcome = judgeRenewal(read, ticket);
      if (outcome !== undefined) return outcome;
    }
    await clock.sleep(poll, signal).catch(() => undefined);
  }
  if (!endedByDeadline(signal)) throw signal.reason;
  return { state: 'late', what: describeWait(last) };
}

/** An API server that is away for a moment ends no wait. */
async function lookAgain(
  api: KubernetesApi,
  name: ObjectName,
  call: Call,
): Promise<Certificate | 'away' | undefined> {
  try {
    const object = await readNow(api, name, call);
    return object === undefined ? undefined : parsed(name, object);
  } catch (error) {
    if (call.signal.aborted || isFault(error, 'kubernetes-unreachable')) return 'away';
    throw error;
  }
}

async function readNow(api: KubernetesApi, name: ObjectName, call: Call): Promise<unknown> {
  try {
    return await api.get(whereOf(name), doingOf(name), call);
  } catch (error) {
    if (isFault(error, 'kubernetes-missing')) return undefined;
    throw error;
  }
}

function parsed(name: ObjectName, object: unknown): Certificate {
  const certificate = readCertificate(object);
  if (certificate !== undefined) return certificate;
  throw oddAnswer({ verb: 'get', where: whereOf(name), doing: doingOf(name) });
}

function whereOf({ namespace, name }: ObjectName) {
  return { kind: 'Certificate', namespace, name } as const;
}

function doingOf(name: ObjectName): string {
  return `reading Certificate ${formatObjectName(name)}`;
}
