import { z } from 'zod';
import { isFault } from '../core/errors.ts';
import type { Call } from '../core/ports/call.ts';
import type { SchemaOf } from '../core/ports/manifests.ts';
import type { Send } from './send.ts';

const groups = { ExternalSecret: 'external-secrets.io', Certificate: 'cert-manager.io' } as const;

const Published = z.object({
  components: z.object({
    schemas: z.record(
      z.string(),
      z.looseObject({
        properties: z.record(z.string(), z.unknown()).optional(),
        'x-kubernetes-group-version-kind': z
          .array(z.object({ group: z.string(), version: z.string(), kind: z.string() }))
          .optional(),
      }),
    ),
  }),
});

/**
 * The schema of a kind’s version v1 as the API server publishes it, for which no right is needed but to be known to it.
 * Undefined where the cluster has no such kind. What is common to all objects, `metadata`, is left open. Safe to repeat.
 */
export function readSchema(send: Send, kind: Parameters<SchemaOf>[0], call: Call): ReturnType<SchemaOf> {
  return ask(send, kind, call).then(
    (answer) => schemaIn(answer, kind),
    (error: unknown) => {
      if (isFault(error, 'kubernetes-missing')) return undefined;
      throw error;
    },
  );
}

function ask(send: Send, kind: keyof typeof groups, call: Call): Promise<unknown> {
  return send(
    {
      method: 'GET',
      verb: 'get',
      where: 'version',
      doing: `asking Kubernetes for the schema of ${kind}`,
      path: `/openapi/v3/apis/${groups[kind]}/v1`,
    },
    call,
  );
}

function schemaIn(answer: unknown, kind: keyof typeof groups): Readonly<Record<string, unknown>> | undefined {
  const { data } = Published.safeParse(answer);
  const schema = Object.values(data?.components.schemas ?? {}).find((each) =>
    each['x-kubernetes-group-version-kind']?.some(
      (name) => name.group === groups[kind] && name.version === 'v1' && name.kind === kind,
    ),
  );
  return schema && { ...schema, properties: { ...schema.properties, metadata: { type: 'object' } } };
}
