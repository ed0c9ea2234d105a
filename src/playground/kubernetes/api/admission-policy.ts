import {
  isObject,
  type JsonObject,
  type KubeObject,
  objectsAt,
  sameJson,
  textAt,
  valueAt,
} from './kube-object.ts';
import type { AdmissionRequest } from './object-api.ts';
import { qualifiedResource } from './resource-types.ts';
import { StatusError } from './status-errors.ts';

/*
 * manifests/chatelaine/annotations-only.yaml as plain code, since there is no CEL here: the same requests, the
 * same order, the same words. A test compares the words, and the real API server runs the expressions.
 */

export const policyName = 'chatelaine-annotations-only';
const account = 'system:serviceaccount:chatelaine:chatelaine';
const stores = ['secretstores', 'clustersecretstores'];
const fluxObjects = ['kustomizations', 'gitrepositories'];
/** Groups of which every request of the bot is judged. */
const groups = [
  'external-secrets.io',
  'apps',
  'kustomize.toolkit.fluxcd.io',
  'source.toolkit.fluxcd.io',
  'cert-manager.io',
];
const workloads = ['deployments', 'statefulsets', 'daemonsets'];
/** What the API server itself changes with an update, and annotations, which are judged apart. */
const serverOwned = ['managedFields', 'resourceVersion', 'generation', 'annotations'];
const restartedBy = 'chatelaine.dev/restarted-by';

export const policyMessages = {
  update:
    "chatelaine may only annotate ExternalSecrets, their stores, workloads and Flux's objects that exist, and have Certificates renewed",
  annotations:
    "chatelaine may change no annotation but force-sync of ExternalSecrets, chatelaine.dev/look-again of their stores and reconcile.fluxcd.io/requestedAt of Flux's objects",
  metadata: 'chatelaine may not change labels, owners, finalizers or other metadata',
  secretSpec: 'chatelaine may not change what an ExternalSecret reads or writes',
  storeSpec: 'chatelaine may not change what a store points at or logs in with',
  fluxSpec: 'chatelaine may not change what Flux applies, or from where',
  certificateStatus: "chatelaine may change nothing of a Certificate's status but its conditions",
  certificateConditions:
    'chatelaine may change no condition of a Certificate but Issuing, and that only to have it renewed',
  workloadSpec: 'chatelaine may not change the spec of a workload',
  pods: 'chatelaine may not change the pods of a workload',
  podMetadata: 'chatelaine may not change the metadata of a pod template',
  podAnnotations: `chatelaine may change no annotation of a pod template but ${restartedBy}`,
} as const;

/** Throws Invalid (422), in the policy's words, when the bot's account asks for more than its annotations. */
export function admitAnnotationsOnly(request: AdmissionRequest): void {
  const { caller, type } = request;
  if (caller.username !== account || !groups.includes(type.group)) return;
  const wrong = problemOf(request);
  if (wrong === undefined) return;
  const message = `ValidatingAdmissionPolicy '${policyName}' with binding '${policyName}' denied request: ${wrong}`;
  const { name } = request.object.metadata;
  throw new StatusError(422, 'Invalid', `${qualifiedResource(type)} "${name}" is forbidden: ${message}`, {
    name,
    group: type.group,
    kind: type.resource,
    causes: [{ message }],
  });
}

/** The annotations of its own that may change on each kind; nothing where the kind may not be touched at all. */
function annotationsOf(resource: string): readonly string[] | undefined {
  if (resource === 'externalsecrets') return ['force-sync'];
  if (stores.includes(resource)) return ['chatelaine.dev/look-again'];
  if (fluxObjects.includes(resource)) return ['reconcile.fluxcd.io/requestedAt'];
  return workloads.includes(resource) ? [] : undefined;
}

function isRenewal({ operation, type, subresource }: AdmissionRequest): boolean {
  return type.resource === 'certificates' && operation === 'UPDATE' && subresource === 'status';
}

