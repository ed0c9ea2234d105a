import { isObject, type KubeObject, sameJson, textAt, valueAt } from './kube-object.ts';
import type { AdmissionRequest } from './object-api.ts';
import { qualifiedResource } from './resource-types.ts';
import { StatusError } from './status-errors.ts';

/*
 * manifests/vault-snapshots/snapshot-job-only.yaml as plain code, since there is no CEL here: the same requests, the
 * same order, the same words. A test compares the words, and the real API server runs the expressions.
 */

export const snapshotPolicyName = 'chatelaine-snapshot-job-only';
const account = 'system:serviceaccount:chatelaine:chatelaine';
const known = ['name', 'namespace', 'uid', 'creationTimestamp', 'generation', 'managedFields'];

export const snapshotMessages = {
  kind: 'chatelaine may do nothing to Jobs and CronJobs but make a Job',
  place: 'chatelaine may make a Job only beside its CronJob, under a name of its own',
  metadata: "chatelaine may give a Job no metadata but those of the CronJob's jobTemplate",
  owner: 'a Job that chatelaine makes is owned by the CronJob, and by nothing else',
  spec: "the spec of a Job that chatelaine makes is that of the CronJob's jobTemplate",
  selector: 'a Job that chatelaine makes selects its own pods',
  pods: "the pods of a Job that chatelaine makes are those of the CronJob's jobTemplate",
  podMetadata:
    "the metadata of the pods of a Job that chatelaine makes are those of the CronJob's jobTemplate",
} as const;

/** What the API server fills in where a Job doesn't say it. */
export const jobDefaults = {
  parallelism: 1,
  completions: 1,
  completionMode: 'NonIndexed',
  backoffLimit: 6,
  suspend: false,
  manualSelector: false,
  podReplacementPolicy: 'TerminatingOrFailed',
} as const;

/** What the API server adds to the pods of a Job, from the Job's own uid and name. */
export function ownLabels({ uid, name }: KubeObject['metadata']): Readonly<Record<string, string>> {
  return {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
}

/** A new object with what the API server itself gives it: a Job its selector and the labels of its pods. */
export function withOwnLabels(job: KubeObject): KubeObject {
  if (job.kind !== 'Job') return job;
  const { uid } = job.metadata;
  const template = objectAt(job.spec, 'template');
  const metadata = objectAt(template, 'metadata');
  const labels = { ...objectAt(metadata, 'labels'), ...ownLabels(job.metadata) };
  const selector = { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } };
  return {
    ...job,
    spec: { selector, ...job.spec, template: { ...template, metadata: { ...metadata, labels } } },
  };
}

/** Throws Invalid (422), in the policy's words, when the bot's account asks for another Job than the CronJob's. */
export function admitSnapshotJobOnly(request: AdmissionRequest, cronJob: KubeObject | undefined): void {
  const { caller, type, object } = request;
  if (caller.username !== account || type.group !== 'batch') return;
  const { name } = object.metadata;
  const refuse = (message: string): StatusError =>
    new StatusError(422, 'Invalid', `${qualifiedResource(type)} "${name}" is forbidden: ${message}`, {
      name,
      group: type.group,
      kind: type.resource,
      causes: [{ message }],
    });
  const denied = `ValidatingAdmissionPolicy '${snapshotPolicyName}' with binding '${snapshotPolicyName}' denied request`;
  if (cronJob === undefined)
    throw refuse(
      `${denied}: failed to configure binding: no params found for policy binding with \`Deny\` parameterNotFoundAction`,
    );
  const wrong = problemOf(request, cronJob);
  if (wrong !== undefined) throw refuse(`${denied}: ${wrong}`);
}

function problemOf(
  { operation, type, object, subresource }: AdmissionRequest,
  cronJob: KubeObject,
): string | undefined {
  if (operation !== 'CREATE' || type.resource !== 'jobs' || subresource !== undefined)
    return snapshotMessages.kind;
  const wanted = objectAt(cronJob.spec, 'jobTemplate');
  return metadataProblem(object, cronJob, wanted) ?? specProblem(object, wanted);
}

function metadataProblem({ metadata }: KubeObject, cronJob: KubeObject, wanted: object): string | undefined {
  const { name, uid, namespace } = cronJob.metadata;
  const isBeside = metadata.namespace === namespace && metadata.name.startsWith(`${name}-asked-`);
  if (!isBeside || !/^[a-z0-9]{8,24}$/.test(metadata.name.slice(`${name}-asked-`.length)))
    return snapshotMessages.place;
  const allowed = [...known, 'resourceVersion', 'labels', 'annotations', 'ownerReferences'];
  const same = (key: string): boolean =>
    sameJson(objectAt(metadata, key), objectAt(valueAt(wanted, 'metadata'), key));
  if (!Object.keys(metadata).every((key) => allowed.includes(key)) || !same('labels') || !same('annotations'))
    return snapshotMessages.metadata;
  const owner = { apiVersion: 'batch/v1', kind: 'CronJob', name, uid, controller: true };
  return sameJson(metadata.ownerReferences, [owner]) ? undefined : snapshotMessages.owner;
}

function specProblem({ metadata, spec = {} }: KubeObject, wanted: object): string | undefined {
  const wantedSpec = objectAt(wanted, 'spec');
  const rest = without(spec, ['template', 'selector']);
  if (!sameJson(rest, { ...withoutDefaults(rest, wantedSpec), ...without(wantedSpec, ['template']) }))
    return snapshotMessages.spec;
  const selector = { matchLabels: { 'batch.kubernetes.io/controller-uid': metadata.uid } };
  if (!sameJson(spec['selector'], selector)) return snapshotMessages.selector;
  const [pods, wantedPods] = [objectAt(spec, 'template'), objectAt(wantedSpec, 'template')];
  if (!sameJson(pods['spec'], wantedPods['spec'])) return snapshotMessages.pods;
  const [podMetadata, wantedMetadata] = [objectAt(pods, 'metadata'), objectAt(wantedPods, 'metadata')];
  const labels = { ...objectAt(wantedMetadata, 'labels'), ...ownLabels(metadata) };
  const apart = ['labels', 'creationTimestamp'];
  return sameJson(podMetadata['labels'], labels) &&
    sameJson(without(podMetadata, apart), without(wantedMetadata, apart)) &&
    sameJson(Object.keys(without(pods, ['metadata', 'spec'])), [])
    ? undefined
    : snapshotMessages.podMetadata;
}

/** Those of the defaults that hold and that the CronJob says nothing of. */
function withoutDefaults(spec: object, wanted: object): object {
  return Object.fromEntries(
    Object.entries(jobDefaults).filter(([key, value]) => !(key in wanted) && valueAt(spec, key) === value),
  );
}

function objectAt(value: unknown, key: string): Readonly<Record<string, never>> {
  const found = valueAt(value, key);
  return (isObject(found) ? found : {}) as Readonly<Record<string, never>>;
}

function without(value: object, keys: readonly string[]): object {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));
}

/** Whether policy and binding are there and deny, and which CronJob the binding names. */
export function snapshotParameter(get: (kind: string, name: string) => KubeObject | undefined): {
  readonly namespace: string;
  readonly name: string;
} {
  const binding = get('ValidatingAdmissionPolicyBinding', snapshotPolicyName);
  return {
    namespace: textAt(binding, 'spec', 'paramRef', 'namespace') ?? '',
    name: textAt(binding, 'spec', 'paramRef', 'name') ?? '',
  };
}
