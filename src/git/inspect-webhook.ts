import { z } from 'zod';
import type { Text } from '../core/card.ts';
import { isFault } from '../core/errors.ts';
import { findingsOf } from '../core/findings.ts';
import type { Call } from '../core/ports/call.ts';
import type { ForgeFacts } from '../core/ports/forge.ts';
import type { Finding } from '../core/ports/inspect.ts';
import type { Host } from './host.ts';

/** The webhook as the bot serves it. */
export interface WebhookInspection {
  /** Where the Git host delivers to, below whatever address it reaches the bot by. */
  readonly path: string;
  readonly port: number;
  /** Throws where it can't be read. */
  readonly secret: () => string;
  /** Whether something listens on the port of this machine. */
  readonly listens: (call: Call) => Promise<boolean>;
  /** Whether this process serves it: a terminal does not. */
  readonly isServed: boolean;
}

/** What both hosts tell of a hook alike; GitHub says how its last delivery was answered, too. */
const Hook = z.object({
  active: z.boolean(),
  events: z.array(z.string()),
  config: z.object({ url: z.string().nullish(), content_type: z.string().nullish() }),
  last_response: z.object({ code: z.int().nullish() }).nullish(),
});
type Hook = z.infer<typeof Hook>;

const findings = findingsOf('Git');
/** As the receiver of deliveries has it. */
const leastLength = 16;
/** A secret that was made at random has more different characters than that. */
const leastDifferent = 8;

/** Looks at the webhook from within, and at the hook of the repository where the host tells of it. */
export async function inspectWebhook(
  webhook: WebhookInspection,
  host: Host,
  facts: ForgeFacts,
  call: Call,
): Promise<readonly Finding[]> {
  const [port, hook] = await Promise.all([
    inspectPort(webhook, call),
    inspectHook(webhook, host, facts, call),
  ]);
  return [judgeSecret(webhook.secret), port, ...hook];
}

function judgeSecret(read: () => string): Finding {
  const key = 'git.webhook.secret';
  const fix: Text = ['Make one with ', { code: 'openssl rand -hex 32' }, ', for the bot and for the hook.'];
  try {
    const secret = read();
    if (secret.length < leastLength) {
      const what = 'the webhook’s secret is too short: no delivery is taken';
      return findings.fault(what, `${key}: fewer than ${leastLength} characters`, fix);
    }
    return new Set(secret).size < leastDifferent
      ? findings.doubt('the webhook’s secret can be guessed', `${key}: few different characters`, fix)
      : findings.good('the webhook’s secret is there', `${key}: at least ${leastLength} characters`);
  } catch (error) {
    if (isFault(error)) return findings.of('fault', error);
    throw error;
  }
}

async function inspectPort({ port, listens, isServed }: WebhookInspection, call: Call): Promise<Finding> {
  const at = `port ${port} of this machine`;
  if (await listens(call)) return findings.good('the webhook’s port listens', at);
  const command =
    'kubectl exec -n chatelaine deploy/chatelaine -- /nodejs/bin/node /app/chatelaine.js doctor';
  return isServed
    ? findings.fault('the webhook’s port does not listen', at, 'Restart the bot; its log says why it closed.')
    : findings.unknown('whether the webhook’s port listens', `nothing does on ${at}`, [
        'Beside the bot: ',
        { code: command },
      ]);
}

async function inspectHook(
  { path }: WebhookInspection,
  host: Host,
  { url }: ForgeFacts,
  call: Call,
): Promise<readonly Finding[]> {
  const hooks = await readHooks(host, call);
  const page = `${url}/settings/hooks`;
  if (hooks === undefined) {
    return [
      findings.unknown(
        'whether the repository has a hook for this bot, and whether its last delivery arrived',
        'the Git host tells the bot’s token nothing of hooks, and need not',
        ['Who administers the repository looks at ', { code: page }],
      ),
    ];
  }
  const ours = hooks.filter((hook) => deliversTo(hook, path));
  const hook = ours.find((each) => whyInVain(each) === undefined) ?? ours[0];
  if (hook !== undefined) return judgeHook(hook, page);
  return [
    findings.doubt(
      'no hook of the repository is for this bot: proposals are seen by polling alone',
      `none of ${hooks.length} has an address that ends with ${path}`,
      ['Add one at ', { code: page }, '; the guide says how.'],
    ),
  ];
}

function judgeHook(hook: Hook, page: string): readonly Finding[] {
  const why = whyInVain(hook);
  const at = `to ${urlOf(hook)?.host ?? 'nowhere'}`;
  const there: Text = ['Change it at ', { code: page }];
  if (why !== undefined) return [findings.doubt(`the hook for this bot ${why}`, at, there)];
  return [findings.good('the repository has a hook for this bot', at), judgeDelivery(hook, page)];
}

function judgeDelivery({ last_response: last }: Hook, page: string): Finding {
  const code = last?.code ?? undefined;
  if (code === undefined || code === 0) {
    return findings.unknown(
      'whether the hook’s last delivery arrived',
      last == null ? 'this Git host tells nobody but on its pages' : 'nothing was delivered yet',
      ['See its deliveries, or send one as a test, at ', { code: page }],
    );
  }
  return code < 300
    ? findings.good('the hook’s last delivery arrived', `answered with ${code}`)
    : findings.doubt('the hook’s last delivery failed', `answered with ${code}`, [
        'See why at ',
        { code: page },
        ': the address has to reach the bot’s port, and both have to have the same secret.',
      ]);
}

/** Why a hook with the bot's address is of no use. */
function whyInVain({ active, events, config }: Hook): string | undefined {
  if (!active) return 'is switched off';
  if (config.content_type !== 'json')
    return 'does not send application/json: what it sends is not understood';
  if (events.includes('*') || events.includes('pull_request')) return undefined;
  return 'does not tell of pull requests';
}

function deliversTo(hook: Hook, path: string): boolean {
  return urlOf(hook)?.pathname.endsWith(path) === true;
}

/** Threat: addresses of other hooks are secrets as often as not. Of ours the host alone is told. */
function urlOf({ config }: Hook): URL | undefined {
  return URL.canParse(config.url ?? '') ? new URL(config.url ?? '') : undefined;
}

/** Undefined where the host does not tell: it takes a right that the bot has no use for. */
async function readHooks(host: Host, call: Call): Promise<readonly Hook[] | undefined> {
  const request = {
    path: '/hooks?per_page=100&limit=50',
    doing: 'looking at the repository’s hooks',
    also: [401, 403, 404],
  };
  const answer = await host.ask(request, call);
  return answer.status < 300 ? host.check(z.array(Hook), request, answer) : undefined;
}
