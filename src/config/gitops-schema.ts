import { z } from 'zod';
import { ResourceName } from '../core/names.ts';
import { PathTemplate, SecretPathTemplate } from '../core/path-template.ts';

const inApp = (file: string): PathTemplate => `kubernetes/apps/{namespace}/{app}/app/${file}` as PathTemplate;
const ResourceKindName = ResourceName.meta({ description: 'its name in the cluster' });

/** The section about the manifests that proposals hold. */
export const Gitops = z
  .strictObject({
    paths: z
      .strictObject({
        bootstrap: PathTemplate.default(inApp('secret.sops.yaml')).meta({
          description: 'an encrypted Secret; the rules of `.sops.yaml` go by it',
        }),
        infrastructure: PathTemplate.default(inApp('externalsecret.yaml')).meta({
          description: 'an ExternalSecret',
        }),
        application: PathTemplate.default(inApp('externalsecret.yaml')).meta({
          description: 'an ExternalSecret',
        }),
        certificate: PathTemplate.default(inApp('certificate.yaml')).meta({ description: 'a Certificate' }),
      })
      .prefault({})
      .meta({
        description:
          'where each category’s new files go, from the repository’s root; `{namespace}` and `{app}` (the secret’s name) are filled in',
      }),
    secretPath: SecretPathTemplate.default('{namespace}/{app}' as SecretPathTemplate).meta({
      description: 'where the values of a new secret go, below the mount of Vault',
    }),
    store: z
      .strictObject({
        kind: z.enum(['ClusterSecretStore', 'SecretStore']).default('ClusterSecretStore').meta({
          description: 'its kind',
        }),
        name: ResourceKindName.default('vault' as ResourceName),
      })
      .prefault({})
      .meta({ description: 'the store that new ExternalSecrets read from' }),
    key: z.enum(['mount/data/path', 'mount/path', 'path']).default('mount/data/path').meta({
      description: 'how remote keys are written, where the neighbours of a new file don’t show it',
    }),
    read: z.enum(['data', 'extract']).default('data').meta({
      description: 'data: one entry a property. extract: the whole path, with a template of what is taken.',
    }),
    refreshInterval: z
      .string()
      .regex(/^(?:[0-9]+(?:h|m|s))+$/, 'must be a duration as Go writes it: 1h, 30m')
      .default('1h')
      .meta({ description: 'of new ExternalSecrets' }),
    issuer: z
      .strictObject({
        kind: z.enum(['ClusterIssuer', 'Issuer']).default('ClusterIssuer').meta({ description: 'its kind' }),
        name: ResourceKindName,
      })
      .optional()
      .meta({ description: 'of new Certificates, where the request names none' }),
  })
  .prefault({})
  .meta({ description: 'the manifests that proposals hold' });
