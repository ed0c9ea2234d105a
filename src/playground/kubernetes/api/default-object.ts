import { z } from 'zod';
import { ExternalSecretSpec } from '../operator/external-secret-spec.ts';
import { isObject, type Json, type Manifest } from './kube-object.ts';
import type { ResourceType } from './resource-types.ts';
import { jobDefaults } from './snapshot-policy.ts';
import { type FieldFault, invalid } from './status-errors.ts';

/** Fields that the API server fills in when they are absent, as far as anything here reads them. */
export function defaultObject(type: ResourceType, object: Manifest): Manifest {
  switch (type.kind) {
    case 'ExternalSecret':
      return { ...object, spec: externalSecretSpec(type, object) };
    case 'Deployment':
      return withSpec(object, {
        replicas: 1,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
      });
    case 'StatefulSet':
      return withSpec(object, {
        replicas: 1,
        podManagementPolicy: 'OrderedReady',
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
        revisionHistoryLimit: 10,
      });
    case 'DaemonSet':
      return withSpec(object, {
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
        revisionHistoryLimit: 10,
      });
    case 'CronJob':
      return withSpec(object, { concurrencyPolicy: 'Allow', suspend: false });
    case 'Job':
      return withSpec(object, jobDefaults);
    case 'Secret':
      return { type: 'Opaque', ...object };
    case 'Namespace':
      return namespace(object);
    default:
      return object;
  }
}

function withSpec(object: Manifest, defaults: Readonly<Record<string, Json>>): Manifest {
  const spec = object['spec'];
  return { ...object, spec: { ...defaults, ...(isObject(spec) ? spec : {}) } };
}

function namespace(object: Manifest): Manifest {
  const name = object.metadata.name ?? '';
  const labels = { ...object.metadata.labels, 'kubernetes.io/metadata.name': name };
  return {
    ...object,
    metadata: { ...object.metadata, labels },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  };
}

function externalSecretSpec(type: ResourceType, object: Manifest): ExternalSecretSpec {
  const result = ExternalSecretSpec.safeParse(object['spec'] ?? {});
  if (result.success) return result.data;
  throw invalid(type, object.metadata.name ?? '', result.error.issues.map(faultOf));
}

function faultOf(issue: z.core.$ZodIssue): FieldFault {
  const field = issue.path.reduce<string>(
    (path, step) => (typeof step === 'number' ? `${path}[${step}]` : `${path}.${String(step)}`),
    'spec',
  );
  const missing = issue.code === 'invalid_type' && issue.message.includes('received undefined');
  return missing
    ? { field, reason: 'FieldValueRequired', message: 'Required value' }
    : { field, reason: 'FieldValueInvalid', message: 'Invalid value' };
}
