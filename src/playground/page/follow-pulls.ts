import type { GitHost } from '../forge/git-host.ts';
import { accounts } from '../forge/seed.ts';

/** Sends what the pages of the Git host show, now and whenever it changes. Answers how to stop. */
export function followPulls(host: GitHost, send: (event: string, data: unknown) => void): () => void {
  let state: 'idle' | 'looking' | 'again' | 'stopped' = 'idle';
  let last = '';

  /** One look at a time: what changes meanwhile is one more. */
  async function look(): Promise<void> {
    if (state !== 'idle') {
      if (state === 'looking') state = 'again';
      return;
    }
    state = 'looking';
    try {
      const pulls = await host.pulls();
      if (isStopped()) return;
      sendNew({ pulls, accounts: Object.values(accounts) });
    } catch {
      // Its folder or its server went while it was looked at: the playground ends.
    }
    const again = isAgain();
    if (!isStopped()) state = 'idle';
    if (again) await look();
  }
  const isStopped = (): boolean => state === 'stopped';
  const isAgain = (): boolean => state === 'again';
  function sendNew(shown: unknown): void {
    const text = JSON.stringify(shown);
    if (text === last) return;
    last = text;
    send('pulls', shown);
  }

  void look();
  const stop = host.onChange(() => void look());
  return () => {
    state = 'stopped';
    stop();
  };
}
