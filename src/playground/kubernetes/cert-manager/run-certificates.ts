import { randomBytes } from 'node:crypto';
import { type JsonObject, type KubeObject, keyOf, objectsAt, textAt } from '../api/kube-object.ts';
import { type Caller, type ObjectApi, wholeSeconds } from '../api/object-api.ts';
import { typeOfKind } from '../api/resource-types.ts';
import { type Controller, type ControllerParts, pause } from '../controller.ts';
import { WorkQueue } from '../work-queue.ts';

const caller: Caller = {
  username: 'system:serviceaccount:cert-manager:cert-manager',
  groups: ['system:masters'],
};
const day = 86_400_000;
/** As cert-manager's own: three months, renewed when a third is left. */
const validMs = 90 * day;
const renewBeforeMs = 30 * day;

const upToDate = {
  status: 'True',
  reason: 'Ready',
  message: 'Certificate is up to date and has not expired',
};
const missing = {
  status: 'False',
  reason: 'DoesNotExist',
  message: 'Issuing certificate as Secret does not exist',
};

/** Issues Certificates: those that have no Secret, and those that somebody asks to be issued again. */
export function startCertManager(parts: ControllerParts): Controller {
  const { api, timing, faults, now } = parts;

  const queue = new WorkQueue(4, async (key) => {
    await pause(timing.reconcileMs);
    const [namespace = '', name = ''] = key.split('/');
    const read = (): KubeObject | undefined => api.store.get('Certificate', namespace, name);
    const certificate = read();
    if (certificate === undefined || !isDue(api, certificate)) return;
    begin(api, certificate, wholeSeconds(now()));
    // Some time goes by in which it can be seen that it is being issued.
    await pause(timing.reconcileMs);
    const current = read();
    if (current === undefined) return;
    const trouble = issuerTrouble(api, current);
    if (trouble !== undefined) {
      request(api, current, { status: 'False', reason: 'Pending', message: trouble }, now());
      queue.add(key, Math.max(50, timing.reconcileMs * 10));
    } else if (faults.failingIssuances.has(key)) fail(api, current, now());
    else issue(api, current, now());
  });
  const add = ({ metadata }: KubeObject): void => queue.add(keyOf(metadata.namespace, metadata.name));
  for (const each of api.store.list('Certificate')) add(each);
  const stops = [
    api.store.listen('Certificate', ({ type, object, previous }) => {
      const changed = object.metadata.generation !== previous?.metadata.generation;
      if (type !== 'DELETED' && (changed || isIssuing(object) !== isIssuing(previous))) add(object);
    }),
    ...(['Issuer', 'ClusterIssuer'] as const).map((kind) =>
      api.store.listen(kind, ({ type, object }) => {
        if (type !== 'DELETED') greet(api, object, wholeSeconds(now()));
      }),
    ),
  ];
  for (const kind of ['Issuer', 'ClusterIssuer']) {
    for (const issuer of api.store.list(kind)) greet(api, issuer, wholeSeconds(now()));
  }
  return {
    idleFor: (ms) => queue.idle && queue.nextDue > ms,
    close() {
      for (const stop of stops) stop();
      queue.close();
    },
  };
}

function isIssuing(certificate: KubeObject | undefined): boolean {
  return conditionOf(certificate, 'Issuing')?.['status'] === 'True';
}

function conditionOf(object: KubeObject | undefined, type: string): JsonObject | undefined {
  return objectsAt(object, 'status', 'conditions').find((each) => each['type'] === type);
}

/** One that failed is tried again by itself an hour later; here, when somebody asks. */
function isDue(api: ObjectApi, certificate: KubeObject): boolean {
  if (isIssuing(certificate)) return true;
  if (conditionOf(certificate, 'Issuing') !== undefined) return false;
  const { namespace } = certificate.metadata;
  return api.store.get('Secret', namespace, textAt(certificate.spec, 'secretName') ?? '') === undefined;
}

function begin(api: ObjectApi, certificate: KubeObject, time: string): void {
  const isNew = conditionOf(certificate, 'Ready') === undefined;
  if (isIssuing(certificate) && !isNew) return;
  const issuing = isIssuing(certificate) ? [] : [{ type: 'Issuing', ...missing, status: 'True' }];
  const ready = isNew ? [{ type: 'Ready', ...missing }] : [];
  writeConditions(api, certificate, { set: [...ready, ...issuing], time });
}

function issue(api: ObjectApi, certificate: KubeObject, now: Date): void {
  const { namespace = '', name } = certificate.metadata;
  const secretName = textAt(certificate.spec, 'secretName') ?? '';
  const revision = Number(certificate.status?.['revision'] ?? 0) + 1;
  request(
    api,
    certificate,
    { status: 'True', reason: 'Issued', message: 'Certificate fetched from issuer successfully' },
    now,
  );
  putSecret(api, namespace, secretName, name);
  const notAfter = new Date(now.getTime() + validMs);
  writeConditions(api, certificate, {
    set: [{ type: 'Ready', ...upToDate }],
    removed: ['Issuing'],
    more: {
      revision,
      notBefore: wholeSeconds(now),
      notAfter: wholeSeconds(notAfter),
      renewalTime: wholeSeconds(new Date(notAfter.getTime() - renewBeforeMs)),
    },
    time: wholeSeconds(now),
  });
}

