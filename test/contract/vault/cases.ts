import { expect } from 'vitest';
import { capabilityCases } from './capability-cases.ts';

/** Who asks. `fresh`: a login of the bot's own for this case; `unknown`: a token that Vault never gave out. */
export type Who = 'bot' | 'root' | 'nobody' | 'unknown' | 'fresh';

/** One request and what the bot relies on of its answer. */
export interface Step {
  /** The bot unless told. */
  readonly as?: Who;
  /** `PATCH kv/data/$p`: `$p` is a path of this case's own. */
  readonly ask: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly status: number;
  /** Matched against the body, which may hold more. */
  readonly answer?: unknown;
  /** The body must not hold this. */
  readonly without?: string;
  /** There is no body. */
  readonly empty?: true;
}

export interface ContractCase {
  readonly what: string;
  readonly steps: readonly Step[];
}

const canary = 'canary-7d21-contract';
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/);
const errors = (text: string | RegExp): unknown => ({
  errors: [typeof text === 'string' ? text : expect.stringMatching(text)],
});
const stale = errors('check-and-set parameter did not match the current version');
const nothing = { errors: [] };
// HashiCorp Vault adds that the token is invalid; OpenBao doesn't.
const unknownToken = errors(
  /^permission denied$|^2 errors occurred:\n\t\* permission denied\n\t\* invalid token\n\n$/,
);

const write = (cas: number, data: object = { 'api-key': canary, other: canary }): object => ({
  options: { cas },
  data,
});
const made: Step = { as: 'root', ask: 'POST kv/data/$p', body: write(0), status: 200 };
const versionOf = (version: number): object => ({ data: { version, created_time: time } });

const writing: readonly ContractCase[] = [
  {
    what: 'writes a new path with cas=0',
    steps: [
      {
        ask: 'POST kv/data/$p',
        body: write(0),
        status: 200,
        answer: {
          data: {
            version: 1,
            created_time: time,
            deletion_time: '',
            destroyed: false,
            custom_metadata: null,
          },
        },
        without: canary,
      },
      { as: 'root', ask: 'GET kv/data/$p', status: 200, answer: { data: { data: { 'api-key': canary } } } },
    ],
  },
  {
    what: 'patches one property and leaves its sibling alone',
    steps: [
      made,
      {
        ask: 'PATCH kv/data/$p',
        body: write(1, { 'api-key': 'new' }),
        status: 200,
        answer: versionOf(2),
        without: canary,
      },
      {
        as: 'root',
        ask: 'GET kv/data/$p',
        status: 200,
        answer: { data: { data: { 'api-key': 'new', other: canary } } },
      },
    ],
  },
  {
    what: 'patches away a property with null, and merges nested ones',
    steps: [
      { as: 'root', ask: 'POST kv/data/$p', body: write(0, { a: '1', b: { c: '2', d: '3' } }), status: 200 },
      { ask: 'PATCH kv/data/$p', body: write(1, { a: null, b: { c: '4' } }), status: 200 },
      {
        as: 'root',
        ask: 'GET kv/data/$p',
        status: 200,
        answer: { data: { data: { b: { c: '4', d: '3' } } } },
        without: '"a"',
      },
    ],
  },
  {
    what: 'refuses a patch with a stale cas, without a new version',
    steps: [
      made,
      { ask: 'PATCH kv/data/$p', body: write(1), status: 200 },
      { ask: 'PATCH kv/data/$p', body: write(1), status: 400, answer: stale },
      { ask: 'GET kv/metadata/$p', status: 200, answer: { data: { current_version: 2 } } },
    ],
  },
  {
    what: 'refuses a patch without cas, since the mount asks for it',
    steps: [
      made,
      {
        ask: 'PATCH kv/data/$p',
        body: { data: { 'api-key': 'x' } },
        status: 400,
        answer: errors('check-and-set parameter required for this call'),
      },
    ],
  },
  {
    what: 'refuses a patch whose cas is no number, and one without data',
    steps: [
      made,
      {
        ask: 'PATCH kv/data/$p',
        body: { options: { cas: 'two' }, data: { a: 'b' } },
        status: 400,
        answer: errors('error parsing check-and-set parameter'),
      },
      {
        ask: 'PATCH kv/data/$p',
        body: { options: { cas: 1 } },
        status: 400,
        answer: errors('no data provided'),
      },
    ],
  },
  {
    what: 'refuses a patch that is not sent as a merge patch',
    steps: [
      made,
      {
        ask: 'PATCH kv/data/$p',
        body: write(1),
        contentType: 'application/json',
        status: 415,
        answer: errors(/merge-patch\+json/),
      },
    ],
  },
  {
    what: 'answers a patch of a path that is not there with an empty 404',
    steps: [{ ask: 'PATCH kv/data/$p', body: write(1), status: 404, empty: true }],
  },
  {
    what: 'refuses a write that takes a path without versions to have one',
    steps: [{ ask: 'POST kv/data/$p', body: write(1), status: 400, answer: stale }],
  },
  {
    what: 'needs `update` for the first value of a path whose metadata came first',
    steps: [
      { as: 'root', ask: 'POST kv/metadata/$p', body: { custom_metadata: { owner: 'me' } }, status: 204 },
      { ask: 'GET kv/metadata/$p', status: 200, answer: { data: { current_version: 0, versions: {} } } },
      { ask: 'GET kv/subkeys/$p', status: 404, answer: nothing },
      { ask: 'PATCH kv/data/$p', body: write(0), status: 404, empty: true },
      { ask: 'POST kv/data/$p', body: write(0), status: 403 },
    ],
  },
];

