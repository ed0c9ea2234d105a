import { App } from '@slack/bolt';

/*
 * The least that a Slack app can do: Bolt as its documentation has it, which acknowledges every slash command and
 * does nothing else. Started with the stand-in's address; says `ready` when it is connected.
 */
const [slackApiUrl = '', token = '', appToken = ''] = process.argv.slice(2);
const app = new App({ token, appToken, socketMode: true, clientOptions: { slackApiUrl } });
app.command(/.*/, async ({ ack }) => ack());
await app.start();
process.send?.('ready');
process.once('SIGTERM', () => process.exit());
