import { describePulls } from '../forge/describe-pulls.ts';
import { accounts } from '../forge/seed.ts';
import type { ForgeStandIn } from '../forge/start-forge.ts';

/** Sends what the pages of the Git host show, now and whenever it changes. Answers how to stop. */
export function followPulls(forge: ForgeStandIn, send: (event: string, data: unknown) => void): () => void {
  let state: 'idle' | 'looking' | 'again' | 'stopped' = 'idle';

  /** One look at a time: what changes meanwhile is one more. */
  async function look(): Promise<void> {
    if (state !== 'idle') {
      if (state === 'looking') state = 'again';
      return;
    }
    state = 'looking';
    try {
      const pulls = await describePulls(forge);
      if (isStopped()) return;
      send('pulls', { pulls, accounts: Object.values(accounts) });
    } catch {
      // Its folder went while it was looked at: the playground ends.
    }
    const again = isAgain();
    if (!isStopped()) state = 'idle';
    if (again) await look();
  }
  const isStopped = (): boolean => state === 'stopped';
  const isAgain = (): boolean => state === 'again';

  void look();
  const stop = forge.onChange(() => void look());
  return () => {
    state = 'stopped';
    stop();
  };
}