const gone: readonly ContractCase[] = [
  {
    what: 'tells a deleted version from a missing path',
    steps: [
      made,
      { as: 'root', ask: 'DELETE kv/data/$p', status: 204 },
      {
        ask: 'PATCH kv/data/$p',
        body: write(1),
        status: 404,
        answer: { data: { version: 1, destroyed: false, deletion_time: time } },
        without: canary,
      },
      {
        ask: 'GET kv/subkeys/$p',
        status: 404,
        answer: { data: { subkeys: null, metadata: { version: 1, destroyed: false } } },
      },
      {
        ask: 'GET kv/metadata/$p',
        status: 200,
        answer: { data: { versions: { 1: { deletion_time: time, destroyed: false } } } },
      },
      {
        as: 'root',
        ask: 'GET kv/data/$p',
        status: 404,
        answer: { data: { data: null, metadata: { version: 1 } } },
      },
      { as: 'root', ask: 'POST kv/data/$p', body: write(0), status: 400, answer: stale },
      { as: 'root', ask: 'POST kv/undelete/$p', body: { versions: [1] }, status: 204 },
      { ask: 'PATCH kv/data/$p', body: write(1), status: 200, answer: versionOf(2) },
    ],
  },
  {
    what: 'tells a destroyed version from a deleted one',
    steps: [
      made,
      { as: 'root', ask: 'POST kv/destroy/$p', body: { versions: [1] }, status: 204 },
      {
        ask: 'PATCH kv/data/$p',
        body: write(1),
        status: 404,
        answer: { data: { version: 1, destroyed: true } },
      },
      {
        ask: 'GET kv/subkeys/$p',
        status: 404,
        answer: { data: { subkeys: null, metadata: { destroyed: true } } },
      },
      { ask: 'GET kv/metadata/$p', status: 200, answer: { data: { versions: { 1: { destroyed: true } } } } },
      { as: 'root', ask: 'POST kv/data/$p', body: write(1), status: 200, answer: versionOf(2) },
    ],
  },
  {
    what: 'deletes chosen versions and leaves the newest',
    steps: [
      made,
      { ask: 'PATCH kv/data/$p', body: write(1), status: 200 },
      { ask: 'POST kv/delete/$p', body: { versions: [1] }, status: 204 },
      { ask: 'POST kv/delete/$p', body: { versions: [1, 7] }, status: 204 },
      { ask: 'GET kv/subkeys/$p', status: 200, answer: { data: { metadata: { version: 2 } } } },
      { as: 'root', ask: 'GET kv/data/$p?version=1', status: 404 },
    ],
  },
  {
    what: 'forgets a path whose metadata was removed',
    steps: [
      made,
      { as: 'root', ask: 'DELETE kv/metadata/$p', status: 204 },
      { ask: 'GET kv/metadata/$p', status: 404, answer: nothing },
      { ask: 'POST kv/data/$p', body: write(0), status: 200, answer: versionOf(1) },
    ],
  },
];

