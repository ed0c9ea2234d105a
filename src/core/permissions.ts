import type { Actor } from './actor.ts';
import { verb } from './count.ts';
import { ChatelaineError } from './errors.ts';
import { describeWrites, type FreezeScope, reaches } from './freeze/freeze-scope.ts';
import type { Namespace, VaultPath } from './names.ts';
import { compilePattern } from './patterns.ts';

/** What a person can be allowed. Each is a word of the configuration. */
export const rights = [
  'read',
  'rotate',
  'set',
  'sync',
  'policy',
  'inspect',
  'freeze',
  'thaw',
  'snapshot',
  'attest',
  'propose',
  'remove',
] as const;
export type Right = (typeof rights)[number];

/** One entry of `grants` in the configuration, with groups resolved to user ids. */
export interface Grant {
  /** As the person would find it: `grants[2]`. */
  readonly key: string;
  /** What `to` says, for telling people whom to ask. */
  readonly to: readonly string[];
  /** User ids; `*` is every full member of the workspace, `terminal` the command line. */
  readonly actors: ReadonlySet<string>;
  readonly may: ReadonlySet<Right>;
  /** Patterns in which `*` stands for anything within a name. */
  readonly namespaces: readonly string[];
  readonly paths: readonly string[];
}

/** What is to be touched: a secret has a path; the ExternalSecret it was asked by has a namespace. */
export interface Scope {
  readonly namespace?: Namespace;
  readonly path?: VaultPath;
}

/** Who may do what, from the configuration. Without a grant the answer is no. */
export interface Permissions {
  /** Whether a grant gives the right in this scope; what the scope leaves open is not asked for. */
  allows(actor: Actor, right: Right, scope: Scope): boolean;
  /** The same, as a refusal that says whom to ask: throws not-permitted. */
  require(actor: Actor, right: Right, scope: Scope): void;
  /** Throws not-permitted unless one grant gives the right over all that a freeze of this scope stops. */
  requireOver(actor: Actor, right: Right, scope: FreezeScope): void;
  /** Who is given the right over all of it, for people; empty where nobody is. */
  whoMayOver(right: Right, scope: FreezeScope): string;
}

/** Permissions as the grants say them, and nothing else. */
export function permissionsFrom(grants: readonly Grant[]): Permissions {
  // Compiled once: a list asks for every one of thousands of secrets.
  const rules = grants.map((grant) => ({
    grant,
    namespaces: grant.namespaces.map(compilePattern),
    paths: grant.paths.map(compilePattern),
  }));
  const covers = (rule: (typeof rules)[number], right: Right, scope: Scope): boolean =>
    rule.grant.may.has(right) && inScope(rule.namespaces, scope.namespace) && inScope(rule.paths, scope.path);
  const allows: Permissions['allows'] = (actor, right, scope) =>
    rules.some((rule) => isFor(rule.grant, actor) && covers(rule, right, scope));
  const over = (right: Right, scope: FreezeScope): readonly Grant[] =>
    grants.filter((grant) => grant.may.has(right) && reaches(grant, scope));
  return {
    allows,
    require(actor, right, scope) {
      if (allows(actor, right, scope)) return;
      throw refusal(
        right,
        whereOf(scope),
        rules.filter((rule) => covers(rule, right, scope)).map(({ grant }) => grant),
      );
    },
    requireOver(actor, right, scope) {
      const giving = over(right, scope);
      if (!giving.some((grant) => isFor(grant, actor)))
        throw refusal(right, ` ${describeWrites(scope)}`, giving);
    },
    whoMayOver: (right, scope) => namesOf(over(right, scope)),
  };
}

/** `*` means people: a terminal acts with the bot's own credentials, and is named or has no right. */
function isFor(grant: Grant, actor: Actor): boolean {
  return grant.actors.has(actor.id) || (actor.surface === 'slack' && grant.actors.has('*'));
}

function inScope(patterns: readonly RegExp[], name: string | undefined): boolean {
  return name === undefined || patterns.some((pattern) => pattern.test(name));
}

const verbs: Record<Right, string> = {
  read: 'look at secrets',
  rotate: 'rotate',
  set: 'bring values',
  sync: 'sync',
  policy: 'change policies',
  inspect: 'inspect the installation',
  freeze: 'freeze',
  thaw: 'thaw',
  snapshot: 'have a snapshot taken',
  attest: 'attest what recovery needs',
  propose: 'propose changes of secrets in Git',
  remove: 'propose to remove secrets',
};

function whereOf({ namespace, path }: Scope): string {
  return [
    ...(namespace === undefined ? [] : [` in ${namespace}`]),
    ...(path === undefined ? [] : [` at the path ${path}`]),
  ].join('');
}

function refusal(right: Right, where: string, grants: readonly Grant[]): ChatelaineError {
  const asked = toPeople(grants);
  const rules = verb(asked.length, 'The rule is', 'The rules are');
  return new ChatelaineError({
    code: 'not-permitted',
    doing: 'checking your right',
    wrong: `you may not ${verbs[right]}${where}`,
    state: 'Nothing was read or changed.',
    next:
      grants.length === 0
        ? 'No grant of the configuration gives this right here; whoever keeps the configuration can add one.'
        : `Ask one of ${namesOf(asked)}, who may. ${rules} ${asked.map(({ key }) => key).join(', ')} of the configuration.`,
  });
}

/** Nobody can be asked through a grant to the terminal alone, where another names people. */
function toPeople(grants: readonly Grant[]): readonly Grant[] {
  const people = grants.filter(({ to }) => to.some((each) => each !== 'terminal'));
  return people.length === 0 ? grants : people;
}

function namesOf(grants: readonly Grant[]): string {
  const names = [...new Set(grants.flatMap(({ to }) => to))];
  const people = names.filter((name) => name !== 'terminal');
  return (people.length === 0 ? names : people).map(describeName).join(', ');
}

function describeName(name: string): string {
  if (name === '*') return 'the full members of the workspace';
  return name === 'terminal' ? 'those who may use the terminal' : name;
}
