import { count } from '../../core/count.ts';
import { some, type Worse } from '../../core/findings.ts';
import type { VaultMount, VaultPath } from '../../core/names.ts';
import type { Finding } from '../../core/ports/inspect.ts';
import { raftPath } from '../read-raft.ts';
import { findings, writePolicy } from './findings.ts';

/** What the token may on a path: `read`, `deny`, `root`. */
export type Capabilities = ReadonlyMap<string, readonly string[]>;

/** A path that no secret need be at: what the policy gives to those that are yet to come. */
export const examplePath = 'chatelaine-doctor/example' as VaultPath;

const needed = {
  data: ['create', 'patch'],
  metadata: ['read', 'list', 'patch'],
  subkeys: ['read'],
} as const;
type Part = keyof typeof needed;
const parts = Object.keys(needed) as readonly Part[];

/** Rights on one secret besides its values, and what each would do. */
const besides = ['undelete', 'destroy'] as const;

/** Whoever has one of these can give itself the rest, or sees what is in every secret. */
const elsewhere = [
  'sys/policies/acl/chatelaine',
  'sys/mounts',
  'sys/auth',
  'sys/audit',
  'sys/remount',
  'sys/seal',
  'sys/raw/core',
  'sys/storage/raft/snapshot',
  'sys/generate-root/attempt',
  'auth/token/create',
  'auth/token/create-orphan',
  'auth/kubernetes/config',
  'auth/kubernetes/role/chatelaine',
  'identity/entity',
  'identity/group',
];
/** The policy `default` gives these: more than the bot needs, and no way to a value of others. */
const harmless = ['cubbyhole/chatelaine', 'sys/wrapping/wrap', 'sys/tools/random'];

/** Every path to ask about. */
export function pathsToAsk(mount: VaultMount, paths: readonly VaultPath[]): readonly string[] {
  return [
    ...[...paths, examplePath].flatMap((path) => [
      ...parts.map((part) => `${mount}/${part}/${path}`),
      `${mount}/delete/${path}`,
      ...besides.map((part) => `${mount}/${part}/${path}`),
    ]),
    `${mount}/config`,
    raftPath,
    ...elsewhere,
    ...harmless,
  ];
}

/** What the policy gives too little and too much. */
export function judgeCapabilities(
  mount: VaultMount,
  paths: readonly VaultPath[],
  capabilities: Capabilities,
): readonly Finding[] {
  const givenOn = (path: string): readonly string[] =>
    (capabilities.get(path) ?? []).filter((each) => each !== 'deny');
  const scope: Scope = { mount, paths, givenOn };
  const tooMuch = judgeTooMuch(scope);
  const tooLittle = judgeTooLittle(scope);
  return [
    ...tooLittle,
    ...(tooLittle.some(({ state }) => state === 'fault')
      ? []
      : [
          findings.good(
            'the policy gives what the bot needs',
            `sys/capabilities-self for ${count(paths.length || 1, 'path')}`,
          ),
        ]),
    ...judgeRaft(scope),
    ...tooMuch,
    ...(tooMuch.length > 0
      ? []
      : [
          findings.good(
            'the policy gives no way to read, replace or destroy a secret',
            'sys/capabilities-self',
          ),
        ]),
  ];
}

interface Scope {
  readonly mount: VaultMount;
  readonly paths: readonly VaultPath[];
  readonly givenOn: (path: string) => readonly string[];
}

function judgeTooLittle({ mount, paths, givenOn }: Scope): readonly Finding[] {
  const judged = paths.length > 0 ? paths : [examplePath];
  const covered = judged.filter((path) =>
    parts.some((part) => givenOn(`${mount}/${part}/${path}`).length > 0),
  );
  const outside = judged.filter((path) => !covered.includes(path));
  if (covered.length === 0) {
    const what =
      paths.length > 0
        ? 'the policy gives nothing on any path that ExternalSecrets read'
        : 'the policy gives nothing on new paths';
    const worse = paths.length > 0 ? findings.fault : findings.doubt;
    return [worse(what, some(judged.map((path) => `${mount}/data/${path}`)), writePolicy)];
  }
  return [
    ...parts.flatMap((part) =>
      needed[part].flatMap((capability) => {
        const without = covered
          .map((path) => `${mount}/${part}/${path}`)
          .filter((path) => !has(givenOn(path), capability));
        return without.length === 0
          ? []
          : [
              findings.fault(
                `the policy lacks ${capability} on ${mount}/${part}`,
                some(without),
                writePolicy,
              ),
            ];
      }),
    ),
    ...(outside.length === 0
      ? []
      : [
          findings.doubt(
            `${outside.length} of ${judged.length} paths that ExternalSecrets read are outside the policy: they can't be rotated`,
            some(outside.map((path) => `${mount}/${path}`)),
            writePolicy,
          ),
        ]),
  ];
}

/** It works without: what Raft says of itself is not shown then. */
function judgeRaft({ givenOn }: Scope): readonly Finding[] {
  if (has(givenOn(raftPath), 'read')) return [];
  return [
    findings.doubt(
      'the policy lacks read on Raft’s state: /vault status can’t show its peers',
      raftPath,
      writePolicy,
    ),
  ];
}

function has(given: readonly string[], capability: string): boolean {
  return given.includes(capability) || given.includes('root');
}

function judgeTooMuch({ mount, paths, givenOn }: Scope): readonly Finding[] {
  const all = [...paths, examplePath];
  const on = (part: string): readonly string[] => all.map((path) => `${mount}/${part}/${path}`);
  const isAnything = (): boolean => true;
  const excesses: readonly Excess[] = [
    {
      what: 'the bot may read values',
      paths: on('data'),
      isTooMuch: (each) => ['read', 'sudo', 'root'].includes(each),
    },
    {
      what: 'the bot may replace or delete whole secrets',
      paths: on('data'),
      isTooMuch: (each) => ['update', 'delete'].includes(each),
    },
    {
      what: 'the bot may change more of a secret’s metadata than custom_metadata, and so throw versions away',
      paths: on('metadata'),
      isTooMuch: (each) => !needed.metadata.some((may) => may === each),
    },
    {
      // `update` alone: what a proposal wrote is taken back by it when the proposal is closed, and can be brought back.
      what: 'the bot may do more about deleting versions than to delete them so that they can be brought back',
      paths: on('delete'),
      isTooMuch: (each) => each !== 'update',
    },
    {
      what: 'the bot may bring back or destroy versions, or change the mount',
      paths: [...besides.flatMap(on), `${mount}/config`],
      isTooMuch: isAnything,
    },
    {
      what: 'the bot may change Vault itself, and so give itself any right',
      paths: elsewhere,
      isTooMuch: isAnything,
    },
    { what: 'the bot may change Raft', paths: [raftPath], isTooMuch: (each) => each !== 'read' },
    {
      what: 'the bot may do what it does not need',
      paths: harmless,
      isTooMuch: isAnything,
      worse: findings.doubt,
    },
  ];
  return excesses.flatMap(({ what, paths: looked, isTooMuch, worse = findings.fault }) => {
    const seen = looked
      .filter((path) => givenOn(path).some(isTooMuch))
      .map((path) => `${path}: ${givenOn(path).join(' ')}`);
    return seen.length === 0 ? [] : [worse(what, some(seen), writePolicy)];
  });
}

/** Capabilities that must not be given on some paths; one finding for all of them. */
interface Excess {
  readonly what: string;
  readonly paths: readonly string[];
  readonly isTooMuch: (capability: string) => boolean;
  readonly worse?: Worse;
}