const keys = (count: number): object =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`key-${index}`, 'value']));

const facts: readonly ContractCase[] = [
  {
    what: 'answers metadata of a path',
    steps: [
      made,
      {
        ask: 'GET kv/metadata/$p',
        status: 200,
        answer: {
          data: {
            current_version: 1,
            oldest_version: 0,
            max_versions: 0,
            cas_required: false,
            created_time: time,
            updated_time: time,
            custom_metadata: null,
            versions: { 1: { created_time: time, deletion_time: '', destroyed: false } },
          },
        },
      },
    ],
  },
  {
    what: 'answers 404 for metadata and names of a path that is not there',
    steps: [
      { ask: 'GET kv/metadata/$p', status: 404, answer: nothing },
      { ask: 'GET kv/subkeys/$p', status: 404, answer: nothing },
      { as: 'root', ask: 'GET kv/data/$p', status: 404, answer: nothing },
      { ask: 'GET kv/metadata/$p?list=true', status: 404, answer: nothing },
    ],
  },
  {
    what: 'merges custom_metadata and removes with null',
    steps: [
      made,
      { ask: 'PATCH kv/metadata/$p', body: { custom_metadata: { a: '1', b: '2' } }, status: 204 },
      { ask: 'PATCH kv/metadata/$p', body: { custom_metadata: { a: null, c: '3' } }, status: 204 },
      {
        ask: 'GET kv/metadata/$p',
        status: 200,
        answer: { data: { custom_metadata: { b: '2', c: '3' }, current_version: 1 } },
      },
      {
        ask: 'PATCH kv/data/$p',
        body: write(1),
        status: 200,
        answer: { data: { custom_metadata: { b: '2', c: '3' } } },
      },
    ],
  },
  {
    what: 'has no custom_metadata to patch without a path',
    steps: [{ ask: 'PATCH kv/metadata/$p', body: { custom_metadata: { a: '1' } }, status: 404, empty: true }],
  },
  {
    what: 'holds custom_metadata to its limits',
    steps: [
      made,
      { ask: 'PATCH kv/metadata/$p', body: { custom_metadata: { a: 'x'.repeat(512) } }, status: 204 },
      {
        ask: 'PATCH kv/metadata/$p',
        body: { custom_metadata: { a: 'x'.repeat(513) } },
        status: 400,
        answer: errors(/512/),
      },
      { ask: 'PATCH kv/metadata/$p', body: { custom_metadata: { a: '' } }, status: 400 },
      { ask: 'PATCH kv/metadata/$p', body: { custom_metadata: { a: 'b\nc' } }, status: 400 },
      {
        ask: 'PATCH kv/metadata/$p',
        body: { custom_metadata: keys(65) },
        status: 400,
        answer: errors(/64 keys/),
      },
      { ask: 'PATCH kv/metadata/$p', body: { custom_metadata: keys(64) }, status: 204 },
      { ask: 'PATCH kv/metadata/$p', body: { custom_metadata: { b: 1 } }, status: 500 },
    ],
  },
  {
    what: 'answers names without values, one level or all',
    steps: [
      { as: 'root', ask: 'POST kv/data/$p', body: write(0, { a: canary, b: { c: canary } }), status: 200 },
      {
        ask: 'GET kv/subkeys/$p',
        status: 200,
        answer: { data: { subkeys: { a: null, b: { c: null } } } },
        without: canary,
      },
      {
        ask: 'GET kv/subkeys/$p?depth=1',
        status: 200,
        answer: { data: { subkeys: { a: null, b: null } } },
        without: canary,
      },
    ],
  },
  {
    what: 'lists names below a prefix, folders with a slash',
    steps: [
      { ...made, ask: 'POST kv/data/$p/one' },
      { ...made, ask: 'POST kv/data/$p/folder/two' },
      { ask: 'GET kv/metadata/$p?list=true', status: 200, answer: { data: { keys: ['folder/', 'one'] } } },
      { ask: 'GET kv/metadata/$p/?list=true', status: 200, answer: { data: { keys: ['folder/', 'one'] } } },
      {
        ask: 'GET kv/metadata?list=true',
        status: 200,
        answer: { data: { keys: expect.arrayContaining(['contract/']) } },
      },
    ],
  },
  {
    what: 'keeps as many versions as the mount says, though the path asks for fewer',
    steps: [
      made,
      { as: 'root', ask: 'PATCH kv/metadata/$p', body: { max_versions: 2 }, status: 204 },
      ...[1, 2, 3].map((cas): Step => ({ ask: 'PATCH kv/data/$p', body: write(cas), status: 200 })),
      {
        ask: 'GET kv/metadata/$p',
        status: 200,
        answer: { data: { max_versions: 2, oldest_version: 0, versions: { 1: { destroyed: false } } } },
      },
    ],
  },
  {
    what: 'drops the oldest version past what is kept',
    steps: [
      made,
      ...Array.from(
        { length: 20 },
        (_, index): Step => ({ ask: 'PATCH kv/data/$p', body: write(index + 1), status: 200 }),
      ),
      {
        ask: 'GET kv/metadata/$p',
        status: 200,
        answer: { data: { current_version: 21, oldest_version: 2 } },
      },
      { as: 'root', ask: 'GET kv/data/$p?version=1', status: 404, answer: nothing },
    ],
  },
];

