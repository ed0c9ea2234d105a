import { z } from 'zod';
import { findingsOf, some } from '../core/findings.ts';
import type { Log } from '../core/log.ts';
import type { Finding, Inspector } from '../core/ports/inspect.ts';
import {
  type Fetch,
  makeSlackCall,
  methodScopes,
  type SlackCall,
  type SlackTrouble,
  troubleOf,
} from './call-slack.ts';
import { mapBoltLog } from './map-bolt-log.ts';

export interface SlackInspection {
  /** Absent where it could not be read, which the configuration's own findings tell. */
  readonly botToken: string | undefined;
  /** Socket Mode alone. */
  readonly appToken: string | undefined;
  readonly mode: 'socket' | 'http';
  readonly slackApiUrl?: string;
  /** User ids that the configuration names, each with where: `groups.platform-admins`. */
  readonly people: ReadonlyMap<string, string>;
  /** Connections that are up, of a bot that runs. */
  readonly connections?: () => number;
  readonly log: Log;
  readonly fetch?: Fetch;
}

const AuthTest = z.object({
  team: z.string().catch(''),
  user: z.string().catch(''),
  bot_id: z.string().optional(),
  response_metadata: z.object({ scopes: z.array(z.string()).optional() }).catch({}),
});
const UserInfo = z.object({
  user: z.object({
    deleted: z.boolean().catch(false),
    is_restricted: z.boolean().catch(false),
    is_bot: z.boolean().catch(false),
  }),
});

const timeout = 5_000;
/** Slack takes about 100 of these questions a minute. */
const mostPeople = 30;
const findings = findingsOf('Slack');
const appPage = 'at https://api.slack.com/apps';
/** `commands` is for the slash commands: no method takes it. */
const wantedScopes = new Set([
  'commands',
  ...Object.values(methodScopes).filter((scope) => scope !== undefined),
]);

/** Looks at Slack with the bot's own tokens: what they are, what they may, and whom the configuration names. */
export function createSlackInspector(inspection: SlackInspection): Inspector {
  const { botToken, slackApiUrl: apiUrl, fetch } = inspection;
  const logger = mapBoltLog(inspection.log);
  const callWith = (token: string): SlackCall => makeSlackCall({ token, apiUrl, fetch, logger, timeout });
  return {
    area: 'Slack',
    async inspect() {
      if (botToken === undefined)
        return [findings.unknown('what the bot may in Slack', 'its token could not be read')];
      const call = callWith(botToken);
      const bot = await inspectBotToken(call);
      const app = await inspectAppToken(inspection, callWith);
      const people = bot.some(({ state }) => state === 'fault')
        ? []
        : await inspectPeople(call, inspection.people);
      return [...bot, ...app, ...people, slashCommands];
    },
  };
}

async function inspectBotToken(call: SlackCall): Promise<readonly Finding[]> {
  const answer = await call('auth.test', {}).catch(troubleOf);
  if (isTrouble(answer))
    return [refusedToken('bot token', answer, `Take it anew from “OAuth & Permissions” ${appPage}.`)];
  const said = AuthTest.parse(answer);
  const who = `auth.test: ${said.user} in ${said.team}`;
  if (said.bot_id === undefined) {
    return [
      findings.fault(
        'the bot token is a person’s',
        who,
        `Use the token that begins with xoxb-, from “OAuth & Permissions” ${appPage}.`,
      ),
    ];
  }
  return [findings.good('the bot token is good', who), ...judgeScopes(said.response_metadata.scopes)];
}

function judgeScopes(scopes: readonly string[] | undefined): readonly Finding[] {
  if (scopes === undefined) {
    return [
      findings.unknown('which scopes the bot token has', 'auth.test came without the header x-oauth-scopes'),
    ];
  }
  const missing = [...wantedScopes].filter((scope) => !scopes.includes(scope));
  const extra = scopes.filter((scope) => scope !== '' && !wantedScopes.has(scope));
  const evidence = `x-oauth-scopes: ${scopes.join(', ')}`;
  const fix = `Make the app’s manifest ${appPage} that of manifests/slack/app-manifest.yaml, and install it again.`;
  return [
    ...(missing.length === 0
      ? [findings.good('it has the scopes that the bot’s calls take', evidence)]
      : [findings.fault(`the bot token lacks ${missing.join(', ')}`, evidence, fix)]),
    ...(extra.length === 0
      ? []
      : [findings.doubt(`the bot token may more than the bot needs: ${extra.join(', ')}`, evidence, fix)]),
  ];
}

/** A bot that is connected has proven its token. Otherwise one address is asked for, and not connected to. */
async function inspectAppToken(
  { mode, appToken, connections }: SlackInspection,
  callWith: (token: string) => SlackCall,
): Promise<readonly Finding[]> {
  if (mode === 'http') return [];
  const up = connections?.() ?? 0;
  if (up > 0) return [findings.good('Socket Mode is connected', `${up} connections are open`)];
  const fix = `Make one with the scope connections:write, under “Basic Information” ${appPage}; Socket Mode has to be on.`;
  if (appToken === undefined)
    return [findings.unknown('whether the app token is good', 'it could not be read')];
  const call = callWith(appToken);
  const answer = await call('apps.connections.open', {}).catch(troubleOf);
  if (isTrouble(answer)) return [refusedToken('app token', answer, fix)];
  return [findings.good('the app token opens Socket Mode', 'apps.connections.open answered')];
}

function refusedToken(which: string, trouble: SlackTrouble, fix: string): Finding {
  if (trouble.kind === 'refused')
    return findings.fault(`Slack refuses the ${which}`, `it answers ${trouble.code}`, fix);
  if (trouble.kind === 'limited')
    return findings.unknown(`whether the ${which} is good`, 'Slack takes no more questions for now');
  return findings.fault(
    'Slack gives no answer',
    `${trouble.code}, asked with the ${which}`,
    'Look at the way out of the bot: its network policy, DNS, a proxy.',
  );
}

async function inspectPeople(
  call: SlackCall,
  people: ReadonlyMap<string, string>,
): Promise<readonly Finding[]> {
  const asked = [...people].slice(0, mostPeople);
  const nobody: string[] = [];
  for (const [id, where] of asked) {
    const answer = await call('users.info', { user: id }).catch(troubleOf);
    const why = isTrouble(answer) ? unknownPerson(answer) : notServed(answer);
    if (why !== undefined) nobody.push(`${id} of ${where} ${why}`);
  }
  if (nobody.length > 0) {
    return [
      findings.doubt(
        'the configuration names people whom the bot does not serve',
        some(nobody),
        'Mend groups and grants: the ids are in people’s Slack profiles.',
      ),
    ];
  }
  return asked.length === 0
    ? []
    : [
        findings.good(
          'the people that the configuration names are members',
          `${asked.length} asked of Slack`,
        ),
      ];
}

function unknownPerson({ code }: SlackTrouble): string | undefined {
  return ['user_not_found', 'user_not_visible', 'users_not_found'].includes(code)
    ? 'is not known to Slack'
    : undefined;
}

function notServed(answer: unknown): string | undefined {
  const { user } = UserInfo.parse(answer);
  if (user.deleted) return 'is deactivated';
  if (user.is_restricted) return 'is a guest';
  return user.is_bot ? 'is a bot' : undefined;
}

function isTrouble(answer: unknown): answer is SlackTrouble {
  return answer instanceof Error;
}

const slashCommands = findings.unknown(
  'whether the slash commands are this app’s',
  'Slack does not say which app has a command: the one that was installed last',
  'Whoever types it and gets another app’s answer: take other names in the app’s manifest and in slack.commands.',
);
