import type { ActContext } from './act.ts';
import type { Delivered } from './deliver.ts';
import type { Fields } from './shapes.ts';
import { randomId } from './workspace.ts';

/** Milliseconds before each retry (docs.slack.dev/apis/events-api): at once, after a minute, after five. */
const retryAfterMs = [0, 60_000, 300_000];

/**
 * Brings an event to the app if it is subscribed to it, and again while it is not acknowledged.
 * Resolves with the last attempt, or with nothing for an event that the app does not want.
 */
export async function sendEvent(
  context: ActContext,
  event: Fields & { readonly type: string },
): Promise<Delivered | undefined> {
  const { seed } = context.workspace;
  if (seed.app.events?.includes(event.type) !== true) return undefined;
  const payload = {
    token: 'deprecated-verification-token',
    team_id: seed.team.id,
    api_app_id: seed.app.id,
    event,
    type: 'event_callback',
    event_id: randomId('Ev'),
    event_time: Math.floor(Date.now() / 1000),
    authorizations: [
      { team_id: seed.team.id, user_id: seed.app.botUser, is_bot: true, is_enterprise_install: false },
    ],
  };
  let delivered = await context.delivery.send('events_api', payload, { retry_attempt: 0, retry_reason: '' });
  for (const [index, wait] of retryAfterMs.entries()) {
    if (delivered.kind === 'acknowledged') break;
    const retry_reason = delivered.kind === 'operation_timeout' ? 'timeout' : 'connection_failed';
    await pause(wait * context.scale);
    delivered = await context.delivery.send('events_api', payload, {
      retry_attempt: index + 1,
      retry_reason,
    });
  }
  return delivered;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
