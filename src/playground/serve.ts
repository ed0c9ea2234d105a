import { startPage } from './page/start-page.ts';
import type { Scene } from './scene.ts';
import { people } from './slack/seed.ts';

const roles: Readonly<Record<string, string>> = {
  [people.requester]: 'may rotate and propose in media and home',
  [people.admin]: 'may do everything',
  [people.viewer]: 'may look',
  [people.guest]: 'guest: may not',
  [people.stranger]: 'from another workspace: may not',
};

const examples = ['/secret rotate media/jellyfin api-key', '/secret new', '/secret list', '/vault status'];

/** Serves the page until the person ends it. Throws when the port is taken. */
export async function serve(scene: Scene, port: number): Promise<void> {
  const { slack, git, panels, switches } = scene;
  const page = await startPage({
    port,
    slack,
    git,
    panels,
    switches,
    user: people.requester,
    roles,
    examples,
  });
  process.stdout.write(`The playground is at ${page.url}\nCtrl-C ends it.\n`);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  await page.close();
}