const denied = errors('1 error occurred:\n\t* permission denied\n\n');
const refusedToBot: readonly [what: string, ask: string, body?: unknown][] = [
  ['a value', 'GET kv/data/$p'],
  ['an old value', 'GET kv/data/$p?version=1'],
  ['a whole secret to replace', 'POST kv/data/$p', write(1)],
  ['a whole secret to claim as new', 'POST kv/data/$p', write(0)],
  ['a version to delete', 'DELETE kv/data/$p'],
  ['versions to destroy', 'POST kv/destroy/$p', { versions: [1] }],
  ['versions to undelete', 'POST kv/undelete/$p', { versions: [1] }],
  ['max_versions to set', 'PATCH kv/metadata/$p', { max_versions: 1 }],
  ['max_versions to smuggle in', 'PATCH kv/metadata/$p', { max_versions: 1, custom_metadata: { a: 'b' } }],
  ['metadata to replace', 'POST kv/metadata/$p', { custom_metadata: { a: 'b' } }],
  ['metadata to remove', 'DELETE kv/metadata/$p'],
  ["the mount's configuration", 'GET kv/config'],
  ['another mount', 'GET other/metadata/x'],
  ['its own policy', 'GET sys/policies/acl/chatelaine'],
  ['a seal', 'PUT sys/seal'],
  ['a new token', 'POST auth/token/create', {}],
];

const rights: readonly ContractCase[] = [
  ...refusedToBot.map(([what, ask, body]) => ({
    what: `refuses the bot ${what}`,
    steps: [made, { ask, body, status: 403, answer: denied, without: canary }],
  })),
  {
    what: 'refuses an unknown token and none, in other words than a policy does',
    steps: [
      { as: 'unknown', ask: 'GET kv/metadata/$p', status: 403, answer: unknownToken },
      { as: 'nobody', ask: 'GET kv/metadata/$p', status: 403, answer: unknownToken },
      { as: 'unknown', ask: 'GET auth/token/lookup-self', status: 403, answer: unknownToken },
    ],
  },
];

