import { App, type Logger, LogLevel, SocketModeReceiver } from '@slack/bolt';
import { app as ids } from '../../../src/playground/slack/seed.ts';
import type { SlackStandIn } from '../../../src/playground/slack/start-slack.ts';

const nothing = (): void => undefined;

/** Tests drop connections on purpose: what Bolt says of it is no news. */
const silent: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  setLevel: nothing,
  setName: nothing,
  getLevel: () => LogLevel.ERROR,
};

/** A bare Bolt app over Socket Mode against the stand-in: what tests give handlers to. */
export async function startEchoApp(slack: SlackStandIn, define: (app: App) => void): Promise<App> {
  const clientOptions = { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } };
  const receiver = new SocketModeReceiver({
    appToken: ids.appToken,
    logger: silent,
    installerOptions: { clientOptions: { ...clientOptions } },
  });
  const app = new App({
    token: ids.botToken,
    receiver,
    clientOptions: { ...clientOptions },
    deferInitialization: true,
    logger: silent,
  });
  await app.init();
  define(app);
  await app.start();
  return app;
}
