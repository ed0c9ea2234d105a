/*
 * The part of the two kinds' schemas that our manifests touch, with the defaults of External Secrets 0.20 and
 * cert-manager 1.11. test/real/gitops.test.ts checks our manifests against those that the real ones install.
 */

const text = { type: 'string' };
const texts = { type: 'array', items: text };
const choice = (...choices: readonly string[]): object => ({ type: 'string', enum: choices });
const usual = (value: string, ...others: readonly string[]): object => ({
  ...choice(value, ...others),
  default: value,
});
const object = (properties: object, ...required: readonly string[]): object => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
});
const listOf = (items: object): object => ({ type: 'array', items });
const secretKey = { type: 'string', minLength: 1, maxLength: 253, pattern: '^[-._a-zA-Z0-9]+$' };

const remoteRef = object(
  {
    key: text,
    property: text,
    version: text,
    conversionStrategy: usual('Default', 'Unicode'),
    decodingStrategy: usual('None', 'Auto', 'Base64', 'Base64URL'),
    metadataPolicy: usual('None', 'Fetch'),
  },
  'key',
);

const target = {
  ...object({
    name: text,
    creationPolicy: usual('Owner', 'Orphan', 'Merge', 'None'),
    deletionPolicy: usual('Retain', 'Delete', 'Merge'),
    immutable: { type: 'boolean' },
    template: object({
      type: text,
      engineVersion: usual('v2'),
      mergePolicy: usual('Replace', 'Merge'),
      data: { type: 'object', additionalProperties: text },
      metadata: object({ labels: { type: 'object', additionalProperties: text } }),
    }),
  }),
  default: { creationPolicy: 'Owner', deletionPolicy: 'Retain' },
};

const whole = (spec: object): Readonly<Record<string, unknown>> => ({
  ...object({ apiVersion: text, kind: text, metadata: { type: 'object' }, spec, status: { type: 'object' } }),
});

export const externalSecretSchema = whole(
  object({
    refreshInterval: { type: 'string', default: '1h' },
    refreshPolicy: choice('CreatedOnce', 'Periodic', 'OnChange'),
    secretStoreRef: object({ name: text, kind: choice('SecretStore', 'ClusterSecretStore') }),
    target,
    data: listOf(object({ secretKey, remoteRef }, 'secretKey', 'remoteRef')),
    dataFrom: listOf(object({ extract: remoteRef })),
  }),
);

export const certificateSchema = whole(
  object(
    {
      secretName: text,
      duration: text,
      renewBefore: text,
      revisionHistoryLimit: { type: 'integer', format: 'int32' },
      isCA: { type: 'boolean' },
      dnsNames: texts,
      usages: listOf(choice('digital signature', 'key encipherment', 'server auth', 'client auth')),
      privateKey: object({
        algorithm: choice('RSA', 'ECDSA', 'Ed25519'),
        encoding: choice('PKCS1', 'PKCS8'),
        rotationPolicy: choice('Never', 'Always'),
        size: { type: 'integer' },
      }),
      issuerRef: object({ name: text, kind: text, group: text }, 'name'),
    },
    'issuerRef',
    'secretName',
  ),
);