const tokens: readonly ContractCase[] = [
  {
    what: "looks up and renews the bot's own token",
    steps: [
      {
        as: 'fresh',
        ask: 'GET auth/token/lookup-self',
        status: 200,
        answer: {
          data: { policies: ['chatelaine'], renewable: true, ttl: expect.any(Number), expire_time: time },
        },
      },
      {
        as: 'fresh',
        ask: 'POST auth/token/renew-self',
        body: {},
        status: 200,
        answer: { auth: { lease_duration: 900, renewable: true } },
      },
    ],
  },
  {
    what: 'does not know a token that was given back',
    steps: [
      { as: 'fresh', ask: 'POST auth/token/revoke-self', status: 204 },
      { as: 'fresh', ask: 'GET auth/token/lookup-self', status: 403, answer: unknownToken },
      {
        as: 'fresh',
        ask: 'POST auth/token/renew-self',
        body: {},
        status: 403,
        answer: unknownToken,
      },
      {
        as: 'fresh',
        ask: 'PATCH kv/data/$p',
        body: write(1),
        status: 403,
        answer: unknownToken,
      },
    ],
  },
  {
    what: "does not renew the root's token, which never ends",
    steps: [
      {
        as: 'root',
        ask: 'GET auth/token/lookup-self',
        status: 200,
        answer: { data: { ttl: 0, expire_time: null } },
      },
      {
        as: 'root',
        ask: 'POST auth/token/renew-self',
        body: {},
        status: 400,
        answer: errors('lease is not renewable'),
      },
    ],
  },
];

const server: readonly ContractCase[] = [
  {
    what: 'says without a token that it is unsealed and who leads',
    steps: [
      {
        as: 'nobody',
        ask: 'GET sys/seal-status',
        status: 200,
        answer: {
          initialized: true,
          sealed: false,
          t: expect.any(Number),
          n: expect.any(Number),
          progress: 0,
          version: expect.any(String),
          cluster_name: expect.any(String),
        },
      },
      {
        as: 'nobody',
        ask: 'GET sys/leader',
        status: 200,
        answer: { ha_enabled: expect.any(Boolean), is_self: expect.any(Boolean) },
      },
      {
        as: 'nobody',
        ask: 'GET sys/health',
        status: 200,
        answer: { initialized: true, sealed: false, standby: false },
      },
    ],
  },
  {
    what: 'knows no route where nothing is mounted',
    steps: [{ as: 'root', ask: 'GET nowhere/x', status: 404, answer: errors(/^no handler for route/) }],
  },
];

/** What the bot relies on of KV v2, policies, tokens and the server. */
export const cases: readonly ContractCase[] = [
  ...writing,
  ...gone,
  ...facts,
  ...rights,
  ...capabilityCases,
  ...tokens,
  ...server,
];

/** Run last, once the server has been sealed. */
export const sealedCases: readonly ContractCase[] = [
  {
    what: 'says that it is sealed, and refuses all else',
    steps: [
      {
        as: 'nobody',
        ask: 'GET sys/seal-status',
        status: 200,
        answer: { initialized: true, sealed: true, progress: 0 },
      },
      { as: 'nobody', ask: 'GET sys/health', status: 503, answer: { sealed: true } },
      { ask: 'GET kv/metadata/$p', status: 503, answer: errors('Vault is sealed') },
      { ask: 'PATCH kv/data/$p', body: write(1), status: 503, answer: errors('Vault is sealed') },
      {
        as: 'nobody',
        ask: 'POST auth/kubernetes/login',
        body: { role: 'chatelaine', jwt: 'x' },
        status: 503,
        answer: errors('Vault is sealed'),
      },
    ],
  },
];

/** Logins by Kubernetes: the name of the token that is brought, and what comes of it. */
export const logins: readonly (readonly [
  what: string,
  role: string | undefined,
  jwt: 'bot' | 'other' | 'garbage' | undefined,
  status: number,
  answer: unknown,
])[] = [
  [
    "the bot's account",
    'chatelaine',
    'bot',
    200,
    {
      auth: {
        client_token: expect.any(String),
        policies: ['chatelaine'],
        lease_duration: 900,
        renewable: true,
        metadata: { role: 'chatelaine' },
      },
    },
  ],
  ['another account', 'chatelaine', 'other', 403, errors('service account name not authorized')],
  ['a text that is no token', 'chatelaine', 'garbage', 403, errors('permission denied')],
  ['a role that is not there', 'nobody', 'bot', 400, errors('invalid role name "nobody"')],
  ['no role', undefined, 'bot', 400, errors('missing role')],
  ['no token', 'chatelaine', undefined, 400, errors('missing jwt')],
];
