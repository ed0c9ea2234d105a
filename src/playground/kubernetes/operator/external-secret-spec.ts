import { z } from 'zod';

/*
 * The spec of an ExternalSecret as its CustomResourceDefinition has it (v1, as of 0.20.4), with the defaults
 * that the API server fills in. Fields that the stand-in doesn't read pass through.
 */

const StoreRef = z.looseObject({
  name: z.string().optional(),
  kind: z.enum(['SecretStore', 'ClusterSecretStore']).optional(),
});

const RemoteRef = z.looseObject({
  key: z.string(),
  property: z.string().optional(),
  version: z.string().optional(),
  conversionStrategy: z.enum(['Default', 'Unicode']).default('Default'),
  decodingStrategy: z.enum(['Auto', 'Base64', 'Base64URL', 'None']).default('None'),
  metadataPolicy: z.enum(['None', 'Fetch']).default('None'),
});
export type RemoteRef = z.infer<typeof RemoteRef>;

const Find = z.looseObject({
  path: z.string().optional(),
  name: z.looseObject({ regexp: z.string().optional() }).optional(),
  tags: z.record(z.string(), z.string()).optional(),
  conversionStrategy: z.enum(['Default', 'Unicode']).default('Default'),
  decodingStrategy: z.enum(['Auto', 'Base64', 'Base64URL', 'None']).default('None'),
});
export type Find = z.infer<typeof Find>;

const Rewrite = z.looseObject({
  regexp: z.looseObject({ source: z.string(), target: z.string() }).optional(),
});

const SourceRef = z.looseObject({ storeRef: StoreRef.optional() });

const TemplateMetadata = z.looseObject({
  annotations: z.record(z.string(), z.string()).optional(),
  labels: z.record(z.string(), z.string()).optional(),
});

const Template = z.looseObject({
  type: z.string().optional(),
  engineVersion: z.enum(['v2']).default('v2'),
  mergePolicy: z.enum(['Replace', 'Merge']).default('Replace'),
  metadata: TemplateMetadata.optional(),
  data: z.record(z.string(), z.string()).optional(),
});

export const ExternalSecretSpec = z.looseObject({
  secretStoreRef: StoreRef.optional(),
  refreshPolicy: z.enum(['CreatedOnce', 'Periodic', 'OnChange']).optional(),
  refreshInterval: z.string().default('1h'),
  target: z
    .looseObject({
      name: z.string().optional(),
      creationPolicy: z.enum(['Owner', 'Orphan', 'Merge', 'None']).default('Owner'),
      deletionPolicy: z.enum(['Delete', 'Merge', 'Retain']).default('Retain'),
      immutable: z.boolean().optional(),
      template: Template.optional(),
    })
    .prefault({}),
  data: z
    .array(z.looseObject({ secretKey: z.string(), remoteRef: RemoteRef, sourceRef: SourceRef.optional() }))
    .optional(),
  dataFrom: z
    .array(
      z.looseObject({
        extract: RemoteRef.optional(),
        find: Find.optional(),
        rewrite: z.array(Rewrite).optional(),
        sourceRef: SourceRef.optional(),
      }),
    )
    .optional(),
});
export type ExternalSecretSpec = z.infer<typeof ExternalSecretSpec>;