/** No certificates and no keys: what only looks at the Secret's form can't tell. */
function putSecret(api: ObjectApi, namespace: string, name: string, certificate: string): void {
  const type = typeOfKind('Secret');
  const made = (): string => Buffer.from(`stand-in ${randomBytes(24).toString('base64')}`).toString('base64');
  const manifest = {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { name, namespace, annotations: { 'cert-manager.io/certificate-name': certificate } },
    data: { 'tls.crt': made(), 'tls.key': made(), 'ca.crt': made() },
  };
  if (api.store.get('Secret', namespace, name) === undefined)
    api.create(type, namespace, manifest, { caller });
  else api.patch(type, { namespace, name }, () => manifest, { caller });
}

function fail(api: ObjectApi, certificate: KubeObject, now: Date): void {
  const why = 'the issuer refused it';
  request(api, certificate, { status: 'False', reason: 'Failed', message: why }, now);
  const message = `The certificate request has failed to complete and will be retried: ${why}`;
  const failure = { type: 'Issuing', status: 'False', reason: 'Failed', message };
  const attempts = Number(certificate.status?.['failedIssuanceAttempts'] ?? 0) + 1;
  const time = wholeSeconds(now);
  writeConditions(api, certificate, {
    set: [failure],
    more: { lastFailureTime: time, failedIssuanceAttempts: attempts },
    time,
  });
}

/** Keeps one request a Certificate, as the newest of them. */
function request(
  api: ObjectApi,
  { metadata, spec }: KubeObject,
  ready: Readonly<Record<string, string>>,
  now: Date,
): void {
  const { namespace = '', name, uid } = metadata;
  const type = typeOfKind('CertificateRequest');
  const annotations = { 'cert-manager.io/certificate-name': name };
  const requestName = `${name}-1`;
  if (api.store.get('CertificateRequest', namespace, requestName) === undefined) {
    const ownerReferences = [
      { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', name, uid, controller: true },
    ];
    const manifest = {
      apiVersion: 'cert-manager.io/v1',
      kind: 'CertificateRequest',
      metadata: { name: requestName, namespace, annotations, ownerReferences },
      spec: { issuerRef: spec?.['issuerRef'] ?? {}, request: '' },
    };
    api.create(type, namespace, manifest, { caller });
  }
  const conditions = [{ type: 'Ready', ...ready, lastTransitionTime: wholeSeconds(now) }];
  api.patch(type, { namespace, name: requestName }, (latest) => ({ ...latest, status: { conditions } }), {
    caller,
    subresource: 'status',
  });
}

/** Why the issuer can't issue, in cert-manager's words; nothing where it can. */
function issuerTrouble(api: ObjectApi, { metadata, spec }: KubeObject): string | undefined {
  const kind = textAt(spec, 'issuerRef', 'kind') ?? 'Issuer';
  const name = textAt(spec, 'issuerRef', 'name') ?? '';
  const issuer = api.store.get(kind, kind === 'ClusterIssuer' ? undefined : metadata.namespace, name);
  if (issuer === undefined) {
    return `Referenced "${kind}" not found: ${kind.toLowerCase()}.cert-manager.io "${name}" not found`;
  }
  if (conditionOf(issuer, 'Ready')?.['status'] === 'True') return undefined;
  return `Referenced issuer does not have a Ready status condition`;
}

/** An issuer that says nothing of itself yet is Ready. */
function greet(api: ObjectApi, issuer: KubeObject, time: string): void {
  if (conditionOf(issuer, 'Ready') !== undefined) return;
  const ready = { type: 'Ready', status: 'True', reason: 'IsReady', message: '' };
  writeConditions(api, issuer, { set: [ready], time });
}

interface Written {
  readonly set: readonly JsonObject[];
  /** Types of conditions that go. */
  readonly removed?: readonly string[];
  /** Of the status, beside its conditions. */
  readonly more?: JsonObject;
  readonly time: string;
}

function writeConditions(api: ObjectApi, { kind, metadata }: KubeObject, written: Written): void {
  const { set, removed = [], more = {}, time } = written;
  const { namespace, name } = metadata;
  const current = api.store.get(kind, namespace, name);
  if (current === undefined) return;
  const types: readonly unknown[] = [...removed, ...set.map(({ type }) => type)];
  const conditions = [
    ...objectsAt(current, 'status', 'conditions').filter(({ type }) => !types.includes(type)),
    ...set.map((each) => ({
      ...each,
      lastTransitionTime: time,
      observedGeneration: metadata.generation ?? 1,
    })),
  ];
  const status = { ...current.status, ...more, conditions };
  api.patch(typeOfKind(kind), { namespace, name }, (latest) => ({ ...latest, status }), {
    caller,
    subresource: 'status',
  });
}