function problemOf(request: AdmissionRequest): string | undefined {
  const { operation, type, object, previous, subresource } = request;
  if (isRenewal(request)) return renewalProblem(object, previous);
  const annotations = annotationsOf(type.resource);
  const isUpdate = operation === 'UPDATE' && subresource === undefined;
  if (!isUpdate || previous === undefined || annotations === undefined) return policyMessages.update;
  if (!sameBut(annotations, object.metadata.annotations, previous.metadata.annotations)) {
    return policyMessages.annotations;
  }
  if (!sameBut(serverOwned, object.metadata, previous.metadata)) return policyMessages.metadata;
  return type.group === 'apps'
    ? workloadProblem(object, previous)
    : specProblem(type.resource, object, previous);
}

function specProblem(resource: string, object: KubeObject, previous: KubeObject): string | undefined {
  if (sameJson(object.spec, previous.spec)) return undefined;
  if (fluxObjects.includes(resource)) return policyMessages.fluxSpec;
  return stores.includes(resource) ? policyMessages.storeSpec : policyMessages.secretSpec;
}

/** Of the status alone: a write to it leaves all else as it was. */
function renewalProblem(object: KubeObject, previous: KubeObject | undefined): string | undefined {
  if (!sameBut(['conditions'], object.status, previous?.status)) return policyMessages.certificateStatus;
  const [now, before] = [object, previous].map((each) => objectsAt(each, 'status', 'conditions'));
  const others = (conditions: readonly JsonObject[] = []): readonly JsonObject[] =>
    conditions.filter(({ type }) => type !== 'Issuing');
  const issuing = (now ?? []).filter(({ type }) => type === 'Issuing');
  const wasThere = (before ?? []).some(({ type }) => type === 'Issuing');
  const isMeant = issuing.every(
    (each) =>
      (each['status'] === 'True' && each['reason'] === 'ManuallyTriggered') ||
      (before ?? []).some((old) => sameJson(each, old)),
  );
  const good = sameJson(others(now), others(before)) && isMeant && (issuing.length > 0 || !wasThere);
  return good ? undefined : policyMessages.certificateConditions;
}

function workloadProblem(object: KubeObject, previous: KubeObject): string | undefined {
  if (!sameBut(['template'], object.spec, previous.spec)) return policyMessages.workloadSpec;
  const now = valueAt(object.spec, 'template');
  const before = valueAt(previous.spec, 'template');
  if (!sameBut(['metadata'], now, before)) return policyMessages.pods;
  const [metadata, metadataBefore] = [valueAt(now, 'metadata'), valueAt(before, 'metadata')];
  if (!sameBut(['annotations'], metadata, metadataBefore)) return policyMessages.podMetadata;
  const [notes, notesBefore] = [valueAt(metadata, 'annotations'), valueAt(metadataBefore, 'annotations')];
  return sameBut([restartedBy], notes, notesBefore) ? undefined : policyMessages.podAnnotations;
}

/** Whether two objects are the same but for these keys; one that is absent is empty. */
function sameBut(keys: readonly string[], a: unknown, b: unknown): boolean {
  const without = (value: unknown): unknown =>
    Object.fromEntries(Object.entries(isObject(value) ? value : {}).filter(([key]) => !keys.includes(key)));
  return sameJson(without(a), without(b));
}

/** Whether policy and binding are there and deny: an administrator can delete either. */
export function policyInForce(
  get: (kind: string, name: string) => KubeObject | undefined,
  name: string = policyName,
): boolean {
  const binding = get('ValidatingAdmissionPolicyBinding', name);
  const actions = valueAt(binding, 'spec', 'validationActions');
  return (
    get('ValidatingAdmissionPolicy', name) !== undefined &&
    textAt(binding, 'spec', 'policyName') === name &&
    Array.isArray(actions) &&
    actions.includes('Deny')
  );
}
