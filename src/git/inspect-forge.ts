import { isFault } from '../core/errors.ts';
import { findingsOf, some } from '../core/findings.ts';
import { isSameLogin } from '../core/git-names.ts';
import type { Call } from '../core/ports/call.ts';
import type { Forge, ForgeFacts } from '../core/ports/forge.ts';
import type { Finding, Inspector } from '../core/ports/inspect.ts';
import { type People, secondPersonContext } from '../core/second-person.ts';
import type { Dialect } from './dialect.ts';
import type { Host } from './host.ts';
import { inspectWebhook, type WebhookInspection } from './inspect-webhook.ts';

export interface ForgeInspection {
  readonly host: Host;
  readonly dialect: Dialect;
  readonly forge: Forge;
  readonly people: People;
  readonly webhook?: WebhookInspection | undefined;
}

const findings = findingsOf('Git');

/** Looks at the repository, the base branch, what the bot may there, and whether a second person can approve. */
export function createForgeInspector(inspection: ForgeInspection): Inspector {
  return {
    area: 'Git',
    async inspect(call) {
      try {
        const facts = await inspection.forge.facts(call);
        const asked = await Promise.all([
          inspectBase(inspection, call),
          inspectRights(inspection, facts, call),
          inspectProtection(inspection, call),
          inspection.webhook === undefined
            ? []
            : inspectWebhook(inspection.webhook, inspection.host, facts, call),
        ]);
        return [...judgeRepository(facts), ...asked.flat(), ...judgePeople(inspection.people, facts.bot)];
      } catch (error) {
        if (isFault(error) && error.code.startsWith('forge-')) return [findings.of('fault', error)];
        throw error;
      }
    },
  };
}

function judgeRepository({ repository, archived, bot, url }: ForgeFacts): readonly Finding[] {
  if (archived) {
    const fix = 'Its owner takes it out of the archive, or git.repository names the one in use.';
    return [findings.fault('the repository is archived: nothing can be proposed', repository, fix)];
  }
  return [findings.good('the repository is there', `${url}, as ${bot}`)];
}

async function inspectBase({ forge }: ForgeInspection, call: Call): Promise<readonly Finding[]> {
  const head = await forge.head(forge.base, call);
  if (head !== undefined)
    return [findings.good('the base branch is there', `${forge.base} at ${head.slice(0, 8)}`)];
  return [
    findings.fault(
      `the base branch ${forge.base} is not there`,
      forge.repository,
      'Name the branch that Flux reads in git.base.',
    ),
  ];
}

/** By requests that can't be done: a host looks at the right before it looks at what is asked. */
async function inspectRights(
  { host, dialect }: ForgeInspection,
  { may, bot, archived }: ForgeFacts,
  call: Call,
): Promise<readonly Finding[]> {
  const tooMuch = judgeAdministration(may.administer, bot);
  // An archived repository refuses everything, whatever the token.
  if (archived) return tooMuch;
  const refused = await Promise.all(
    dialect.probes.map(async (probe) => ((await isRefused(host, probe, call)) ? probe.right : undefined)),
  );
  const lacks = refused.filter((right) => right !== undefined);
  return [
    lacks.length === 0
      ? findings.good('the token may propose', dialect.probes.map(({ right }) => right).join(', '))
      : findings.fault(
          'the token lacks rights that a proposal needs',
          lacks.join(', '),
          'Give the token or the app these rights on this one repository; the guide lists all.',
        ),
    ...tooMuch,
  ];
}

async function isRefused(host: Host, probe: Dialect['probes'][number], call: Call): Promise<boolean> {
  const every = Array.from({ length: 200 }, (_, index) => 400 + index).filter((status) => status !== 429);
  const { status } = await host.ask({ ...probe, also: every }, call);
  return status === 401 || status === 403;
}

function judgeAdministration(administer: ForgeFacts['may']['administer'], bot: string): readonly Finding[] {
  if (administer === 'no') return [findings.good('the bot does not administer the repository', bot)];
  const fix =
    'Make it a collaborator who may write and no more: who administers can take the required check away.';
  const what = 'administers the repository, which is more than it needs';
  return administer === 'yes'
    ? [findings.fault(`the bot’s token ${what}`, bot, fix)]
    : [findings.doubt(`the bot’s account ${what}`, `${bot} is an administrator there`, fix)];
}

async function inspectProtection(
  { dialect, forge }: ForgeInspection,
  call: Call,
): Promise<readonly Finding[]> {
  const { requiredChecks, botMayPush } = await dialect.protection(forge.base, call);
  const fix = `Protect ${forge.base}: changes by pull request only, and ${secondPersonContext} a required check.`;
  const pushes = botMayPush === true;
  return [
    ...(pushes ? [findings.doubt(`the bot may push to ${forge.base} itself`, forge.repository, fix)] : []),
    judgeChecks(forge.base, requiredChecks, fix),
  ];
}

function judgeChecks(base: string, checks: readonly string[] | undefined, fix: string): Finding {
  const what = `whether ${secondPersonContext} is a required check of ${base}`;
  if (checks === undefined) return findings.unknown(what, 'the Git host does not tell this token', fix);
  if (checks.includes(secondPersonContext)) {
    return findings.good(`${secondPersonContext} is a required check of ${base}`, some(checks));
  }
  return findings.fault(
    `${secondPersonContext} is not a required check of ${base}: who asked may approve their own`,
    checks.length === 0 ? 'no check is required' : `required: ${some(checks)}`,
    fix,
  );
}

function judgePeople(people: People, bot: string): readonly Finding[] {
  const owners = (login: string): readonly string[] =>
    [...people].filter(([, logins]) => logins.some((each) => isSameLogin(each, login))).map(([id]) => id);
  const shared = [...new Set([...people.values()].flat().map((login) => login.toLowerCase()))].filter(
    (login) => owners(login).length > 1,
  );
  const botIs = owners(bot);
  return [
    people.size >= 2
      ? findings.good('people can approve for each other', `git.people names ${people.size}`)
      : findings.fault(
          'nobody can be the second person',
          `git.people names ${people.size === 0 ? 'nobody' : 'one person'}`,
          'Name at least two people there, each with their own account on the Git host.',
        ),
    ...(botIs.length === 0
      ? []
      : [
          findings.fault(
            `the bot uses the account of a person: ${bot}`,
            `git.people.${botIs[0]}`,
            'Give the bot an account or an app of its own: its proposals are opened by it.',
          ),
        ]),
    ...(shared.length === 0
      ? []
      : [
          findings.doubt(
            'accounts belong to several people: neither can approve what the other asked for',
            some(shared),
            'Give each person their own account in git.people.',
          ),
        ]),
  ];
}
