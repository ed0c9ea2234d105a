import { panelsOf } from './behind-the-scenes.ts';
import { standInHost } from './forge/stand-in-host.ts';
import { pageOnLoopback } from './page-on-loopback.ts';
import type { Scene } from './scene.ts';
import { startWorld, type WorldOptions } from './start-world.ts';
import { switchesOf } from './switch-faults.ts';

/** The scene that needs nothing but Node: every server is a stand-in. */
export async function openStandInScene(options: WorldOptions): Promise<Scene> {
  const world = await startWorld({
    ...options,
    configuration: { ...(await pageOnLoopback()), ...options.configuration },
  });
  const { slack, forge, config, env } = world;
  return {
    slack,
    git: standInHost(forge),
    config,
    env,
    panels: panelsOf(world),
    switches: switchesOf(world),
    close: () => world.close(),
  };
}
