import type { Workspace } from './workspace.ts';

/**
 * Waits for a condition of the workspace, looked at after every change of it. Rejects after the deadline
 * with what was waited for and the last messages, so that a failing test says what was there instead.
 */
export async function waitUntil<T>(
  workspace: Workspace,
  condition: () => T | undefined | false,
  { what, deadlineMs }: { readonly what: string; readonly deadlineMs: number },
): Promise<T> {
  const now = condition();
  if (now !== undefined && now !== false) return now;
  return new Promise((resolve, reject) => {
    const stop = workspace.onChange(() => {
      const found = condition();
      if (found === undefined || found === false) return;
      stop();
      clearTimeout(timer);
      resolve(found);
    });
    const timer = setTimeout(() => {
      stop();
      reject(new Error(`waited ${deadlineMs} ms for ${what}; the last messages: ${lastMessages(workspace)}`));
    }, deadlineMs);
  });
}

function lastMessages(workspace: Workspace): string {
  const last = workspace.history.slice(-5).map((message) => message.versions.at(-1)?.text ?? '');
  return last.length === 0 ? 'none' : last.map((text) => JSON.stringify(text)).join(', ');
}
