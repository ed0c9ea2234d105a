import type { SocketModeReceiver } from '@slack/bolt';
import type { Clock } from '../core/clock.ts';
import { SlackTrouble, troubleOf } from './call-slack.ts';
import { waitWithin } from './wait-within.ts';

/** One Socket Mode connection that Slack has greeted. */
export interface OpenConnection {
  /** Resolves when Slack says that it will close it soon: time to open another. */
  readonly leaving: Promise<void>;
  /** Resolves when it is closed. */
  readonly gone: Promise<void>;
  close(): Promise<void>;
}

type Client = SocketModeReceiver['client'];

const openWithin = 20_000;
const closeWithin = 2_000;

/** Opens a connection, unless it is stopped before. Throws `SlackTrouble`. The receiver is used for this one connection only. */
export async function openConnection(
  { client }: SocketModeReceiver,
  clock: Clock,
  stopped: Promise<void>,
): Promise<OpenConnection> {
  const gone = new Promise<void>((resolve) => client.on('disconnected', () => resolve()));
  const leaving = new Promise<void>((resolve) => hearLeaving(client, resolve));
  const close = async (): Promise<void> => {
    await waitWithin(clock, closeWithin, client.disconnect());
  };
  // A client that is closed before it is greeted rejects with nothing.
  const started = client.start().then(
    () => true,
    (error: unknown) => {
      throw error === undefined ? new SlackTrouble('unanswered', 'closed_before_hello') : troubleOf(error);
    },
  );
  const ended = stopped.then(() => Promise.reject(new SlackTrouble('unanswered', 'stopping')));
  try {
    const greeted = await waitWithin(clock, openWithin, Promise.race([started, ended]));
    if (greeted === undefined) throw new SlackTrouble('unanswered', 'no_hello');
  } catch (error) {
    // The client goes on opening what was given up meanwhile.
    started.then(close, () => undefined);
    await close();
    throw troubleOf(error);
  }
  return { leaving, gone, close };
}

/**
 * The client closes at once when Slack announces that it will close a connection in some ten seconds, and what Slack
 * had sent over it by then is lost: the person sees a command fail. So the announcement is kept from the client, and
 * the connection stays while another is opened. `ws_message` is the client's own event: where it has none, all is as
 * it was, and a test says so.
 */
function hearLeaving(client: Client, leave: () => void): void {
  const handlers = client.listeners('ws_message') as ((data: unknown, isBinary: boolean) => void)[];
  if (handlers.length === 0) return;
  client.removeAllListeners('ws_message');
  client.on('ws_message', (data: unknown, isBinary: boolean) => {
    if (isAnnouncement(data)) leave();
    else for (const handle of handlers) handle(data, isBinary);
  });
}

function isAnnouncement(data: unknown): boolean {
  if (typeof data !== 'string' || !data.includes('"disconnect"')) return false;
  try {
    const message = JSON.parse(data) as { readonly type?: unknown; readonly reason?: unknown };
    return (
      message.type === 'disconnect' &&
      (message.reason === 'warning' || message.reason === 'refresh_requested')
    );
  } catch {
    return false;
  }
}
