import { App, LogLevel, SocketModeReceiver } from '@slack/bolt';
import { app as ids } from '../../../src/playground/slack/seed.ts';
import type { SlackStandIn } from '../../../src/playground/slack/start-slack.ts';

/** A bare Bolt app over Socket Mode against the stand-in: what tests give handlers to. */
export async function startEchoApp(slack: SlackStandIn, define: (app: App) => void): Promise<App> {
  const clientOptions = { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } };
  const receiver = new SocketModeReceiver({
    appToken: ids.appToken,
    logLevel: LogLevel.ERROR,
    installerOptions: { clientOptions: { ...clientOptions } },
  });
  const app = new App({
    token: ids.botToken,
    receiver,
    clientOptions: { ...clientOptions },
    deferInitialization: true,
    logLevel: LogLevel.ERROR,
  });
  await app.init();
  define(app);
  await app.start();
  return app;
}
