import { actOnPull } from './act-on-pull.ts';
import { describePulls } from './describe-pulls.ts';
import type { GitHost } from './git-host.ts';
import type { ForgeStandIn } from './start-forge.ts';

/** The stand-in as people use it. */
export function standInHost(forge: ForgeStandIn): GitHost {
  return {
    pulls: () => describePulls(forge),
    act: (action) => actOnPull(forge, action),
    onChange: (listener) => forge.onChange(listener),
  };
}
