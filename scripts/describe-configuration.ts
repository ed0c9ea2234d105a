import { stringify } from 'yaml';
import { z } from 'zod';
import { Configuration } from '../src/config/schema.ts';
import { rights } from '../src/core/permissions.ts';

/** The part of JSON Schema that the configuration's schema comes out as. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | false;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

interface Key {
  readonly path: string;
  readonly schema: Schema;
  readonly required: boolean;
}

/** The JSON schema of the configuration as people write it, for editors. */
export function configurationSchema(): Schema & Readonly<Record<string, unknown>> {
  const schema = z.toJSONSchema(Configuration, { io: 'input' }) as Schema;
  return { ...schema, title: 'The configuration of Chatelaine' };
}

/** Every key of the configuration, in the order of the schema. `[]` stands for each of a list, NAME for any name. */
export function configurationKeys(): readonly Key[] {
  return keysBelow(configurationSchema(), '');
}

function keysBelow(schema: Schema, prefix: string): readonly Key[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, each]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    return [
      { path, schema: each, required: schema.required?.includes(name) ?? false },
      ...inside(each, path),
    ];
  });
}

function inside(schema: Schema, path: string): readonly Key[] {
  if (isSecretSource(schema)) return [];
  // One of several ways: none of them is needed by itself.
  const ways = schema.anyOf?.flatMap((way) => keysBelow({ ...way, required: [] }, path));
  if (ways !== undefined) return ways;
  if (schema.items !== undefined) return keysBelow(schema.items, `${path}[]`);
  return keysBelow(schema, path);
}

function isSecretSource({ anyOf = [] }: Schema): boolean {
  return anyOf.some(({ properties = {} }) => 'env' in properties);
}

function describeType(schema: Schema): string {
  if (isSecretSource(schema)) return '`file: /path` or `env: NAME`';
  if (schema.anyOf !== undefined) {
    return schema.anyOf.map(({ required = [] }) => `\`${required.join(', ')}\``).join(' or ');
  }
  if (schema.enum !== undefined) return schema.enum.map((each) => `\`${each}\``).join(', ');
  if (schema.items !== undefined) return `list of ${describeType(schema.items)}`;
  if (schema.additionalProperties) return `any names, each a ${describeType(schema.additionalProperties)}`;
  if (schema.type === 'integer') return `${schema.minimum} to ${schema.maximum}`;
  if (schema.format === 'uri') return 'URL';
  return schema.type === 'object' ? 'keys below' : 'text';
}

function describeUsual({ schema, required }: Key): string {
  if (required) return '**needed**';
  if (schema.default === undefined || schema.properties !== undefined) return '';
  return `\`${inline(schema.default)}\``;
}

/** The table of every key. */
function keyTable(): string {
  const rows = configurationKeys().map((key) =>
    [`\`${key.path}\``, describeType(key.schema), describeUsual(key), key.schema.description ?? '']
      .map((cell) => cell.replaceAll('|', '\\|'))
      .join(' | '),
  );
  return [
    '| Key | What it takes | Otherwise | What it is |',
    '|---|---|---|---|',
    ...rows.map((row) => `| ${row} |`),
  ].join('\n');
}

const secrets = '/var/run/secrets';

