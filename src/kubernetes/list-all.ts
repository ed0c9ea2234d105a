import { z } from 'zod';
import type { Call } from '../core/ports/call.ts';
import { type Asked, oddAnswer } from './fault.ts';
import { describeWhere, pathOf, type ResourceKind } from './resources.ts';
import type { Send } from './send.ts';

const Page = z.object({
  metadata: z.object({ resourceVersion: z.string().catch(''), continue: z.string().optional() }),
  items: z.array(z.unknown()).nullish(),
});

/**
 * All objects of a kind, each made small as soon as its page has come, so that ten thousand of them are never
 * in memory as they were sent. Throws what sending throws; a list that expired in its middle is one of them.
 */
export async function listAll<T>(
  send: Send,
  kind: ResourceKind,
  keep: (object: unknown) => T | undefined,
  call: Call,
): Promise<{ readonly resourceVersion: string; readonly items: T[] }> {
  const where = { kind };
  const asked: Asked = { verb: 'list', where, doing: `listing ${describeWhere(where)}` };
  const items: T[] = [];
  for (let next: string | undefined; ; ) {
    const query = { limit: '500', ...(next === undefined ? {} : { continue: next }) };
    const answer = await send(
      { ...asked, method: 'GET', path: pathOf(where), query, deadline: 30_000 },
      call,
    );
    const page = Page.safeParse(answer);
    if (!page.success) throw oddAnswer(asked);
    for (const object of page.data.items ?? []) {
      const kept = keep(object);
      if (kept !== undefined) items.push(kept);
    }
    if (!page.data.metadata.continue) return { resourceVersion: page.data.metadata.resourceVersion, items };
    next = page.data.metadata.continue;
  }
}