/** What the example says where there is nothing usual; `off` puts it behind a `#`, as it is one way of several. */
const samples: Readonly<Record<string, { readonly value: unknown; readonly off?: true }>> = {
  'slack.botToken': { value: { file: `${secrets}/slack/bot-token` } },
  'slack.appToken': { value: { file: `${secrets}/slack/app-token` } },
  'slack.signingSecret': { value: { env: 'SLACK_SIGNING_SECRET' }, off: true },
  'slack.apiUrl': { value: 'https://slack.com/api/', off: true },
  'vault.address': { value: 'http://vault.security.svc:8200' },
  'vault.namespace': { value: 'team-a', off: true },
  'vault.caFile': { value: '/etc/chatelaine/vault-ca.pem', off: true },
  'vault.auth': {
    value: { kubernetes: { mount: 'kubernetes', role: 'chatelaine', tokenFile: `${secrets}/vault/token` } },
  },
  'vault.replicas': {
    value: [0, 1, 2].map((each) => ({
      name: `vault-${each}`,
      address: `http://vault-${each}.vault-internal.security.svc:8200`,
    })),
  },
  'kubernetes.kubeconfig': { value: '/etc/chatelaine/kubeconfig', off: true },
  'kubernetes.context': { value: 'home', off: true },
  'kubernetes.server': { value: 'https://kubernetes.example:6443', off: true },
  'kubernetes.tokenFile': { value: '/etc/chatelaine/kubernetes-token', off: true },
  'kubernetes.caFile': { value: '/etc/chatelaine/kubernetes-ca.pem', off: true },
  groups: {
    value: { 'platform-admins': ['U0000000001', 'terminal'], media: ['U0000000002', 'U0000000003'] },
  },
  grants: {
    value: [
      {
        to: ['platform-admins'],
        may: [...rights],
        namespaces: ['*'],
      },
      { to: ['media'], may: ['read', 'rotate', 'sync'], namespaces: ['media'], paths: ['media/**'] },
      { to: ['*'], may: ['read'], namespaces: ['media', 'home'] },
    ],
  },
  'alerts.channel': { value: 'C0000000001' },
  'alerts.mention': { value: ['platform-admins'] },
  'git.caFile': { value: '/etc/chatelaine/git-ca.pem', off: true },
  'git.repository': { value: 'home/cluster' },
  'git.auth': {
    value: { app: { id: '123456', installation: '7890123', privateKey: { file: `${secrets}/git/app.pem` } } },
  },
  'git.webhook.secret': { value: { file: `${secrets}/git/webhook-secret` } },
  'git.people': { value: { U0000000001: ['ada'], U0000000002: ['robin', 'robin-work'] } },
  'gitops.issuer.name': { value: 'letsencrypt' },
  'recovery.shareHolders': { value: ['platform-admins'] },
  'web.port': { value: 8080 },
  'web.page.publicUrl': { value: 'https://secrets.example.org' },
};

/** A complete configuration, every key with what it is. Read by the same code as a real one in a test. */
export function exampleConfiguration(): string {
  return `${exampleOf(configurationSchema(), '', '').join('\n')}\n`;
}

function exampleOf(schema: Schema, prefix: string, indent: string): readonly string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, each]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    const comment = each.description === undefined ? [] : [`${indent}# ${each.description}`];
    const sample = samples[path] ?? { value: each.default };
    if (each.properties !== undefined) {
      return [...comment, `${indent}${name}:`, ...exampleOf(each, path, `${indent}  `)];
    }
    if (sample.value === undefined) throw new Error(`the example has nothing to say for ${path}`);
    return [
      ...comment,
      ...entry(name, sample.value).map((line) => `${indent}${sample.off ? '# ' : ''}${line}`),
    ];
  });
}

/** One line where it is short; a line for each of a list of objects, or of names. */
function entry(name: string, value: unknown): readonly string[] {
  if (Array.isArray(value) && typeof value[0] === 'object') {
    return [`${name}:`, ...value.map((each) => `  - ${inline(each)}`)];
  }
  if (name === 'groups') {
    return [`${name}:`, ...Object.entries(value as object).map(([key, each]) => `  ${key}: ${inline(each)}`)];
  }
  return [`${name}: ${inline(value)}`];
}

function inline(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0, singleQuote: true }).trim();
}

/** docs/configuration.md. */
export function configurationPage(): string {
  return `# Configuration

One YAML file, named with \`--config FILE\` or \`CHATELAINE_CONFIG\` (otherwise \`chatelaine.yaml\` in the working
directory). All its faults are told at once when Chatelaine starts, each with its line and key, and never with what was
found there. No secret is in it: it names the files or environment variables that hold them.

An editor that reads JSON schemas completes and checks it with this first line:

\`\`\`yaml
# yaml-language-server: $schema=./docs/reference/chatelaine.schema.json
\`\`\`

## Every key

Durations say their unit in the key. What is not known is refused, so that a slip of the pen is no silent default.

${keyTable()}

## An example with every key

What is behind a \`#\` is one way of several, or for special cases. Everything else but \`slack.botToken\`,
\`slack.appToken\`, \`vault.address\`, \`vault.auth\`, \`groups\` and \`grants\` may be left out.

\`\`\`yaml
${exampleConfiguration()}\`\`\`

---
This page is made from the schema in \`src/config/schema.ts\` by \`npm run docs\`.
`;
}
